import { TickBatchBuilder, TickFlag } from '@tickhub/plugin-sdk/host';
import type { TickBatch } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIER_LIMITS } from '../entitlement/limits.ts';
import { SymbolGate } from '../entitlement/symbol-gate.ts';
import { DurableTracker } from './durable-tracker.ts';
import { Intake, STALE_MS, UNMAPPED } from './intake.ts';
import type { IdMap } from './intake.ts';
import { ManualSpool, ticksBody } from './streams.fixture.ts';
import type { TestTick } from './streams.fixture.ts';
import { SymbolDirectory } from './symbol-directory.ts';

type Tick = TestTick;
const batchOf = (ticks: readonly Tick[]): Uint8Array => ticksBody(ticks, 3);

function setUp(symbols: readonly string[], limit = 100) {
  const gate = new SymbolGate({ tier: 'free', limits: { ...TIER_LIMITS.free, symbols: limit } });
  const directory = new SymbolDirectory({ sources: [], symbols: [] }, () => undefined);
  // A source of other symbols first, so that host ids differ from the isolate's.
  directory.symbolId(directory.sourceId('other'), { name: 'OTHER', rawName: 'OTHER', digits: 5 });
  const source = directory.sourceId('feed');
  const ids: IdMap = {
    sources: Uint32Array.of(UNMAPPED, UNMAPPED, UNMAPPED, source),
    symbols: new Uint32Array(symbols.length).fill(UNMAPPED),
  };
  symbols.forEach((name, local) => {
    ids.symbols[local] = directory.symbolId(source, { name, rawName: name, digits: 5 });
  });
  gate.announce(symbols);
  const out: { seq: number; batch: TickBatch }[] = [];
  const intake = new Intake(directory, gate, new ManualSpool(), (seq, batch) => out.push({ seq, batch }));
  const taken = (): Tick[] =>
    out.flatMap(({ batch }) =>
      Array.from({ length: batch.count }, (_, i) => ({
        symbol: ids.symbols.indexOf(batch.symbol[i] as number),
        time: batch.time[i] as number,
        ordinal: batch.ordinal[i] as number,
      })),
    );
  return { gate, directory, ids, intake, out, taken };
}

describe('Intake', () => {
  it('hands a batch that passes whole on as the very buffer, with host ids', () => {
    const { intake, ids, out } = setUp(['EURUSD', 'XAUUSD']);
    const body = batchOf([
      { symbol: 0, time: 10, ordinal: 0 },
      { symbol: 1, time: 10, ordinal: 0 },
    ]);
    expect(intake.take(body, ids)).toBe(1);
    expect(out[0]?.batch.bytes).toBe(body);
    expect([...(out[0]?.batch.symbol ?? [])]).toEqual([1, 2]);
    expect(out[0]?.batch.sourceId).toBe(1);
  });

  it('takes each tick of one millisecond once, whichever way they are cut into batches', () => {
    const { intake, ids, taken } = setUp(['EURUSD']);
    const same = (ordinal: number): Tick => ({ symbol: 0, time: 10, ordinal });
    intake.take(batchOf([same(0), same(1)]), ids);
    intake.take(batchOf([same(1), same(2)]), ids);
    intake.take(batchOf([same(0), same(1), same(2)]), ids);
    expect(taken()).toEqual([same(0), same(1), same(2)]);
    expect(intake.counters.duplicate[1]).toBe(4);
  });

  it('gives no seq to a batch of which nothing passes', () => {
    const { intake, ids, out } = setUp(['A', 'B'], 1);
    expect(intake.take(batchOf([{ symbol: 1, time: 10, ordinal: 0 }]), ids)).toBe(0);
    expect(out).toHaveLength(0);
    expect(intake.counters.heldBack[2]).toBe(1);
  });

  it('follows the gate from the next tick on, and does not call what was held back a duplicate later', () => {
    const { intake, ids, gate, taken } = setUp(['A', 'B'], 1);
    const tick: Tick = { symbol: 1, time: 10, ordinal: 0 };
    intake.take(batchOf([tick]), ids);
    gate.setAllowance({ tier: 'pro', limits: { symbols: 50 } });
    intake.take(batchOf([tick]), ids);
    gate.setAllowance({ tier: 'free', limits: { symbols: 1 } });
    intake.take(
      batchOf([
        { symbol: 1, time: 11, ordinal: 0 },
        { symbol: 0, time: 11, ordinal: 0 },
      ]),
      ids,
    );
    expect(taken()).toEqual([tick, { symbol: 0, time: 11, ordinal: 0 }]);
  });

  it('refuses whole, and counts nothing of, a batch that names what was not announced', () => {
    const { intake, ids, out } = setUp(['A']);
    const good: Tick = { symbol: 0, time: 10, ordinal: 0 };
    expect(() => intake.take(batchOf([good, { symbol: 9, time: 10, ordinal: 0 }]), ids)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SYMBOL' }),
    );
    ids.sources[3] = UNMAPPED;
    expect(() => intake.take(batchOf([good]), ids)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SOURCE' }));
    expect(() => intake.take(new Uint8Array(40), ids)).toThrow(expect.objectContaining({ code: 'BATCH_FORMAT' }));
    expect(out).toHaveLength(0);
    ids.sources[3] = 1;
    expect(intake.take(batchOf([good]), ids)).toBe(1);
  });

  it.each([
    { symbol: 0, time: NaN, ordinal: 0 },
    { symbol: 0, time: Infinity, ordinal: 0 },
    { symbol: 0, time: 0, ordinal: 0 },
    { symbol: 0, time: -1, ordinal: 0 },
    { symbol: 0, time: 8.64e15 + 2, ordinal: 0 },
    { symbol: 0, time: 10, ordinal: 0xffff_ffff },
  ])('refuses a cursor that would shut its symbol for ever, or open it twice: %o', (bad) => {
    const { intake, ids, out } = setUp(['A']);
    const good: Tick = { symbol: 0, time: 10, ordinal: 0 };
    expect(() => intake.take(batchOf([good, bad]), ids)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }));
    expect(out).toHaveLength(0);
    expect(intake.take(batchOf([good]), ids)).toBe(1);
  });

  it('equals a plain model: each new identity once, in order, of allowed symbols only', () => {
    const tick = fc.record({ symbol: fc.nat(3), time: fc.integer({ min: 1, max: 6 }), ordinal: fc.nat(2) });
    fc.assert(
      fc.property(
        fc.array(fc.array(tick, { minLength: 1, maxLength: 20 }), { maxLength: 20 }),
        fc.integer({ min: 0, max: 4 }),
        (batches, limit) => {
          const { intake, ids, taken } = setUp(['A', 'B', 'C', 'D'], limit);
          const at = new Map<number, number>();
          const expected: Tick[] = [];
          for (const ticks of batches) {
            for (const one of ticks) {
              const place = one.time * 10 + one.ordinal;
              if (one.symbol >= limit || place <= (at.get(one.symbol) ?? -1)) continue;
              at.set(one.symbol, place);
              expected.push(one);
            }
            intake.take(batchOf(ticks), ids);
          }
          expect(taken()).toEqual(expected);
        },
      ),
    );
  });
});

describe('DurableTracker', () => {
  it('tells a symbol once a commit, with the cursor behind its last durable tick', () => {
    const { intake, ids, out } = setUp(['A', 'B']);
    const tracker = new DurableTracker([]);
    const told: [number, number, number][] = [];
    tracker.onMoved((moved, count, cursors) => {
      for (const id of moved.subarray(0, count)) told.push([id, cursors.time[id] as number, cursors.same[id] as number]);
    });
    for (const time of [10, 11, 12]) {
      intake.take(
        batchOf([
          { symbol: 0, time, ordinal: 0 },
          { symbol: 0, time, ordinal: 1 },
          { symbol: 1, time, ordinal: 0 },
        ]),
        ids,
      );
    }
    for (const { seq, batch } of out) tracker.appended(seq, batch);
    tracker.durableUpTo(2);
    tracker.durableUpTo(2);
    expect(told).toEqual([
      [1, 11, 2],
      [2, 11, 1],
    ]);
    tracker.durableUpTo(3);
    expect(told.slice(2)).toEqual([
      [1, 12, 2],
      [2, 12, 1],
    ]);
  });

  it('keeps order over thousands of frames that wait for a slow disk', () => {
    const { intake, ids, out } = setUp(['A']);
    const tracker = new DurableTracker([]);
    for (let time = 1; time <= 5_000; time++) intake.take(batchOf([{ symbol: 0, time, ordinal: 0 }]), ids);
    for (const { seq, batch } of out) tracker.appended(seq, batch);
    const times: number[] = [];
    tracker.onMoved((_ids, _count, cursors) => times.push(cursors.time[1] as number));
    for (const seq of [1, 1_500, 1_500, 4_999, 5_000]) tracker.durableUpTo(seq);
    expect(times).toEqual([1, 1_500, 4_999, 5_000]);
  });

  it('counts what is odd about the ticks it takes: crossed, much older than usual, by a backfill', () => {
    const { intake, ids, directory } = setUp(['EURUSD']);
    // Source time is an hour ahead of UTC, and its clock is 5 s behind.
    const hour = 3_600_000;
    const behind = 5_000;
    const send = (received: number, ...ticks: readonly [age: number, flags: number][]): void => {
      const builder = new TickBatchBuilder(8);
      ticks.forEach(([age, flags], i) => builder.push(0, hour + received - behind - age, i, 1.1, 1.2, 0, 0, flags, received));
      intake.take(builder.seal(3, hour)?.bytes ?? new Uint8Array(), ids);
    };
    send(100_000, [0, TickFlag.bid]);
    send(200_000, [STALE_MS + 1, TickFlag.bid], [STALE_MS + 1, TickFlag.bid | TickFlag.late]);
    send(200_100, [STALE_MS, TickFlag.ask | TickFlag.crossed], [0, TickFlag.bid | TickFlag.ask]);
    const id = directory.all().find(({ name }) => name === 'EURUSD')?.id ?? -1;
    const { taken, crossed, stale, late } = intake.counters;
    expect([taken[id], crossed[id], stale[id], late[id]]).toEqual([5, 1, 1, 1]);
  });
});
