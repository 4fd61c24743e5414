import { DURABLE_ENTRY_BYTES, PipeFrame } from '@tickhub/plugin-sdk/host';
import type { PluginManifestInput } from '@tickhub/plugin-sdk/host';
import { describe, expect, it } from 'vitest';
import { TIER_LIMITS } from '../entitlement/limits.ts';
import { SymbolGate } from '../entitlement/symbol-gate.ts';
import { DurableTracker } from './durable-tracker.ts';
import { Intake } from './intake.ts';
import { RecordIntake } from './record-intake.ts';
import { SourceAttachment } from './source-attachment.ts';
import { jsonBody, ManualSpool, RecordedLink, symbolsBody, ticksBody } from './streams.fixture.ts';
import { SymbolDirectory } from './symbol-directory.ts';

function tenant(spool = new ManualSpool(), symbols = 5) {
  const gate = new SymbolGate({ tier: 'free', limits: { ...TIER_LIMITS.free, symbols } });
  const directory = new SymbolDirectory(spool.symbols(), (added) => spool.addSymbols(added));
  const durable = new DurableTracker(spool.cursors());
  const intake = new Intake(directory, gate, spool, (seq, batch) => durable.appended(seq, batch));
  spool.onDurable((seq) => durable.durableUpTo(seq));
  const records = new RecordIntake(gate, spool, () => undefined);
  const streams = { tenant: 't', directory, gate, intake, records, durable };
  const attach = (manifest: Partial<PluginManifestInput> = {}) => {
    const link = new RecordedLink(manifest);
    return { link, attachment: new SourceAttachment(link, streams) };
  };
  return { spool, gate, directory, attach };
}

/** [source id, symbol id, time, same] of each entry. */
function durableEntries(body: Uint8Array): [number, number, number, number][] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return Array.from({ length: body.byteLength / DURABLE_ENTRY_BYTES }, (_, i) => {
    const at = i * DURABLE_ENTRY_BYTES;
    return [view.getUint16(at, true), view.getUint16(at + 2, true), view.getFloat64(at + 8, true), view.getUint32(at + 4, true)];
  });
}

const tick = (symbol: number, time: number, ordinal = 0) => ({ symbol, time, ordinal });

describe('SourceAttachment', () => {
  it('takes announced ticks, and calls ticks and records output, names none', () => {
    const { attach, spool } = tenant();
    const { attachment } = attach();
    expect(attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A', 'B']))).toBe(false);
    expect(attachment.onFrame(PipeFrame.ticks, ticksBody([tick(0, 1), tick(1, 1)]))).toBe(true);
    const record = { time: 1, body: {} };
    expect(attachment.onFrame(PipeFrame.records, jsonBody({ stream: 'custom', source: 'feed:wire', records: [record] }))).toBe(true);
    expect(spool.frames.map(({ stream, count }) => `${stream} ${count}`)).toEqual(['ticks 2', 'custom 1']);
  });

  it('tells a source in its own ids what is durable, and nothing of others', () => {
    const { attach, spool } = tenant();
    const other = attach({ id: 'other' });
    other.attachment.onFrame(PipeFrame.symbols, symbolsBody('other', ['X']));
    const { link, attachment } = attach();
    attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A', 'B']));
    attachment.onFrame(PipeFrame.ticks, ticksBody([tick(1, 7), tick(1, 7, 1), tick(0, 9)]));
    expect(link.bodies(PipeFrame.durable)).toEqual([]);
    spool.commit();
    expect(link.bodies(PipeFrame.durable).map(durableEntries)).toEqual([
      [
        [0, 1, 7, 2],
        [0, 0, 9, 1],
      ],
    ]);
    expect(other.link.bodies(PipeFrame.durable)).toEqual([]);
  });

  it('starts a source from what is durable, not from what may yet be lost', () => {
    const { attach, spool } = tenant();
    const first = attach();
    first.attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A']));
    first.attachment.onFrame(PipeFrame.ticks, ticksBody([tick(0, 5)]));
    spool.commit();
    first.attachment.onFrame(PipeFrame.ticks, ticksBody([tick(0, 6)]));
    expect(attach().attachment.startTerms().cursors).toEqual([{ source: 'feed', symbol: 'A', time: 5, same: 1 }]);
  });

  it('tells a source that announces a symbol what became durable since it was started', () => {
    const { attach, spool } = tenant();
    const first = attach();
    first.attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A']));
    first.attachment.onFrame(PipeFrame.ticks, ticksBody([tick(0, 5)]));
    const second = attach();
    expect(second.attachment.startTerms().cursors).toEqual([]);
    spool.commit();
    second.attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['B', 'A']));
    expect(second.link.bodies(PipeFrame.durable).map(durableEntries)).toEqual([[[0, 1, 5, 1]]]);
  });

  it("gives a plugin the cursors of its own sources only, from the last run's spool too", () => {
    const known = {
      sources: [
        { id: 0, name: 'feed:demo' },
        { id: 1, name: 'feedback' },
      ],
      symbols: [0, 1].map((id) => ({ id, sourceId: id, name: 'A', rawName: 'A', digits: 2 })),
    };
    const cursors = [0, 1].map((symbolId) => ({ symbolId, time: 10 + symbolId, same: 3 }));
    const { attach } = tenant(new ManualSpool({ symbols: known, cursors }));
    expect(attach().attachment.startTerms()).toMatchObject({
      cursors: [{ source: 'feed:demo', symbol: 'A', time: 10, same: 3 }],
      spool: null,
      tenant: 't',
    });
  });

  it('answers names with their verdicts, and tells each change of them until it is detached', () => {
    const { attach, gate } = tenant(undefined, 1);
    const { link, attachment } = attach();
    attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A', 'B']));
    const verdicts = (): Map<string, boolean> =>
      new Map(link.told.flatMap((message) => (message.type === 'gate' ? message.verdicts.map((one) => [one.symbol, one.allowed]) : [])));
    expect(verdicts()).toEqual(
      new Map([
        ['A', true],
        ['B', false],
      ]),
    );
    gate.setAllowance({ tier: 'pro', limits: TIER_LIMITS.pro });
    expect(verdicts().get('B')).toBe(true);
    attachment.detach();
    gate.setAllowance({ tier: 'free', limits: { symbols: 0 } });
    expect(verdicts().get('B')).toBe(true);
  });

  it('hears of nothing durable once it is detached', () => {
    const { attach, spool } = tenant();
    const { link, attachment } = attach();
    attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A']));
    attachment.onFrame(PipeFrame.ticks, ticksBody([tick(0, 5)]));
    attachment.detach();
    spool.commit();
    expect(link.bodies(PipeFrame.durable)).toEqual([]);
  });

  it.each<[string, number, Uint8Array, string]>([
    ["another plugin's source name", PipeFrame.symbols, symbolsBody('mt5', ['A']), 'UNKNOWN_SOURCE'],
    [
      'a symbol of a source that was not announced',
      PipeFrame.symbols,
      jsonBody({ sources: [], symbols: [{ id: 0, sourceId: 4, name: 'A', rawName: 'A', digits: 1 }] }),
      'UNKNOWN_SOURCE',
    ],
    ['names that are no table', PipeFrame.symbols, jsonBody([]), 'BAD_FRAME'],
    ['ticks before names', PipeFrame.ticks, ticksBody([tick(0, 1)]), 'UNKNOWN_SOURCE'],
    ["a transport's ack", PipeFrame.acked, new Uint8Array(8), 'BAD_FRAME'],
    ['a type that does not exist', 99, new Uint8Array(0), 'BAD_FRAME'],
  ])('refuses %s', (_what, type, body, code) => {
    const { attachment } = tenant().attach();
    expect(() => attachment.onFrame(type, body)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses an id that begins to stand for another name: acks of the one would be taken for the other', () => {
    const { attach } = tenant();
    const { attachment } = attach();
    attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A', 'B']));
    attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A', 'B', 'C']));
    expect(() => attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['B']))).toThrow(/symbol id 0 .*A.*B/);
    expect(() => attachment.onFrame(PipeFrame.symbols, symbolsBody('feed:two', []))).toThrow(/source id 0 .*feed.*feed:two/);
  });

  it('refuses two ids for one symbol', () => {
    const { attachment } = tenant().attach();
    expect(() => attachment.onFrame(PipeFrame.symbols, symbolsBody('feed', ['A', 'A']))).toThrow(/symbol ids 0 and 1 .*A/);
  });

  it('has no capability calls, and no link to resume', async () => {
    const { attachment } = tenant().attach();
    await expect(attachment.call('credentials', 'get')).rejects.toMatchObject({
      code: 'CAPABILITY_DENIED',
      message: expect.stringContaining('credentials.get'),
    });
    expect(() => attachment.onMessage()).toThrow(/only a transport/);
  });
});
