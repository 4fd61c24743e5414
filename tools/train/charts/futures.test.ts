import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { describe, expect, it } from 'vitest';
import { CHART_CLASSES } from '../../../plugins/models/src/pattern/charts/classes.ts';
import { RULE_BARS } from '../../../plugins/models/src/pattern/charts/completion.ts';
import { FUTURE_BARS, writeExpectedMoves } from '../../../plugins/models/src/pattern/charts/expected-moves.ts';
import { FUTURE_WIDTH, FutureLabels } from '../../../plugins/models/src/pattern/charts/futures.ts';
import { readModel } from '../../../plugins/models/src/model-file.ts';
import { Network } from '../../../plugins/models/src/sessions/network.ts';
import { loadRuntime } from '../../../plugins/models/src/sessions/runtime.ts';
import { readBars } from '../../data/read-bars.ts';
import { seededRandom } from '../../evaluate/metrics/index.ts';
import { drawFutures, smoothingOfMoves } from './bank.ts';
import { labelsWithHindsight } from './labels.ts';

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

/** Log closes of a random walk. */
function walk(seed: number, count = RULE_BARS): Float64Array {
  const random = seededRandom(seed);
  let price = 4.6;
  return Float64Array.from({ length: count }, () => (price += (random() + random() + random() - 1.5) * 0.002));
}

function barsOf(prices: ArrayLike<number>): Bars {
  const bars = emptyBars(prices.length);
  for (let i = 0; i < prices.length; i++) {
    bars.time[i] = i * 3_600_000;
    for (const column of [bars.open, bars.high, bars.low, bars.close]) column[i] = Math.exp(prices[i] as number);
  }
  return bars;
}

/** The labels of the last bar of a past when each of these moves comes: the past and its future, labelled as one series. */
function labelledOneByOne(prices: Float64Array, moves: readonly Float64Array[]): { name: string; start: number; end: number }[] {
  return moves.map((future) => {
    let price = prices.at(-1) as number;
    const whole = barsOf([...prices, ...Array.from(future, (move) => (price += move))]);
    return labelsWithHindsight(whole)[RULE_BARS - 1] ?? { name: 'none', start: -1, end: -1 };
  });
}

/** The moves themselves, and each upside down. */
function bothWays(moves: readonly Float64Array[]): Float64Array[] {
  return moves.flatMap((future) => [future, future.map((move) => -move)]);
}

function countsOf(labels: readonly { readonly name: string }[]): number[] {
  return CHART_CLASSES.map((name) => labels.filter((label) => label.name === name).length);
}

/** What futures add to the smoothed prices, as the network has it: a product of two matrices. */
function futuresOf(moves: readonly Float64Array[]): Float32Array {
  const smoothing = smoothingOfMoves();
  const out = new Float32Array(moves.length * FUTURE_WIDTH);
  moves.forEach((future, k) => {
    for (let j = 0; j < FUTURE_WIDTH; j++) {
      out[k * FUTURE_WIDTH + j] = future.reduce((sum, move, step) => sum + move * (smoothing[step * FUTURE_WIDTH + j] as number), 0);
    }
  });
  return out;
}

function randomMoves(seed: number, count: number): Float64Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: FUTURE_BARS }, () => (random() + random() + random() - 1.5) * 0.002),
  );
}

describe('labels in many futures', () => {
  it.each(SEEDS)('are those of each future, and of each upside down, appended to the past and labelled with hindsight, walk %i', (seed) => {
    const prices = walk(seed);
    const moves = randomMoves(seed + 1_000, 50);
    const { counts, patterns } = new FutureLabels().read(prices, futuresOf(moves));
    const labels = labelledOneByOne(prices, bothWays(moves));
    expect([...counts]).toEqual(countsOf(labels));
    patterns.forEach((pattern, k) => {
      if (pattern === null) return;
      const same = (start: number, end: number): number =>
        labels.filter((label) => label.name === CHART_CLASSES[k] && label.start === start && label.end === end).length;
      const most = Math.max(...labels.filter(({ name }) => name === CHART_CLASSES[k]).map(({ start, end }) => same(start, end)));
      expect(same(pattern.start, pattern.end)).toBe(most);
    });
  });

  it('differ from bar to bar: a pattern is seen in some of the walks', () => {
    const labels = SEEDS.flatMap((seed) => labelledOneByOne(walk(seed), randomMoves(seed, 20)));
    expect(countsOf(labels).filter((count) => count > 0).length).toBeGreaterThan(4);
  });

  it('of a market that never moved are none', () => {
    const flat = new Float64Array(RULE_BARS).fill(4);
    const still = Array.from({ length: 10 }, () => new Float64Array(FUTURE_BARS));
    expect(new FutureLabels().read(flat, futuresOf(still)).counts[0]).toBe(20);
  });
});

describe('the shipped futures', () => {
  it('are labelled as they are one by one', async () => {
    const stored = await readModel('pattern_v2');
    const network = await Network.open(stored, await loadRuntime('native', () => undefined));
    const run = async (moves: Float32Array): Promise<Float32Array> => {
      const { futures } = await network.run({ moves: { data: moves, dims: [FUTURE_BARS] } }, 1);
      return futures as Float32Array;
    };
    // Asked for one bar's move alone, the network tells each future's: from what it adds to the last smoothed price.
    const smoothing = smoothingOfMoves();
    const last = FUTURE_BARS - 1;
    const parts = await Promise.all(
      Array.from({ length: FUTURE_BARS }, (_, step) => run(new Float32Array(FUTURE_BARS).fill(1, step, step + 1))),
    );
    const count = (parts[0] as Float32Array).length / FUTURE_WIDTH;
    const bank = Array.from({ length: count }, (_, k) =>
      parts.map((part, step) => (part[k * FUTURE_WIDTH + last] as number) / (smoothing[step * FUTURE_WIDTH + last] as number)),
    );
    for (const from of [5_000, 9_000, 13_000]) {
      const prices = readBars('GBPUSD')
        .bars.close.slice(from, from + RULE_BARS)
        .map(Math.log);
      const expected = new Float32Array(FUTURE_BARS);
      writeExpectedMoves(prices, expected);
      const moves = bank.map((future) => Float64Array.from(future, (move, step) => move * (expected[step] as number)));
      const { counts } = new FutureLabels().read(prices, await run(expected));
      const oneByOne = countsOf(labelledOneByOne(prices, bothWays(moves)));
      // The network counts with 32 bits: of 1,024 futures one may turn at another bar.
      counts.forEach((found, k) => expect(Math.abs(found - (oneByOne[k] as number))).toBeLessThanOrEqual(1));
    }
    await network.release();
  });
});

describe('futures that are drawn', () => {
  const market = barsOf(walk(3, 600));

  it('are moves of the markets over the expected ones', () => {
    const drawn = drawFutures([market], 20, seededRandom(1));
    const logs = market.close.map(Math.log);
    for (let k = 0; k < 20; k++) {
      const future = drawn.subarray(k * FUTURE_BARS, (k + 1) * FUTURE_BARS);
      const places = Array.from({ length: 600 - RULE_BARS - FUTURE_BARS }, (_, i) => i + RULE_BARS - 1).filter((at) => {
        const expected = new Float32Array(FUTURE_BARS);
        writeExpectedMoves(logs.subarray(at - RULE_BARS + 1, at + 1), expected);
        const came = logs.subarray(at, at + FUTURE_BARS + 1);
        return future.every((move, step) => {
          const difference = (came[step + 1] as number) - (came[step] as number);
          return Math.abs(move * (expected[step] as number) - difference) < 1e-8;
        });
      });
      expect(places).toHaveLength(1);
    }
  });

  it('are the same for the same seed', () => {
    expect(drawFutures([market], 8, seededRandom(5))).toEqual(drawFutures([market], 8, seededRandom(5)));
  });
});
