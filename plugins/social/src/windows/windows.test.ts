import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baselines, KNOWN_FROM } from './baselines.ts';
import { Cell } from './cell.ts';
import type { Contribution } from './cell.ts';
import { Coverage } from './coverage.ts';
import { endOf, Windows } from './windows.ts';
import type { ClosedWindow } from './windows.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 0, 5, 12);
const said = (more: Partial<Contribution> = {}): Contribution => ({
  author: 'a',
  sentiment: null,
  stance: 'neutral',
  spam: false,
  ...more,
});
const postsIn = (windows: readonly ClosedWindow[]): number =>
  windows.flatMap(({ cells }) => [...cells.values()]).reduce((sum, cell) => sum + cell.counts.posts + cell.counts.spam, 0);

describe('Windows', () => {
  it('counts a post in the window that its own time lies in, aligned to UTC, and closes it when it is late enough', () => {
    const windows = new Windows([5 * MINUTE], 30_000, NOON + MINUTE);
    expect(windows.add({ symbols: ['EURUSD'], at: NOON }, said())).toBe(true);
    expect(windows.add({ symbols: ['EURUSD'], at: NOON + 5 * MINUTE - 1 }, said())).toBe(true);
    expect(windows.add({ symbols: ['EURUSD'], at: NOON + 5 * MINUTE }, said())).toBe(true);
    expect(windows.close(NOON + 5 * MINUTE + 29_999)).toEqual([]);
    const [closed, ...others] = windows.close(NOON + 5 * MINUTE + 30_000);
    expect(others).toEqual([]);
    expect(closed).toMatchObject({ width: 5 * MINUTE, end: NOON + 5 * MINUTE });
    expect(closed?.cells.get('EURUSD')?.counts.posts).toBe(2);
  });

  it('does not open a closed window again', () => {
    const windows = new Windows([5 * MINUTE, 60 * MINUTE], 0, NOON);
    windows.close(NOON + 5 * MINUTE);
    // Late for the five minutes, in time for the hour.
    expect(windows.add({ symbols: ['EURUSD'], at: NOON + MINUTE }, said())).toBe(true);
    expect(postsIn(windows.close(NOON + 60 * MINUTE))).toBe(1);
    expect(windows.add({ symbols: ['EURUSD'], at: NOON + MINUTE }, said())).toBe(false);
  });

  it('gives no storm of windows after a long sleep, and none of them holds anything', () => {
    const windows = new Windows([5 * MINUTE], 0, NOON);
    windows.add({ symbols: ['EURUSD'], at: NOON + 1 }, said());
    const closed = windows.close(NOON + 30 * 86_400_000);
    expect(closed.length).toBeLessThanOrEqual(102);
    expect(closed.filter(({ cells }) => cells.size > 0).map(({ end }) => end)).toEqual([NOON + 5 * MINUTE]);
  });

  it('stays within its caps under a flood of symbols and authors, and counts what is left out', () => {
    const windows = new Windows([MINUTE], 0, NOON);
    for (let at = 0; at < 3_000; at++) windows.add({ symbols: [`S${at}`], at: NOON }, said());
    expect(windows.leftOut).toBe(1_000);
    for (let at = 0; at < 200_000; at++) windows.add({ symbols: [`S${at % 50}`], at: NOON }, said({ author: `a${at}` }));
    const [closed] = windows.close(NOON + MINUTE);
    const counts = [...(closed?.cells.values() ?? [])].map((cell) => cell.counts);
    expect(counts.reduce((sum, { authors }) => sum + authors, 0)).toBe(100_000);
    expect(counts.reduce((sum, { posts }) => sum + posts, 0)).toBe(202_000);
    // The next window has all its room again.
    windows.add({ symbols: ['S0'], at: NOON + MINUTE }, said({ author: 'another' }));
    expect(windows.close(NOON + 2 * MINUTE)[0]?.cells.get('S0')?.counts.authors).toBe(1);
  });

  it('takes posts again when a clock that ran ahead is set back', () => {
    const windows = new Windows([5 * MINUTE], 0, NOON);
    windows.close(NOON + 600 * MINUTE);
    expect(windows.add({ symbols: ['EURUSD'], at: NOON + 6 * MINUTE }, said())).toBe(false);
    windows.setBack(NOON + 6 * MINUTE);
    expect(windows.add({ symbols: ['EURUSD'], at: NOON + 6 * MINUTE }, said())).toBe(true);
    windows.setBack(NOON + 7 * MINUTE);
    expect(postsIn(windows.close(NOON + 10 * MINUTE))).toBe(1);
  });

  it('counts every post once, whatever its time, whenever it is closed, saved and restored: against a plain recount', () => {
    const widths = [MINUTE, 5 * MINUTE];
    const lateMs = 20_000;
    const step = fc.record({
      passes: fc.integer({ min: 0, max: 90_000 }),
      lag: fc.integer({ min: 0, max: 400_000 }),
      symbols: fc.uniqueArray(fc.constantFrom('A', 'B', 'C'), { minLength: 1 }),
      restarts: fc.boolean(),
      takenBack: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = NOON;
        let windows = new Windows(widths, lateMs, now);
        const counted = new Map<string, number>();
        const expected = new Map<string, number>();
        const close = (): void => {
          for (const { width, end, cells } of windows.close(now)) {
            for (const [symbol, cell] of cells) {
              const key = `${width} ${end} ${symbol}`;
              expect(counted.has(key), `${key} was closed before`).toBe(false);
              counted.set(key, cell.counts.posts);
            }
          }
        };
        for (const { passes, lag, symbols, restarts, takenBack } of steps) {
          now += passes;
          close();
          const place = { symbols, at: now - lag };
          const taken = windows.add(place, said());
          if (taken && takenBack) windows.remove(place, said());
          for (const width of widths) {
            const end = endOf(place.at, width);
            const isOpen = end > Math.floor((now - lateMs) / width) * width;
            expect(taken || !isOpen).toBe(true);
            if (isOpen && !takenBack)
              for (const symbol of symbols) expected.set(`${width} ${end} ${symbol}`, (expected.get(`${width} ${end} ${symbol}`) ?? 0) + 1);
          }
          if (restarts) {
            const state = structuredClone(windows.save());
            windows = new Windows(widths, lateMs, now);
            windows.restore(state);
          }
        }
        now += 86_400_000;
        close();
        expect(counted).toEqual(expected);
      }),
    );
  });
});

describe('Cell', () => {
  it('is as if a post that was taken back had never been', () => {
    const contribution = fc.record({
      author: fc.constantFrom('a', 'b', 'c'),
      sentiment: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
      stance: fc.constantFrom('bullish' as const, 'bearish' as const, 'neutral' as const),
      spam: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(contribution), fc.array(contribution), (kept, takenBack) => {
        const [cell, plain] = [new Cell({ left: 100 }), new Cell({ left: 100 })];
        for (const one of [...kept, ...takenBack]) cell.add(one);
        for (const one of takenBack) cell.remove(one);
        for (const one of kept) plain.add(one);
        const [is, should] = [cell.counts, plain.counts];
        expect({ ...is, sentiment: null }).toEqual({ ...should, sentiment: null });
        if (should.sentiment === null) expect(is.sentiment).toBeNull();
        else expect(is.sentiment).toBeCloseTo(should.sentiment, 3);
        expect(Cell.from(structuredClone(cell.save()), { left: 100 }).counts).toEqual(cell.counts);
      }),
    );
  });

  it('counts spam in nothing else, and authors once', () => {
    const cell = new Cell({ left: 100 });
    for (const author of ['a', 'b', 'a']) cell.add(said({ author, sentiment: 0.5, stance: 'bullish' }));
    cell.add(said({ author: 'x', sentiment: -1, stance: 'bearish', spam: true }));
    expect(cell.counts).toEqual({ posts: 3, authors: 2, bullish: 3, bearish: 0, neutral: 0, spam: 1, sentiment: 0.5 });
  });
});

describe('Baselines', () => {
  it('says nothing before it knows a symbol, and then how far a window lies from it', () => {
    const baselines = new Baselines();
    for (let window = 0; window < KNOWN_FROM; window++) {
      const judged = baselines.judge('stocktwits', 1, 'SPY', 10, window % 2 === 0 ? 0.5 : 0.7, true);
      expect(judged).toEqual({ deviation: null, volumeRatio: null });
    }
    // 0.6 on average, 0.1 apart from it: what leans bullish all the time is not news.
    expect(baselines.judge('stocktwits', 1, 'SPY', 30, 0.6, true)).toEqual({ deviation: 0, volumeRatio: 3 });
    expect(baselines.judge('stocktwits', 1, 'SPY', 10, 0.2, true).deviation).toBeLessThan(-3);
    expect(baselines.judge('bluesky', 1, 'SPY', 10, 0.2, true)).toEqual({ deviation: null, volumeRatio: null });
  });

  it('counts silence as no posts, and windows that were not listened to as nothing', () => {
    const baselines = new Baselines();
    for (let window = 0; window < KNOWN_FROM; window++) baselines.judge('x', 1, 'SPY', 10, null, true);
    expect(baselines.judge('x', 1, 'SPY', 5, null, false).volumeRatio).toBeNull();
    expect(baselines.judge('x', 1, 'SPY', 10, null, true).volumeRatio).toBe(1);
    for (let window = 0; window < 13; window++) baselines.silence('x', 1, new Set(['QQQ']));
    expect(baselines.judge('x', 1, 'SPY', 10, null, true).volumeRatio).toBe(2);
    const restored = new Baselines();
    restored.restore(structuredClone(baselines.save()));
    expect(restored.save()).toEqual(baselines.save());
  });
});

describe('Coverage', () => {
  it('is the share of a time that any span covers, however they come: against a plain recount', () => {
    // Spans nearer than 2 s count as one, so the recount is in steps of 10 s.
    const span = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 50 }), (spans) => {
        const coverage = new Coverage();
        const seconds = new Set<number>();
        for (const [from, length] of spans) {
          coverage.add('x', from * 10_000, (from + length) * 10_000);
          for (let at = from; at < Math.min(100, from + length); at++) seconds.add(at);
        }
        expect(coverage.share('x', 0, 1_000_000)).toBeCloseTo(seconds.size / 100, 3);
      }),
    );
  });

  it('forgets what is past', () => {
    const coverage = new Coverage();
    coverage.add('x', 0, 1_000_000);
    coverage.add('x', 2_000_000, 3_000_000);
    coverage.forget(1_500_000);
    expect(coverage.save()).toEqual([['x', [[2_000_000, 3_000_000]]]]);
    expect(coverage.share('y', 0, 1)).toBe(0);
  });
});
