import { describe, expect, it } from 'vitest';
import { HarForecast } from './har.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BEGIN = Date.UTC(2015, 0, 5);

/** Hours of a market that closes at weekends, with volatility that wanders: deterministic. */
function walk(count: number): { time: number[]; close: number[] } {
  let state = 12_345;
  const uniform = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const time: number[] = [];
  const close: number[] = [];
  let price = 1.2;
  let level = 0;
  for (let hour = 0; time.length < count; hour++) {
    const at = BEGIN + hour * HOUR;
    const weekday = (Math.floor(at / DAY) + 4) % 7;
    if (weekday === 0 || weekday === 6) continue;
    level = 0.995 * level + 0.1 * (uniform() - 0.5);
    price *= Math.exp(0.001 * Math.exp(level) * (uniform() + uniform() + uniform() - 1.5) * (weekday === 5 ? 1.5 : 1));
    time.push(at);
    close.push(price);
  }
  return { time, close };
}

function pushed(time: readonly number[], close: readonly number[], from = 0): HarForecast {
  const har = new HarForecast();
  for (let i = from; i < time.length; i++) har.push(time[i] as number, close[i] as number);
  return har;
}

/** Least squares of rows with a penalty as extra rows, by Gauss's elimination with pivots: nothing of the code under test. */
function leastSquares(rows: number[][], targets: number[]): number[] {
  const n = (rows[0] as number[]).length;
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n + 1 }, (_unused, k) =>
      rows.reduce((sum, row, at) => sum + (row[i] as number) * (k === n ? (targets[at] as number) : (row[k] as number)), 0),
    ),
  );
  for (let i = 0; i < n; i++) {
    const pivot = matrix.reduce(
      (best, row, at) => (at >= i && Math.abs(row[i] as number) > Math.abs(matrix[best]?.[i] as number) ? at : best),
      i,
    );
    [matrix[i], matrix[pivot]] = [matrix[pivot] as number[], matrix[i] as number[]];
    const top = matrix[i] as number[];
    matrix.forEach((row, at) => {
      if (at === i) return;
      const times = (row[i] as number) / (top[i] as number);
      for (let k = i; k <= n; k++) row[k] = (row[k] as number) - times * (top[k] as number);
    });
  }
  return matrix.map((row, i) => (row[n] as number) / (row[i] as number));
}

describe('the HAR forecast', () => {
  it('is the least squares fit of the last 24,000 bars before the refit, made by another way', () => {
    const { time, close } = walk(26_000);
    const returns = close.map((price, i) => (i === 0 ? 0 : Math.log(price / (close[i - 1] as number))));
    const level = (i: number, bars: number): number =>
      Math.log(returns.slice(i - bars + 1, i + 1).reduce((sum, one) => sum + one * one, 0) / bars);
    const rowOf = (i: number): number[] => {
      const weekday = (Math.floor((time[i] as number) / DAY) + 4) % 7;
      return [level(i, 24), level(i, 120), level(i, 480), 1, ...[0, 1, 2, 3, 4, 5, 6].map((day) => Number(day === weekday))];
    };
    const last = time.length - 1;
    const refit = Math.floor((time[last] as number) / DAY / 5) * 5 * DAY;
    const boundary = time.findIndex((at) => at >= refit);
    const samples = time.flatMap((at, i) =>
      i >= boundary - 24_000 && i >= 480 && i + 24 < boundary && (at - (time[last] as number)) % DAY === 0 ? [i] : [],
    );
    const rows = samples.map(rowOf);
    const targets = samples.map((i) => level(i + 24, 24));
    const penalties = [1e-6, 1e-6, 1e-6, 1e-6, 1, 1, 1, 1, 1, 1, 1].map((penalty, k, all) =>
      all.map((_, j) => (j === k ? Math.sqrt(penalty) : 0)),
    );
    const fitted = leastSquares([...rows, ...penalties], [...targets, ...penalties.map(() => 0)]);
    const predict = (row: number[]): number => row.reduce((sum, value, k) => sum + value * (fitted[k] as number), 0);
    const residuals = rows.map((row, i) => (targets[i] as number) - predict(row));
    const mean = residuals.reduce((sum, one) => sum + one, 0) / residuals.length;
    const variance = residuals.reduce((sum, one) => sum + (one - mean) ** 2, 0) / residuals.length;

    expect(samples.length).toBeGreaterThan(950);
    expect((pushed(time, close).forecast() as number) / Math.exp(predict(rowOf(last)) + variance / 2)).toBeCloseTo(1, 8);
  });

  it('is the same bits wherever it began, as long as its window is there', () => {
    const { time, close } = walk(26_500);
    const long = pushed(time, close);
    const short = pushed(time, close, time.length - 24_700);
    expect(long.forecast()).not.toBeNull();
    expect(short.forecast()).toBe(long.forecast());
  });

  it('knows nothing of what came after the refit but the regressors', () => {
    const { time, close } = walk(12_000);
    const asked = pushed(time, close);
    for (let i = 0; i < 100; i++) asked.forecast();
    expect(asked.forecast()).toBe(pushed(time, close).forecast());
  });

  it('has no forecast with little history', () => {
    const { time, close } = walk(5_000);
    expect(pushed(time, close).forecast()).toBeNull();
  });

  it('is finite in a market that does not move', () => {
    const { time } = walk(12_000);
    expect(
      pushed(
        time,
        time.map(() => 1),
      ).forecast(),
    ).toBeGreaterThan(0);
  });
});
