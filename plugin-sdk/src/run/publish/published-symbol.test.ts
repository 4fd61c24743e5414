import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBehind } from '../../batch/cursor.ts';
import type { TickCursor } from '../../batch/cursor.ts';
import { TickColumns } from '../../batch/tick-columns.ts';
import type { TickVerdict } from '../../capabilities/publish.ts';
import { PublishedSymbol } from './published-symbol.ts';

const ENTRY = { id: 3, sourceId: 0, name: 'EURUSD', rawName: 'EURUSD', digits: 5 };

function symbol(cursor: TickCursor = { time: 0, same: 0 }, allowed = true): { symbol: PublishedSymbol; columns: TickColumns } {
  const columns = new TickColumns(1_024);
  return { symbol: new PublishedSymbol(ENTRY, cursor, allowed, { columns, turned: () => undefined }), columns };
}

/** What becomes of a tick, said as plainly as possible. */
class Model {
  cursor: TickCursor;
  readonly taken: { time: number; ordinal: number }[] = [];

  constructor(cursor: TickCursor) {
    this.cursor = cursor;
  }

  push(time: number, ordinal: number, prices: readonly number[], allowed: boolean): TickVerdict {
    const at = Math.floor(time);
    if (!Number.isFinite(time) || at <= 0 || at > 8.64e15 || prices.some((price) => !Number.isFinite(price))) return 'invalid';
    // The last of them is the volume; prices may be negative.
    if ((prices.at(-1) ?? 0) < 0) return 'invalid';
    if (ordinal !== -1 && (!Number.isInteger(ordinal) || ordinal < 0 || ordinal >= 2 ** 32 - 1)) return 'invalid';
    if (ordinal === -1 && at < this.cursor.time) return 'out-of-order';
    const nth = ordinal !== -1 ? ordinal : at === this.cursor.time ? this.cursor.same : 0;
    if (isBehind(this.cursor, at, nth)) return 'duplicate';
    if (!allowed) return 'held-back';
    this.cursor = { time: at, same: nth + 1 };
    this.taken.push({ time: at, ordinal: nth });
    return 'taken';
  }
}

const price = fc.oneof(
  { weight: 12, arbitrary: fc.double({ min: 0, max: 1e5, noNaN: true }) },
  fc.constantFrom(NaN, Infinity, -1, -0, -Infinity),
);
const push = fc.record({
  time: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 8 }) },
    fc.constantFrom(0, -5, NaN, Infinity, 3.7, 0.5, 8.64e15 + 2, -Infinity),
  ),
  ordinal: fc.oneof(
    { weight: 6, arbitrary: fc.constant(-1) },
    { weight: 6, arbitrary: fc.nat(3) },
    fc.constantFrom(-2, 1.5, NaN, 2 ** 32, 2 ** 32 - 1),
  ),
  prices: fc.tuple(price, price, price, price),
  allowed: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
});

describe('refused', () => {
  it('is nothing at first, and counts by reason what was refused; what the tier holds back is no fault', () => {
    const { symbol: eurusd } = symbol({ time: 5, same: 1 });
    eurusd.push(6, -1, 1, 2, 0, 0, 6);
    expect(eurusd.refused).toBeNull();
    eurusd.push(5, -1, 1, 2, 0, 0, 6);
    eurusd.push(6, 0, 1, 2, 0, 0, 6);
    eurusd.push(6, 0, 1, 2, 0, 0, 6);
    eurusd.push(7, -1, NaN, 2, 0, 0, 6);
    eurusd.push(7, -2, 1, 2, 0, 0, 6);
    eurusd.allowed = false;
    eurusd.push(8, -1, 1, 2, 0, 0, 6);
    expect(eurusd.refused).toEqual({ symbol: 'EURUSD', duplicate: 2, outOfOrder: 1, invalid: 2 });
  });
});

describe('push', () => {
  it('decides as the plain model does, and moves the cursor by what it takes alone', () => {
    const cursor = fc.record({ time: fc.nat(4), same: fc.nat(3) });
    fc.assert(
      fc.property(cursor, fc.array(push, { maxLength: 40 }), (start, pushes) => {
        const model = new Model(start);
        const { symbol: subject, columns } = symbol(start);
        for (const { time, ordinal, prices, allowed } of pushes) {
          subject.allowed = allowed;
          const [bid, ask, last, volume] = prices;
          expect(subject.push(time, ordinal, bid, ask, last, volume, 6)).toBe(model.push(time, ordinal, prices, allowed));
          expect(subject.cursor).toEqual(model.cursor);
        }
        expect(columns.count).toBe(model.taken.length);
        expect(model.taken).toEqual(model.taken.map((_, i) => ({ time: columns.time[i], ordinal: columns.ordinal[i] })));
      }),
      { numRuns: 500 },
    );
  });

  it('counts the ticks of a millisecond, going on from the cursor', () => {
    const { symbol: subject, columns } = symbol({ time: 100, same: 2 });
    expect(subject.push(100, -1, 1, 2, 0, 0, 6)).toBe('taken');
    expect(subject.push(100.9, -1, 1, 2, 0, 0, 6)).toBe('taken');
    expect(subject.push(101, -1, 1, 2, 0, 0, 6)).toBe('taken');
    expect([...columns.ordinal.subarray(0, 3)]).toEqual([2, 3, 0]);
    expect([...columns.time.subarray(0, 3)]).toEqual([100, 100, 101]);
  });

  it('calls a replayed tick a duplicate, and one of an earlier time without a number out of order', () => {
    const { symbol: subject } = symbol({ time: 100, same: 2 });
    expect(subject.push(100, 1, 1, 2, 0, 0, 6)).toBe('duplicate');
    expect(subject.push(99, 7, 1, 2, 0, 0, 6)).toBe('duplicate');
    expect(subject.push(99, -1, 1, 2, 0, 0, 6)).toBe('out-of-order');
    expect(subject.push(100, 2, 1, 2, 0, 0, 6)).toBe('taken');
  });

  it('leaves the cursor where it is while the symbol is held back', () => {
    const { symbol: subject, columns } = symbol({ time: 100, same: 1 }, false);
    expect(subject.push(200, -1, 1, 2, 0, 0, 6)).toBe('held-back');
    expect([subject.cursor, columns.count]).toEqual([{ time: 100, same: 1 }, 0]);
    subject.allowed = true;
    expect(subject.push(200, -1, 1, 2, 0, 0, 6)).toBe('taken');
  });

  it('marks crossed quotes and writes every column', () => {
    const { symbol: subject, columns } = symbol();
    subject.push(5, 4, 2.5, 1.5, 2, 7, 6);
    expect([
      columns.symbol[0],
      columns.time[0],
      columns.ordinal[0],
      columns.bid[0],
      columns.ask[0],
      columns.last[0],
      columns.volume[0],
    ]).toEqual([3, 5, 4, 2.5, 1.5, 2, 7]);
    expect([columns.flags[0], columns.hasLast, columns.hasVolume]).toEqual([6 | 0x200, true, true]);
  });
});

describe('advanceDurable', () => {
  it('never goes back', () => {
    const { symbol: subject } = symbol({ time: 100, same: 2 });
    expect(subject.durable).toEqual({ time: 100, same: 2 });
    expect(subject.advanceDurable(100, 2)).toBe(false);
    expect(subject.advanceDurable(99, 9)).toBe(false);
    expect(subject.advanceDurable(100, 3)).toBe(true);
    expect(subject.advanceDurable(101, 1)).toBe(true);
    expect(subject.durable).toEqual({ time: 101, same: 1 });
  });
});
