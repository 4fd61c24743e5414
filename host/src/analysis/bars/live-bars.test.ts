import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, directoryOf, HOUR, WEDNESDAY } from '../analysis.fixture.ts';
import type { Quote } from '../analysis.fixture.ts';
import { BarGrid } from '../../history/query/bar-width.ts';
import { commonWidth, openingOf, widthFault, widthText } from './bar-time.ts';
import { LiveBars } from './live-bars.ts';
import type { ClosedBar } from './wide-bars.ts';

const MINUTE = 60_000;
const GRACE = 10_000;

interface Emitted extends ClosedBar {
  readonly symbol: string;
  readonly widthMs: number;
}

function builder(names: readonly string[], widths: readonly number[], prefer: readonly string[] = []) {
  const emitted: Emitted[] = [];
  const clock = { now: WEDNESDAY };
  const bars = new LiveBars({
    symbols: directoryOf(names),
    prefer,
    graceMs: GRACE,
    now: () => clock.now,
    onBar: (symbol, widthMs, bar) => void emitted.push({ symbol, widthMs, ...bar }),
  });
  bars.setWidths(widths);
  const take = (now: number, quotes: readonly Quote[], source = 0): void => {
    clock.now = now;
    bars.take(batchOf(quotes, source));
  };
  return { bars, emitted, take };
}

/** Which ticks count, decided one by one with plain objects: all but those of bars that a later tick or the clock has ended. */
function accepted(batches: readonly { now: number; quotes: readonly Quote[] }[], widths: readonly number[]): Quote[] {
  const base = Math.min(...widths);
  const symbols = new Map<number, { floor: number; open: Map<number, number> }>();
  const good: Quote[] = [];
  for (const { now, quotes } of batches) {
    for (const state of symbols.values()) {
      for (const [width, start] of state.open) {
        if (start + width + GRACE > now) continue;
        state.floor = Math.max(state.floor, start + width);
        state.open.delete(width);
      }
    }
    for (const quote of quotes) {
      const state = symbols.get(quote.symbol) ?? { floor: -Infinity, open: new Map<number, number>() };
      symbols.set(quote.symbol, state);
      if (quote.at < state.floor) continue;
      good.push(quote);
      for (const width of widths) state.open.set(width, openingOf(quote.at, width));
      state.floor = Math.max(state.floor, openingOf(quote.at, base));
    }
  }
  return good;
}

function grouped(quotes: readonly Quote[], symbol: number, widthMs: number) {
  const mine = quotes.filter((quote) => quote.symbol === symbol);
  return [...Map.groupBy(mine, ({ at }) => openingOf(at, widthMs))]
    .sort(([a], [b]) => a - b)
    .map(([time, all]) => {
      const bids = all.map(({ bid }) => bid);
      return { time, open: bids[0], high: Math.max(...bids), low: Math.min(...bids), close: bids.at(-1), ticks: bids.length };
    });
}

const anyBatch = fc.record({
  /** Since the batch before. */
  after: fc.integer({ min: 1, max: 200_000 }),
  ticks: fc.array(
    fc.record({ symbol: fc.integer({ min: 1, max: 2 }), lag: fc.integer({ min: 0, max: 90_000 }), bid: fc.integer({ min: 1, max: 50 }) }),
    { maxLength: 6 },
  ),
});

describe('live bars', () => {
  it('are those that a separate computation groups, of every width, whatever comes late', () => {
    const widths = [MINUTE, 5 * MINUTE, 15 * MINUTE];
    const names = ['feed/BEAT', 'feed/A', 'feed/B'];
    fc.assert(
      fc.property(fc.array(anyBatch, { maxLength: 60 }), (given) => {
        const { bars, emitted, take } = builder(names, widths);
        let now = WEDNESDAY;
        const batches = given.map(({ after, ticks }) => {
          now += after;
          // One tick of now in each batch: the source is not behind.
          const late = ticks.map(({ symbol, lag, bid }) => ({ symbol, at: now - lag, bid }));
          return { now, quotes: [{ symbol: 0, at: now, bid: 1 }, ...late] };
        });
        for (const batch of batches) take(batch.now, batch.quotes);
        bars.closeDue(now + 2 * HOUR);
        const good = accepted(batches, widths);
        for (const [symbol, name] of [
          [1, 'A'],
          [2, 'B'],
        ] as const) {
          for (const widthMs of widths) {
            const mine = emitted.filter((bar) => bar.symbol === name && bar.widthMs === widthMs);
            expect(mine.map(({ symbol: _s, widthMs: _w, whole: _h, ...bar }) => bar)).toEqual(grouped(good, symbol, widthMs));
            expect(mine.map(({ whole }) => whole)).toEqual(mine.map((_, i) => i > 0));
          }
        }
        expect(bars.lateTicks).toBe(batches.reduce((sum, { quotes }) => sum + quotes.length, 0) - good.length);
      }),
      { numRuns: 300 },
    );
  });

  it('close by the clock after the grace, later where the source is usually late, and not while a backfill comes in', () => {
    const prompt = builder(['feed/A'], [HOUR]);
    prompt.take(WEDNESDAY + 1_000, [{ symbol: 0, at: WEDNESDAY + 1_000, bid: 1 }]);
    prompt.bars.closeDue(WEDNESDAY + HOUR + GRACE - 1);
    expect(prompt.emitted).toEqual([]);
    prompt.bars.closeDue(WEDNESDAY + HOUR + GRACE);
    expect(prompt.emitted).toMatchObject([{ time: WEDNESDAY, ticks: 1 }]);

    const behind = builder(['feed/A'], [HOUR]);
    behind.take(WEDNESDAY + 31_000, [{ symbol: 0, at: WEDNESDAY + 1_000, bid: 1 }]);
    behind.bars.closeDue(WEDNESDAY + HOUR + GRACE + 29_999);
    expect(behind.emitted).toEqual([]);
    behind.bars.closeDue(WEDNESDAY + HOUR + GRACE + 30_000);
    expect(behind.emitted).toHaveLength(1);

    const filling = builder(['feed/A'], [HOUR]);
    filling.take(WEDNESDAY + 5 * HOUR, [{ symbol: 0, at: WEDNESDAY, bid: 1, late: true }]);
    filling.bars.closeDue(WEDNESDAY + 5 * HOUR + 1_000);
    filling.take(WEDNESDAY + 5 * HOUR + 2_000, [{ symbol: 0, at: WEDNESDAY + 1_000, bid: 2, late: true }]);
    expect(filling.emitted).toEqual([]);
    filling.bars.closeDue(WEDNESDAY + 5 * HOUR + 40_000);
    expect(filling.emitted).toMatchObject([{ time: WEDNESDAY, ticks: 2, close: 2 }]);
  });

  it('take no tick without a bid, none of a time that is still to come, and show the last', () => {
    const { bars, emitted, take } = builder(['feed/A'], [HOUR]);
    take(WEDNESDAY, [
      { symbol: 0, at: WEDNESDAY, bid: 1.5, ask: 1.6 },
      { symbol: 0, at: WEDNESDAY + 1, bid: 0, ask: 1.6 },
      { symbol: 0, at: WEDNESDAY + 2 * HOUR, bid: 9 },
    ]);
    expect(bars.lastTick('A')).toEqual({ time: WEDNESDAY, bid: 1.5, ask: 1.6 });
    expect(bars.aheadTicks).toBe(1);
    bars.closeDue(WEDNESDAY + 2 * HOUR);
    expect(emitted).toMatchObject([{ open: 1.5, close: 1.5, ticks: 1 }]);
    expect(bars.lastTick('B')).toBeNull();
  });

  it('are of one source where several carry the symbol: the preferred one, else the first, until it is silent', () => {
    const names = ['alpha/A', 'beta/A'];
    const first = builder(names, [HOUR]);
    first.take(WEDNESDAY, [{ symbol: 1, at: WEDNESDAY, bid: 2 }], 1);
    first.take(WEDNESDAY + 1_000, [{ symbol: 0, at: WEDNESDAY + 1_000, bid: 1 }], 0);
    expect(first.bars.sourceOf('A')).toEqual({ source: 'beta', digits: 5 });
    first.take(WEDNESDAY + 400_000, [{ symbol: 0, at: WEDNESDAY + 400_000, bid: 1.1 }], 0);
    expect(first.bars.sourceOf('A')?.source).toBe('alpha');
    first.take(WEDNESDAY + 401_000, [{ symbol: 1, at: WEDNESDAY + 401_000, bid: 2 }], 1);
    first.bars.closeDue(WEDNESDAY + 2 * HOUR);
    expect(first.emitted).toMatchObject([{ open: 2, close: 1.1, ticks: 2 }]);

    const preferred = builder(names, [HOUR], ['al*']);
    preferred.take(WEDNESDAY, [{ symbol: 1, at: WEDNESDAY, bid: 2 }], 1);
    preferred.take(WEDNESDAY + 1_000, [{ symbol: 0, at: WEDNESDAY + 1_000, bid: 1 }], 0);
    expect(preferred.bars.sourceOf('A')?.source).toBe('alpha');
  });

  it('go on through another set of widths, and a bar that the clock has ended does not open again', () => {
    const { bars, emitted, take } = builder(['feed/A'], [HOUR]);
    take(WEDNESDAY, [{ symbol: 0, at: WEDNESDAY, bid: 1 }]);
    bars.setWidths([MINUTE, HOUR]);
    take(WEDNESDAY + 30 * MINUTE, [{ symbol: 0, at: WEDNESDAY + 30 * MINUTE, bid: 3 }]);
    bars.closeDue(WEDNESDAY + HOUR + GRACE);
    take(WEDNESDAY + HOUR + GRACE, [{ symbol: 0, at: WEDNESDAY + 50 * MINUTE, bid: 5 }]);
    bars.closeDue(WEDNESDAY + 3 * HOUR);
    expect(emitted.filter(({ widthMs }) => widthMs === HOUR)).toMatchObject([{ time: WEDNESDAY, open: 1, close: 3, ticks: 2 }]);
    expect(emitted.filter(({ widthMs }) => widthMs === MINUTE)).toMatchObject([{ time: WEDNESDAY + 30 * MINUTE, ticks: 1, whole: false }]);
    expect(bars.lateTicks).toBe(1);
  });

  it('begin at multiples of their width, weeks on Mondays, as the history’s do', () => {
    expect(openingOf(WEDNESDAY + 123, HOUR)).toBe(WEDNESDAY);
    expect(new Date(openingOf(WEDNESDAY, 7 * 24 * HOUR)).toISOString()).toBe('2026-11-23T00:00:00.000Z');
    expect(commonWidth([HOUR, 45 * MINUTE])).toBe(15 * MINUTE);
    expect(commonWidth([21 * 24 * HOUR, 3 * 24 * HOUR])).toBe(24 * HOUR);
    expect(commonWidth([7 * 24 * HOUR, 14 * 24 * HOUR])).toBe(7 * 24 * HOUR);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.constantFrom(1_000, MINUTE, HOUR, 4 * HOUR, 5 * 24 * HOUR, 7 * 24 * HOUR, 21 * 24 * HOUR),
        (utc, widthMs) => {
          expect(openingOf(utc, widthMs)).toBe(new BarGrid(widthText(widthMs)).startOf(utc));
        },
      ),
    );
    expect(widthFault(1_500)).toMatch(/whole seconds/);
    expect(widthFault(HOUR)).toBeNull();
  });
});
