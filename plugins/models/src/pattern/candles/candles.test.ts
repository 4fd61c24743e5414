import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { candleWalk } from '../../../test/candle-walk.ts';
import { openTalib } from '../../../test/talib.ts';
import { Candles } from './candles.ts';
import { CANDLE_BARS, CANDLE_RULES, candlesAtEnd } from './catalogue.ts';

const BARS = 50_000;

/** Park and Miller's generator. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('candlestick rules', () => {
  const prices = candleWalk(BARS, seeded(7));
  const candles = new Candles(prices, 0);

  it('are all 61 of TA-Lib, each found and each the same as TA-Lib on every bar', async () => {
    const oracle = await openTalib(BARS);
    expect(new Set(CANDLE_RULES.map(({ name }) => name)).size).toBe(61);
    const differing: string[] = [];
    const neverFound: string[] = [];
    for (const rule of CANDLE_RULES) {
      const expected = oracle(rule.name, prices);
      const found = Int32Array.from(expected, (_, at) => (at < rule.lookback ? 0 : rule.at(candles, at)));
      const first = found.findIndex((sign, at) => sign !== expected[at]);
      if (first >= 0) differing.push(`${rule.name} at ${first}: ${found[first]}, TA-Lib has ${expected[first]}`);
      if (expected.every((sign) => sign === 0)) neverFound.push(rule.name);
    }
    expect({ differing, neverFound }).toEqual({ differing: [], neverFound: [] });
  });

  it('say the same of the last bars alone as of all of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: CANDLE_BARS, max: BARS }), (end) => {
        const window = (column: Float64Array): Float64Array => column.slice(end - CANDLE_BARS, end);
        const { open, high, low, close } = prices;
        const found = candlesAtEnd({ open: window(open), high: window(high), low: window(low), close: window(close) }, 0);
        const expected = CANDLE_RULES.map((rule) => ({ rule, sign: rule.at(candles, end - 1) })).filter(({ sign }) => sign !== 0);
        expect(found).toEqual(expected);
      }),
    );
  });

  it('take prices of a symbol as whole points', () => {
    const scaled = { open: prices.open, high: prices.high, low: prices.low, close: prices.close };
    const quoted = Object.fromEntries(
      Object.entries(scaled).map(([name, column]) => [name, column.map((price) => price / 1e5)]),
    ) as typeof scaled;
    const inPoints = new Candles(quoted, 5);
    for (const rule of CANDLE_RULES) {
      for (let at = rule.lookback; at < 2_000; at++)
        if (rule.at(inPoints, at) !== rule.at(candles, at)) expect.fail(`${rule.name} at ${at}`);
    }
  });
});
