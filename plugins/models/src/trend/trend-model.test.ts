import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import { emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import { describe, expect, it } from 'vitest';
import plugin from '../index.ts';

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2020, 0, 6);
const ABOUT = { symbol: 'EURUSD', digits: 5, widthMs: HOUR };

/** Bars whose log price walks by `drift` and a fixed pattern of steps. */
function walk(count: number, drift = 0, scale = 0.001): Bars {
  const bars = emptyBars(count);
  let log = 0;
  let state = 7;
  for (let i = 0; i < count; i++) {
    const open = log;
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    log += drift + scale * (state / 2 ** 31 - 1);
    bars.time[i] = MONDAY + i * HOUR;
    bars.open[i] = Math.exp(open);
    bars.close[i] = Math.exp(log);
    bars.high[i] = Math.exp(Math.max(open, log));
    bars.low[i] = Math.exp(Math.min(open, log));
  }
  return bars;
}

/** The market of whoever quotes the pair the other way round. */
function mirrored({ time, open, high, low, close, volume }: Bars): Bars {
  const inverse = (column: Float64Array): Float64Array => column.map((price) => 1 / price);
  return { time, open: inverse(open), high: inverse(low), low: inverse(high), close: inverse(close), volume };
}

async function asked(seed: Bars, ...closed: readonly Bars[]) {
  const harness = createHarness(plugin);
  await harness.start();
  const { analyst } = harness;
  analyst.allow({ models: analyst.models.map(({ id }) => ({ id, allowed: id === 'trend_v1' })), cacheBytes: 64 * 1_048_576 });
  await analyst.ask({ type: 'seed', ...ABOUT, bars: seed });
  let answer;
  for (const bars of closed) [answer] = await analyst.ask({ type: 'bars', ...ABOUT, bars, context: NO_CONTEXT, models: ['trend_v1'] });
  await harness.stop();
  if (answer === undefined) throw new Error('trend_v1 said nothing');
  return answer;
}

describe('trend_v1', () => {
  it('tells a market that rises, falls or goes nowhere', async () => {
    const none = emptyBars(0);
    for (const [drift, state] of [
      [0.0004, 'up'],
      [-0.0004, 'down'],
    ] as const) {
      const bars = walk(700);
      const trending = walk(760, drift);
      // Nowhere for long, then two and a half days of a trend.
      const turn = sliceBars(trending, 700);
      const from = (bars.close.at(-1) as number) / (trending.close[699] as number);
      for (const column of [turn.open, turn.high, turn.low, turn.close]) column.forEach((price, i) => (column[i] = price * from));
      const answer = await asked(bars, turn, none);
      expect(answer).toMatchObject({ abstained: null, value: null, horizonMs: 0, details: { state } });
      expect(answer.probabilities?.[state]).toBeGreaterThan(0.5);
    }
  });

  it('says of the mirrored market the mirrored thing', async () => {
    const bars = walk(600, 0.0001);
    const [one, other] = [await asked(bars, emptyBars(0)), await asked(mirrored(bars), emptyBars(0))];
    expect(other.probabilities?.['down']).toBeCloseTo(one.probabilities?.['up'] ?? NaN, 5);
    expect(other.probabilities?.['range']).toBeCloseTo(one.probabilities?.['range'] ?? NaN, 5);
    expect(Number(other.details['pUp24'])).toBeCloseTo(1 - Number(one.details['pUp24']), 5);
  });

  it('says the same bit for bit from wherever it began', async () => {
    const bars = walk(1_700);
    const live = await asked(sliceBars(bars, 0, 900), ...Array.from({ length: 800 }, (_, i) => sliceBars(bars, 900 + i, 901 + i)));
    const batch = await asked(sliceBars(bars, 1_100), emptyBars(0));
    expect(batch).toEqual(live);
  });

  it('abstains for want of bars', async () => {
    await expect(asked(walk(480), emptyBars(0))).resolves.toMatchObject({
      confidence: 0,
      probabilities: null,
      abstained: 'it takes 481 bars, and there are 480',
    });
  });

  it('is less sure of what it has hardly seen, and silent where it has seen nothing like it', async () => {
    const calm = walk(600);
    const seen = await asked(calm, emptyBars(0));
    const wild = walk(600);
    // One bar as high as a thousand: what Parkinson's estimator makes of a bad print.
    wild.high[599] = (wild.high[599] as number) * 1.015;
    const stranger = await asked(wild, emptyBars(0));
    expect(stranger.details['inputsOutside']).toBeGreaterThan(Number(seen.details['inputsOutside']));
    expect(stranger.confidence).toBeLessThan(seen.confidence);
    wild.high[599] = (wild.high[599] as number) * 1_000;
    await expect(asked(wild, emptyBars(0))).resolves.toMatchObject({
      confidence: 0,
      abstained: expect.stringContaining('park_') as string,
    });
  });
});
