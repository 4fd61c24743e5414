import { describe, expect, it } from 'vitest';
import { HOUR } from './analysis.fixture.ts';
import { holeIn, marketHours } from './market-hours.ts';

const MINUTE = 60_000;
const FRIDAY_CLOSE = Date.UTC(2026, 10, 20, 21, 59);
const SUNDAY_OPEN = Date.UTC(2026, 10, 22, 22);

/** Hourly openings from each of `stretches`: where it begins, and how many. */
function hourly(...stretches: readonly (readonly [from: number, count: number])[]) {
  return { time: Float64Array.from(stretches.flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i * HOUR))) };
}

describe('whether a market is open', () => {
  it('is said by its last tick, and the weekend by its name', () => {
    expect(marketHours(FRIDAY_CLOSE, FRIDAY_CLOSE + 15 * MINUTE, 15 * MINUTE)).toEqual({ state: 'open', words: '' });
    expect(marketHours(FRIDAY_CLOSE, SUNDAY_OPEN, 15 * MINUTE).words).toBe(
      'market closed since 2026-11-20 21:59 UTC (weekend, or its source is silent)',
    );
    expect(marketHours(FRIDAY_CLOSE, FRIDAY_CLOSE + 90 * MINUTE, 15 * MINUTE).words).toBe(
      'market closed since 2026-11-20 21:59 UTC (no ticks for 90 min)',
    );
    expect(marketHours(null, SUNDAY_OPEN, 1).state).toBe('unknown');
  });
});

describe('a hole in bars', () => {
  it('is no weekend, with or without a holiday beside it', () => {
    const week = 5 * 24;
    const monday = SUNDAY_OPEN + 24 * HOUR;
    expect(holeIn(hourly([FRIDAY_CLOSE - week * HOUR, week], [SUNDAY_OPEN, 24]), HOUR, 144, 0.3)).toBeNull();
    expect(holeIn(hourly([FRIDAY_CLOSE - week * HOUR, week], [monday, 24]), HOUR, 144, 0.3)).toBeNull();
    expect(holeIn(hourly([FRIDAY_CLOSE - week * HOUR, week], [monday + 72 * HOUR, 24]), HOUR, 144, 0.3)).toMatch(
      /hole of 6 days before 2026-11-26 22:00 UTC/,
    );
  });

  it('is a step of more than 36 hours within a week, and only within the bars that are needed', () => {
    const tuesday = Date.UTC(2026, 10, 24);
    const bars = hourly([tuesday, 10], [tuesday + 50 * HOUR, 10]);
    expect(holeIn(bars, HOUR, 20, 0)).toMatch(/hole of 40 h 0 min before 2026-11-26 02:00 UTC, within the 20/);
    expect(holeIn(bars, HOUR, 10, 0)).toBeNull();
  });

  it('is also what many small ones leave: a machine that runs eight hours a day', () => {
    const monday = Date.UTC(2026, 10, 16, 8);
    const days = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11].map((day) => [monday + day * 24 * HOUR, 8] as const);
    expect(holeIn(hourly(...days), HOUR, 80, 0.3)).toMatch(
      /its last 80 bars cover 29 % of the time since 2026-11-16 08:00 UTC, less than 30 %/,
    );
    expect(holeIn(hourly(...days), HOUR, 80, 0)).toBeNull();
    expect(holeIn(hourly(), HOUR, 80, 0.3)).toBeNull();
  });
});
