import type { RecordBatch, StreamRecord } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIER_LIMITS } from '../entitlement/limits.ts';
import { SymbolGate } from '../entitlement/symbol-gate.ts';
import { RecordIntake } from './record-intake.ts';
import { jsonBody, jsonOf, ManualSpool } from './streams.fixture.ts';

const record = (seq: number, symbol?: string): StreamRecord => ({ seq, time: 1, body: { n: seq }, ...(symbol && { symbol }) });
const news = (...records: StreamRecord[]): RecordBatch => ({ stream: 'news', source: 'wire', records });

function setUp(spool = new ManualSpool()) {
  const gate = new SymbolGate({ tier: 'free', limits: { ...TIER_LIMITS.free, symbols: 1 } });
  gate.announce(['OPEN', 'SHUT']);
  const accepted: number[] = [];
  const intake = new RecordIntake(gate, spool, (_plugin, batch) => accepted.push(...batch.records.map(({ seq }) => seq)));
  return { intake, spool, gate, accepted, take: (batch: unknown, plugin = 'wire') => intake.take(plugin, jsonBody(batch)) };
}

describe('RecordIntake', () => {
  it('spools what is new, once, with the number it ends at', () => {
    const { take, spool, intake, accepted } = setUp();
    take(news(record(1), record(2)));
    take(news(record(2), record(3)));
    take(news(record(1)));
    expect(spool.frames.map(({ stream, plugin, count }) => [stream, plugin, count])).toEqual([
      ['news', 'wire', 2],
      ['news', 'wire', 1],
    ]);
    expect(accepted).toEqual([1, 2, 3]);
    expect(spool.recordPositions().get('wire/news')).toBe(3);
    expect(intake.positionsOf('wire')).toEqual({ news: 3 });
    expect(intake.positionsOf('wir')).toEqual({});
  });

  it('numbers each stream of each plugin by itself', () => {
    const { take, accepted } = setUp();
    take(news(record(1)));
    take({ ...news(record(1)), stream: 'calendar' });
    take({ ...news(record(1)), source: 'other' }, 'other');
    expect(accepted).toEqual([1, 1, 1]);
  });

  it('goes on from what was durable at the last stop', () => {
    const { take, accepted } = setUp(new ManualSpool({ positions: new Map([['wire/news', 4]]) }));
    take(news(record(4), record(5)));
    expect(accepted).toEqual([5]);
  });

  it('holds back what is about a symbol outside the tier; one that nobody quotes takes no place in it', () => {
    const { take, spool } = setUp();
    take(news(record(1, 'SHUT'), record(2, 'OPEN'), record(3, 'NOBODY'), record(4)));
    const bodies = spool.frames.map(({ body }) => (jsonOf(body) as RecordBatch).records.map(({ seq }) => seq));
    expect(bodies).toEqual([[2, 3, 4]]);
    take(news(record(5, 'SHUT')));
    expect(spool.frames).toHaveLength(1);
  });

  it.each<[string, Uint8Array, string]>([
    ['no JSON', new Uint8Array([0xff, 1]), 'BAD_FRAME'],
    ['a stream that does not exist', jsonBody({ ...news(record(1)), stream: 'usage' }), 'BAD_FRAME'],
    ['no records', jsonBody(news()), 'BAD_FRAME'],
    ['a record without a number', jsonBody({ ...news(), records: [{ time: 1, body: {} }] }), 'BAD_FRAME'],
    ["another plugin's source", jsonBody({ ...news(record(1)), source: 'mt5' }), 'UNKNOWN_SOURCE'],
    ['a source that only begins like its own', jsonBody({ ...news(record(1)), source: 'wire2' }), 'UNKNOWN_SOURCE'],
  ])('refuses %s whole', (_what, body, code) => {
    const { intake, spool } = setUp();
    expect(() => intake.take('wire', body)).toThrow(expect.objectContaining({ code }));
    expect(spool.frames).toHaveLength(0);
  });

  it('takes what the spool refused when it comes again', () => {
    const { take, spool, accepted } = setUp();
    const append = spool.appendRecords.bind(spool);
    spool.appendRecords = () => {
      throw new Error('the spool is closed');
    };
    expect(() => take(news(record(1)))).toThrow('closed');
    spool.appendRecords = append;
    take(news(record(1)));
    expect(accepted).toEqual([1]);
  });

  it('takes each number once, in rising order, however batches overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }), { maxLength: 20 }), (batches) => {
        const { take, accepted } = setUp();
        const expected: number[] = [];
        for (const seqs of batches) {
          for (const seq of seqs) if (seq > (expected.at(-1) ?? 0)) expected.push(seq);
          take(news(...seqs.map((seq) => record(seq))));
        }
        expect(accepted).toEqual(expected);
      }),
    );
  });
});
