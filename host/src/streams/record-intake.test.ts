import type { PublishedBatch, PublishedRecord, RecordBatch } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIER_LIMITS } from '../entitlement/limits.ts';
import { SymbolGate } from '../entitlement/symbol-gate.ts';
import { RecordIntake } from './record-intake.ts';
import { jsonBody, jsonOf, ManualSpool } from './streams.fixture.ts';

const record = (n: number, more: Partial<PublishedRecord> = {}): PublishedRecord => ({ time: 1, body: { n }, ...more });
const batch = (...records: PublishedRecord[]): PublishedBatch => ({ stream: 'custom', source: 'wire', records });

function setUp(spool = new ManualSpool()) {
  const gate = new SymbolGate({ tier: 'free', limits: { ...TIER_LIMITS.free, symbols: 1 } });
  gate.announce(['OPEN', 'SHUT']);
  const accepted: RecordBatch['records'] = [];
  const intake = new RecordIntake(gate, spool, (_plugin, { records }) => accepted.push(...records), {
    now: () => 77,
    wants: (_stream, _source, { body }) => body['n'] !== 'unwanted',
  });
  const seqs = (): number[] => accepted.map(({ seq }) => seq);
  return { intake, spool, gate, accepted, seqs, take: (sent: unknown, plugin = 'wire') => intake.take(plugin, jsonBody(sent)) };
}

/** A record with a list 100,000 deep: what compares or copies it by calling itself does not come back. */
function deep(head: object): Uint8Array {
  const text = JSON.stringify({ ...batch(), records: [{ ...head, body: { x: 0 } }] });
  return new TextEncoder().encode(text.replace('"x":0', `"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`));
}

describe('RecordIntake', () => {
  it('numbers each stream of each plugin by itself, and says when it took what', () => {
    const { take, accepted, spool } = setUp();
    take(batch(record(1), record(2)));
    take({ ...batch(record(1)), stream: 'notice' });
    take({ ...batch(record(1)), source: 'other' }, 'other');
    take(batch(record(3)));
    expect(accepted.map(({ seq, receivedAt }) => [seq, receivedAt])).toEqual([
      [1, 77],
      [2, 77],
      [1, 77],
      [1, 77],
      [3, 77],
    ]);
    expect(spool.frames.map(({ stream, plugin, count }) => [stream, plugin, count])).toEqual([
      ['custom', 'wire', 2],
      ['notice', 'wire', 1],
      ['custom', 'other', 1],
      ['custom', 'wire', 1],
    ]);
    expect(spool.recordPositions().get('wire/custom')).toBe(3);
  });

  it('goes on from the number that was durable at the last stop', () => {
    const { take, seqs } = setUp(new ManualSpool({ positions: new Map([['wire/custom', 4]]) }));
    take(batch(record(1)));
    expect(seqs()).toEqual([5]);
  });

  it('takes a record without a key as new each time', () => {
    const { take, seqs, intake } = setUp();
    take(batch(record(1), record(1)));
    expect(seqs()).toEqual([1, 2]);
    expect(intake.counters).toEqual({ taken: 2, duplicate: 0, heldBack: 0, unwanted: 0 });
  });

  it('takes the same key with the same content once, and with other content as a revision', () => {
    const { take, accepted, intake } = setUp();
    take(batch(record(1, { key: 'a' }), record(1, { key: 'a' })));
    take(batch({ time: 1, key: 'a', body: { n: 2, m: [{ x: 1, y: 2 }] } }));
    take(batch({ time: 1, key: 'a', body: { m: [{ y: 2, x: 1 }], n: 2 } }));
    take(batch(record(1, { key: 'a' }), record(1, { key: 'a', time: 2 }), record(9, { key: 'b' })));
    expect(accepted.map(({ seq, key, revision }) => [seq, key, revision])).toEqual([
      [1, 'a', undefined],
      [2, 'a', 1],
      [3, 'a', 2],
      [4, 'a', 3],
      [5, 'b', undefined],
    ]);
    expect(intake.counters).toEqual({ taken: 5, duplicate: 2, heldBack: 0, unwanted: 0 });
  });

  it('knows the keys that the spool knows', () => {
    const first = setUp();
    first.take(batch(record(1, { key: 'a' }), record(2, { key: 'b' })));
    first.take(batch(record(3, { key: 'b' })));
    const keys = new Map(first.spool.marks.map(({ stream, key, seen }) => [`${stream}/${key}`, seen]));
    const known = [...keys].flatMap(([path, seen]) => {
      const slash = path.lastIndexOf('/');
      return seen === null ? [] : [[path.slice(0, slash), path.slice(slash + 1), seen] as const];
    });
    const { take, accepted } = setUp(new ManualSpool({ keys: known, positions: first.spool.recordPositions() }));
    take(batch(record(1, { key: 'a' }), record(3, { key: 'b' }), record(4, { key: 'b' })));
    expect(accepted.map(({ seq, key, revision }) => [seq, key, revision])).toEqual([[4, 'b', 2]]);
  });

  it('holds back what is about a symbol outside the tier, without taking its key; one that nobody quotes takes no place in it', () => {
    const { take, spool, gate, seqs } = setUp();
    take(batch(record(1, { symbol: 'SHUT', key: 'a' }), record(2, { symbol: 'OPEN' }), record(3, { symbol: 'NOBODY' }), record(4)));
    const bodies = spool.frames.map(({ body }) => (jsonOf(body) as RecordBatch).records.map(({ body: { n } }) => n));
    expect(bodies).toEqual([[2, 3, 4]]);
    take(batch(record(1, { symbol: 'SHUT', key: 'a' })));
    expect(spool.frames).toHaveLength(1);
    gate.setAllowance({ tier: 'pro', limits: TIER_LIMITS.pro });
    take(batch(record(1, { symbol: 'SHUT', key: 'a' })));
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it('leaves out what the user does not want, without taking its key', () => {
    const { take, spool, intake } = setUp();
    take(batch({ time: 1, key: 'a', body: { n: 'unwanted' } }));
    expect([spool.frames.length, spool.marks.length]).toEqual([0, 0]);
    expect(intake.counters).toEqual({ taken: 0, duplicate: 0, heldBack: 0, unwanted: 1 });
  });

  it.each<[string, Uint8Array, string]>([
    ['no JSON', new Uint8Array([0xff, 1]), 'BAD_FRAME'],
    ['a stream that does not exist', jsonBody({ ...batch(record(1)), stream: 'usage' }), 'BAD_FRAME'],
    ['no records', jsonBody(batch()), 'BAD_FRAME'],
    ['a record without a time', jsonBody({ ...batch(), records: [{ body: {} }] }), 'BAD_FRAME'],
    ['a body that its stream has not', jsonBody({ ...batch(record(1)), stream: 'book' }), 'BAD_FRAME'],
    ['a body of lists within lists', deep({ time: 1 }), 'BAD_FRAME'],
    ['such a body with a key', deep({ time: 1, key: 'a' }), 'BAD_FRAME'],
    ["another plugin's source", jsonBody({ ...batch(record(1)), source: 'mt5' }), 'UNKNOWN_SOURCE'],
    ['a source that only begins like its own', jsonBody({ ...batch(record(1)), source: 'wire2' }), 'UNKNOWN_SOURCE'],
  ])('refuses %s whole', (_what, body, code) => {
    const { intake, spool } = setUp();
    expect(() => intake.take('wire', body)).toThrow(expect.objectContaining({ code }));
    expect(spool.frames).toHaveLength(0);
  });

  it('takes what the spool refused when it comes again', () => {
    const { take, spool, seqs } = setUp();
    const append = spool.appendRecords.bind(spool);
    spool.appendRecords = () => {
      throw new Error('the spool is closed');
    };
    const sent = batch(record(1, { key: 'a' }), record(2, { key: 'a' }));
    expect(() => take(sent)).toThrow('closed');
    spool.appendRecords = append;
    take(sent);
    expect(seqs()).toEqual([1, 2]);
  });

  it('delivers each version of each key once, however often and in whatever batches it comes', () => {
    const publication = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(fc.array(publication, { minLength: 1, maxLength: 8 }), { maxLength: 20 }), (batches) => {
        const { take, accepted } = setUp();
        const now = new Map<string, number>();
        const expected: unknown[] = [];
        for (const sent of batches) {
          for (const [key, n] of sent) {
            if (now.get(key) !== n) expected.push([key, n]);
            now.set(key, n);
          }
          take(batch(...sent.map(([key, n]) => record(n, { key }))));
        }
        expect(accepted.map(({ key, body }) => [key, body['n']])).toEqual(expected);
        expect(accepted.map(({ seq }) => seq)).toEqual(accepted.map((_record, i) => i + 1));
        const versions = new Map<string, number>();
        for (const { key = '', revision = 0 } of accepted) {
          expect(revision).toBe(versions.has(key) ? (versions.get(key) ?? 0) + 1 : 0);
          versions.set(key, revision);
        }
      }),
    );
  });
});
