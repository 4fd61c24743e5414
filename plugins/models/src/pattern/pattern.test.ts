import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import { emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { beforeAll, describe, expect, it } from 'vitest';
import { BarSeries } from '../bar-series.ts';
import type { BarModel, Finding } from '../model.ts';
import { readModel } from '../model-file.ts';
import { Network } from '../sessions/network.ts';
import { loadRuntime } from '../sessions/runtime.ts';
import { CHART_CLASSES } from './charts/classes.ts';
import { makePattern } from './pattern.ts';
import { wilson } from './wilson.ts';

const HOUR = 3_600_000;
const DIGITS = 5;

function walk(count: number): Bars {
  let state = 99;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const points = (price: number): number => Math.round(price * 10 ** DIGITS) / 10 ** DIGITS;
  const bars = emptyBars(count);
  let price = 1.2;
  for (let i = 0; i < count; i++) {
    const open = price;
    price *= Math.exp((random() + random() + random() - 1.5) * 0.002);
    bars.time[i] = i * HOUR;
    bars.open[i] = points(open);
    bars.close[i] = points(price);
    bars.high[i] = points(Math.max(open, price) * (1 + random() * 0.0005));
    bars.low[i] = points(Math.min(open, price) * (1 - random() * 0.0005));
    bars.volume[i] = Math.round(100 + random() * 1_000);
  }
  return bars;
}

describe('pattern_v2', () => {
  const bars = walk(400);
  let model: BarModel;
  beforeAll(async () => {
    const stored = await readModel('pattern_v2');
    const network = await Network.open(stored, await loadRuntime('native', () => undefined));
    model = makePattern(stored.file, { run: (feeds, rows) => network.run(feeds, rows) });
  });

  async function answerAt(past: Bars, digits = DIGITS): Promise<Finding> {
    const series = new BarSeries('EURUSD', digits, HOUR);
    series.append(past);
    return model.symbol(series, new Map()).answer(NO_CONTEXT, new Map());
  }

  it('abstains with fewer than 192 bars, and names the candles all the same', async () => {
    const finding = await answerAt(sliceBars(bars, 0, 191));
    expect(finding.abstained).toBe('needs 192 closed bars, and there are 191');
    expect(finding.probabilities).toBeNull();
    expect(typeof finding.details['candles']).toBe('string');
  });

  it('gives probabilities of every class, and where the pattern that it names lies', async () => {
    let named = 0;
    for (let end = 192; end <= 400; end += 5) {
      const { probabilities, details, inputs } = await answerAt(sliceBars(bars, 0, end));
      expect(Object.keys(probabilities ?? {})).toEqual([...CHART_CLASSES]);
      expect(Object.values(probabilities ?? {}).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(inputs).toEqual({ from: bars.time[end - 192], to: bars.time[end - 1], count: 192 });
      if (details['pattern'] === 'none') {
        for (const name of ['start', 'end', 'up24Share', 'up24Low', 'up24High']) expect(details[name]).toBeNull();
      } else {
        named++;
        expect(details['up24Low']).toBeLessThan(details['up24Share'] as number);
        expect(details['up24High']).toBeGreaterThan(details['up24Share'] as number);

        expect(details['start']).toBeGreaterThanOrEqual(inputs.from);
        expect(details['end']).toBeLessThan(inputs.to);
      }
    }
    expect(named).toBeGreaterThan(0);
  });

  it('answers the same whenever it began', async () => {
    expect(await answerAt(sliceBars(bars, 0, 400))).toEqual(await answerAt(sliceBars(bars, 208, 400)));
  });

  it('answers the same of prices in another unit', async () => {
    const past = sliceBars(bars, 0, 300);
    const scaled = { ...past };
    for (const name of ['open', 'high', 'low', 'close'] as const) scaled[name] = past[name].map((price) => price * 100);
    const [one, other] = [await answerAt(past), await answerAt(scaled, 3)];
    for (const name of CHART_CLASSES) expect(other.probabilities?.[name]).toBeCloseTo(one.probabilities?.[name] as number, 4);
    expect(other.details['candles']).toBe(one.details['candles']);
  });
});

it('Wilson has the interval of his paper', () => {
  // 8 of 10 at 95 %: Newcombe 1998 and statsmodels' proportion_confint give 0.4902 to 0.9433.
  expect(wilson(8, 10).low).toBeCloseTo(0.4902, 4);
  expect(wilson(8, 10).high).toBeCloseTo(0.9433, 4);
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
});
