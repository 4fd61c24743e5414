import { describe, expect, it } from 'vitest';
import { FUTURE_BARS, reachOf, usualMove, writeExpectedMoves } from './expected-moves.ts';

/** Log closes whose moves are given; up and down in turn. */
function pricesOf(count: number, move: (bar: number) => number): Float64Array {
  let price = 1;
  return Float64Array.from({ length: count }, (_, bar) => (price += bar === 0 ? 0 : move(bar) * (bar % 2 === 0 ? 1 : -1)));
}

function expectedOf(prices: Float64Array): number[] {
  const out = new Float32Array(FUTURE_BARS);
  writeExpectedMoves(prices, out);
  return [...out];
}

describe('expected moves', () => {
  it('are the usual move where all hours are alike', () => {
    for (const move of expectedOf(pricesOf(192, () => 0.001))) expect(move).toBeCloseTo(0.001, 8);
  });

  it('are those of a computation from a table of hours by days', () => {
    const move = (bar: number): number => 0.001 + 0.0007 * Math.sin(bar / 5) + 0.0002 * Math.cos(bar * 1.7);
    const prices = pricesOf(192, move);
    const moves = [...prices].slice(1).map((price, i) => Math.abs(price - (prices[i] as number)));
    const mean = moves.reduce((a, b) => a + b) / 191;
    const usual = Math.hypot(...moves) / Math.sqrt(191);
    expectedOf(prices).forEach((found, step) => {
      // moves[i] ends with bar i + 1; the bar to come is the 192nd and on.
      const hours = [1, 2, 3, 4, 5, 6, 7].flatMap((day) => [-1, 0, 1].map((beside) => 192 + step - 24 * day + beside));
      const same = hours.filter((bar) => bar < 192).map((bar) => moves[bar - 1] as number);
      const share = same.reduce((a, b) => a + b) / same.length / mean;
      expect(found / usual).toBeCloseTo((share + 0.25) / 1.25, 5);
    });
  });

  it('follow the daily round: what moves at one hour is expected to move at that hour', () => {
    // The bar to come is the 192nd, and 192 is eight days: its hour is that of bars that 24 divides.
    const expected = expectedOf(pricesOf(192, (bar) => (bar % 24 === 6 ? 0.004 : 0.001)));
    expect(expected.indexOf(Math.max(...expected))).toBeGreaterThanOrEqual(5);
    expect(expected.indexOf(Math.max(...expected))).toBeLessThanOrEqual(7);
    expect(expected[6]).toBeGreaterThan(1.5 * (expected[0] as number));
  });

  it('are above zero and finite where nothing moved', () => {
    const flat = new Float64Array(192).fill(4);
    for (const move of expectedOf(flat)) expect(move).toBeGreaterThan(0);
    expect(usualMove(flat)).toBeCloseTo(1e-7, 12);
    expect(reachOf(flat)).toBe(0);
  });

  it('grow with the market, and its reach does not', () => {
    const prices = pricesOf(192, (bar) => 0.001 + 0.0005 * Math.sin(bar));
    const wilder = prices.map((price) => price * 3);
    expect(usualMove(wilder)).toBeCloseTo(3 * usualMove(prices), 10);
    expect(reachOf(wilder)).toBeCloseTo(reachOf(prices), 8);
  });
});
