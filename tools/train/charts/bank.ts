import type { Bars } from '@tickhub/plugin-sdk/features';
import { RULE_BARS } from '../../../plugins/models/src/pattern/charts/completion.ts';
import { FUTURE_BARS, writeExpectedMoves } from '../../../plugins/models/src/pattern/charts/expected-moves.ts';
import { smoothed } from '../../../plugins/models/src/pattern/charts/extrema.ts';
import { FUTURE_WIDTH, OPEN } from '../../../plugins/models/src/pattern/charts/futures.ts';

/** Moves beyond so many expected ones are cut: gaps after a market that stood still. */
const MOST = 8;

/**
 * What came after bars drawn at random, each move over the expected one.
 * @param markets bars of the training years only.
 * @param random gives numbers from 0 to 1.
 * @returns {@link FUTURE_BARS} moves of each future, oldest first.
 */
export function drawFutures(markets: readonly Bars[], count: number, random: () => number): Float32Array {
  const logs = markets.map(({ close }) => close.map(Math.log));
  const out = new Float32Array(count * FUTURE_BARS);
  const expected = new Float32Array(FUTURE_BARS);
  for (let future = 0; future < count; future++) {
    const prices = logs[Math.floor(random() * logs.length)] as Float64Array;
    const last = RULE_BARS - 1 + Math.floor(random() * (prices.length - RULE_BARS - FUTURE_BARS));
    writeExpectedMoves(prices.subarray(last - RULE_BARS + 1, last + 1), expected);
    for (let step = 0; step < FUTURE_BARS; step++) {
      const move = ((prices[last + step + 1] as number) - (prices[last + step] as number)) / (expected[step] as number);
      out[future * FUTURE_BARS + step] = Math.max(-MOST, Math.min(MOST, move));
    }
  }
  return out;
}

/**
 * What a move of 1 at each step adds to the smoothed prices from `OPEN` on, and to the first move.
 * @returns a row of {@link FUTURE_WIDTH} for each of {@link FUTURE_BARS} steps.
 */
export function smoothingOfMoves(): Float32Array {
  const out = new Float32Array(FUTURE_BARS * FUTURE_WIDTH);
  for (let step = 0; step < FUTURE_BARS; step++) {
    const moved = new Float64Array(RULE_BARS + FUTURE_BARS).fill(1, RULE_BARS + step);
    for (let i = 0; i < FUTURE_BARS; i++) out[step * FUTURE_WIDTH + i] = smoothed(moved, OPEN + i, moved.length - 1);
    out[step * FUTURE_WIDTH + FUTURE_BARS] = step === 0 ? 1 : 0;
  }
  return out;
}
