import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { emptyBars, FEATURES, FeatureError, featureMatrix, featureSet, FeatureState, MOST_BARS, sliceBars } from './index.ts';
import type { Bars } from './index.ts';
import { walk } from './walk.fixture.ts';

const ALL = FEATURES.map(({ name }) => name);
const SCALE_FREE = FEATURES.filter(({ scaleFree }) => scaleFree).map(({ name }) => name);

function feed(state: FeatureState, bars: Bars): void {
  bars.time.forEach((time, i) => {
    const [open, high, low, close, volume] = [bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i]] as number[];
    state.push(time, open as number, high as number, low as number, close as number, volume as number);
  });
}

/** All features as of the last bar, by name. */
function lastRow(bars: Bars, names = ALL): Record<string, number> {
  const { values, rows } = featureMatrix(bars, names);
  return Object.fromEntries(names.map((name, i) => [name, values[(rows - 1) * names.length + i] as number]));
}

describe('features', () => {
  it('are what pandas and numpy make of the definitions', () => {
    const file = new URL('../../test/features/expected.json', import.meta.url);
    const expected = z.record(z.string(), z.record(z.string(), z.number())).parse(JSON.parse(readFileSync(file, 'utf8')));
    for (const [row, features] of Object.entries(expected)) {
      const ours = lastRow(walk(Number(row) + 1));
      expect(Object.keys(features).sort()).toEqual([...ALL].sort());
      for (const name of ALL)
        expect(Math.abs((ours[name] as number) - (features[name] as number)), `${name} of row ${row}`).toBeLessThan(1e-8);
    }
  });

  it('are the same bit for bit wherever one began, incrementally and in batch', () => {
    const bars = walk(1_500);
    const whole = featureMatrix(bars, ALL).values;
    const names = fc.uniqueArray(fc.constantFrom(...ALL), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(names, fc.integer({ min: MOST_BARS, max: 1_500 }), fc.nat(60), fc.boolean(), (wanted, end, more, tight) => {
        const set = featureSet(wanted);
        const state = new FeatureState(tight ? set.needs : MOST_BARS);
        const start = Math.max(0, end - set.needs - more);
        feed(state, sliceBars(bars, start, end));
        const live = new Float64Array(wanted.length);
        expect(state.write(set, live)).toBe(true);
        const batch = featureMatrix(sliceBars(bars, start, end), wanted).values.subarray(-wanted.length);
        const fromFirst = Float64Array.from(wanted, (name) => whole[(end - 1) * ALL.length + ALL.indexOf(name)] as number);
        expect(live).toEqual(batch);
        expect(live).toEqual(fromFirst);
      }),
      { numRuns: 60 },
    );
  });

  it('are the same bit for bit at every bar, through every turn of the buffer', () => {
    const bars = walk(400);
    const set = featureSet(['logpark_8', 'logrv_8', 'slope_t_13', 'er_12', 'down_share_24', 'channel_24', 'gap_minutes']);
    const state = new FeatureState(set.needs);
    const { values } = featureMatrix(bars, set.names);
    const out = new Float64Array(7);
    bars.time.forEach((_, i) => {
      feed(state, sliceBars(bars, i, i + 1));
      if (state.write(set, out)) expect(out).toEqual(values.subarray(i * 7, i * 7 + 7));
      else expect(i).toBeLessThan(set.needs - 1);
    });
  });

  it('need the bars that they say, and no bar before them', () => {
    for (const name of ALL) {
      const set = featureSet([name]);
      const state = new FeatureState(set.needs);
      const out = Float64Array.of(123);
      feed(state, walk(set.needs - 1));
      expect(state.write(set, out), name).toBe(false);
      expect(out[0]).toBe(123);
      feed(state, sliceBars(walk(set.needs), set.needs - 1));
      expect(state.write(set, out), name).toBe(true);
      expect(out[0], name).toBeTypeOf('number');
      expect(Number.isFinite(out[0]), name).toBe(true);
    }
  });

  it('do not change with the price level where they say so', () => {
    const bars = walk(1_200);
    const scaled = (column: Float64Array): Float64Array => column.map((price) => price * 1_024);
    const dearer = { ...bars, open: scaled(bars.open), high: scaled(bars.high), low: scaled(bars.low), close: scaled(bars.close) };
    const [ours, theirs] = [lastRow(bars, SCALE_FREE), lastRow(dearer, SCALE_FREE)];
    for (const name of SCALE_FREE) expect(theirs[name], name).toBeCloseTo(ours[name] as number, 8);
  });

  it('are finite and neutral in a market that does not move', () => {
    const bars = walk(1_200);
    for (const name of ['open', 'high', 'low', 'close'] as const) bars[name].fill(1.1);
    bars.volume.fill(0);
    const flat = lastRow(bars);
    for (const [name, value] of Object.entries(flat)) expect(Number.isFinite(value), name).toBe(true);
    expect(flat).toMatchObject({
      rv_24: 0,
      park_480: 0,
      ewma_94: 0,
      mom_48: 0,
      slope_t_49: 0,
      er_24: 0,
      channel_120: 0,
      adx_14: 0,
      di_14: 0,
      macd_12_26: 0,
      range_atr_14: 1,
      span_24: 0,
      down_share_24: 0.5,
      volume_ratio_24: 0,
    });
  });

  it('are finite whatever the bars are', () => {
    const bar = fc.record({
      gap: fc.integer({ min: 1, max: 10_000_000_000 }),
      prices: fc.tuple(...Array.from({ length: 4 }, () => fc.double({ min: 1e-12, max: 1e12, noNaN: true }))),
      volume: fc.double({ min: 0, max: 1e15, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(bar, { minLength: 5, maxLength: 40 }), (some) => {
        const bars = emptyBars(1_050);
        let time = 0;
        for (let i = 0; i < 1_050; i++) {
          const { gap, prices, volume } = some[i % some.length] as (typeof some)[number];
          bars.time[i] = time += gap;
          const [low, open, close, high] = [...prices].sort((a, b) => a - b) as [number, number, number, number];
          Object.entries({ open, high, low, close, volume }).forEach(([name, value]) => (bars[name as 'open'][i] = value));
        }
        for (const [name, value] of Object.entries(lastRow(bars))) expect(Number.isFinite(value), `${name} is ${value}`).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('know a weekend by its gap, and count days and hours by UTC', () => {
    const bars = walk(121);
    expect(new Date(bars.time[120] as number).toISOString()).toBe('2020-01-13T00:00:00.000Z');
    expect(lastRow(bars, ['gap_minutes', 'weekday_1', 'weekday_0', 'hour_sin', 'hour_cos'])).toEqual({
      gap_minutes: 2_940,
      weekday_1: 1,
      weekday_0: 0,
      hour_sin: 0,
      hour_cos: 1,
    });
  });

  it('refuse a name that there is not, and say what there is', () => {
    expect(() => featureSet(['rv_25'])).toThrow(/no feature "rv_25"; there are rv_4, rv_8/);
    expect(() => featureSet(['volatility'])).toThrow(expect.objectContaining({ code: 'UNKNOWN_FEATURE' }));
  });

  it.each([
    ['a price of 0', [1, 1, 1, 0, 1, 1]],
    ['a price that is none', [1, 1, 1, NaN, 1, 1]],
    ['an infinite price', [1, 1, Infinity, 1, 1, 1]],
    ['a high under the close', [1, 1, 1, 1, 2, 1]],
    ['an open under the low', [1, 0.5, 1, 1, 1, 1]],
    ['a volume under 0', [1, 1, 1, 1, 1, -1]],
    ['a time that stands still', [0, 1, 1, 1, 1, 1]],
    ['a time that is none', [NaN, 1, 1, 1, 1, 1]],
  ])('refuse a bar with %s, and go on as if it had not come', (_, [time, ...bar]) => {
    const state = new FeatureState();
    state.push(0, 1, 1, 1, 1, 1);
    const push = (): void => state.push(time as number, ...(bar as [number, number, number, number, number]));
    expect(push).toThrow(FeatureError);
    expect(push).toThrow(/leave the bar out or mend it/);
    expect(state.count).toBe(1);
    state.push(3_600_000, 1, 1, 1, 1, 1);
    const out = new Float64Array(1);
    expect(state.write(featureSet(['gap_minutes']), out)).toBe(true);
    expect(out[0]).toBe(60);
  });
});
