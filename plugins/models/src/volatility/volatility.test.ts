import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import { emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { afterAll, describe, expect, it } from 'vitest';
import { BarSeries } from '../bar-series.ts';
import { readModel } from '../model-file.ts';
import type { SymbolModel } from '../model.ts';
import { makeRisk } from '../risk/risk.ts';
import { Network } from '../sessions/network.ts';
import { loadRuntime } from '../sessions/runtime.ts';
import { makeVolatility } from './volatility.ts';
import type { SymbolVolatility } from './volatility.ts';

const HOUR = 3_600_000;
const stored = await readModel('volatility_v1');
const risk = makeRisk((await readModel('risk_v2')).file);
const network = await Network.open(stored, await loadRuntime('native', () => undefined));
const model = makeVolatility(stored.file, network);
afterAll(() => network.release());

function walk(count: number): Bars {
  const bars = emptyBars(count);
  let state = 7;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  let close = 1.1;
  for (let i = 0; i < count; i++) {
    bars.time[i] = Date.UTC(2019, 0, 1) + i * HOUR;
    bars.open[i] = close;
    close *= Math.exp(0.002 * (uniform() + uniform() + uniform() - 1.5));
    bars.close[i] = close;
    bars.high[i] = Math.max(close, bars.open[i] as number) * (1 + 0.0004 * uniform());
    bars.low[i] = Math.min(close, bars.open[i] as number) * (1 - 0.0004 * uniform());
    bars.volume[i] = 100;
  }
  return bars;
}

async function seeded(bars: Bars): Promise<{ series: BarSeries; volatility: SymbolVolatility; risk: SymbolModel }> {
  const series = new BarSeries('EURUSD', 5, HOUR);
  const volatility = model.symbol(series, new Map()) as SymbolVolatility;
  const models = new Map<string, SymbolModel>([['volatility_v1', volatility]]);
  const beside = risk.symbol(series, models);
  series.append(bars);
  await volatility.seed(bars);
  await beside.seed?.(bars);
  return { series, volatility, risk: beside };
}

describe('volatility_v1', () => {
  const bars = walk(7_000);

  it('says of the past what it said then, bit for bit', async () => {
    const live = await seeded(sliceBars(bars, 0, 6_950));
    const said = [live.volatility.latest];
    for (let i = 6_950; i < 6_999; i++) {
      live.series.push(bars, i);
      await live.volatility.push();
      said.push(live.volatility.latest);
    }
    const past = await live.volatility.past(sliceBars(bars, 0, 6_999), 50);
    expect(past).toEqual(said);
    expect(past.every((one) => one !== null && one.har !== null)).toBe(true);
  });

  it('answers a sigma in percent and pips, with its parts and what it claims', async () => {
    const { volatility } = await seeded(bars);
    const { value, details, confidence, abstained } = volatility.answer(NO_CONTEXT);
    const close = bars.close.at(-1) as number;
    // Uniform sums have a standard deviation of a half: 0.1 % a bar.
    expect(value).toBeGreaterThan(0.3);
    expect(value).toBeLessThan(0.8);
    expect(details['sigmaPips']).toBeCloseTo(((value as number) / 100) * close * 10_000, 6);
    expect(value).toBeCloseTo(Math.sqrt((details['network'] as number) * (details['har'] as number)), 10);
    expect({ abstained, confidence: confidence > 0.7 }).toEqual({ abstained: null, confidence: true });
  });

  it('answers by the network alone where history is short, and abstains where it is shorter', async () => {
    const short = (await seeded(sliceBars(bars, 0, 481))).volatility.answer(NO_CONTEXT);
    expect(short.details).toMatchObject({ har: null, parts: expect.stringContaining('network alone') as string });
    expect(short.value).toBeGreaterThan(0);
    expect((await seeded(sliceBars(bars, 0, 470))).volatility.answer(NO_CONTEXT)).toMatchObject({
      value: null,
      abstained: '11 more closed bars are needed of 481',
    });
  });
});

describe('risk_v2', () => {
  const bars = walk(7_000);
  const context = {
    ...NO_CONTEXT,
    spread: 0.0001,
    positions: [{ side: 'long' as const, volume: 1, openPrice: 1, stop: (bars.close.at(-1) as number) * 0.99 }],
    account: { equity: 5_000, margin: 2_000, level: 250, callLevel: 100 },
  };

  it('gives the tails, the stop and the way to the margin call, from the residuals of its own symbol', async () => {
    const desk = await seeded(bars);
    const found = await desk.risk.answer(context, new Map([['volatility_v1', desk.volatility.answer(context)]]));
    const values = found.quantiles?.map(({ value }) => value) ?? [];
    expect(found.quantiles?.map(({ level }) => level)).toEqual([0.01, 0.025, 0.05, 0.95, 0.975, 0.99]);
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    expect(found.details).toMatchObject({ residuals: "the symbol's own", marginCallDistance: 3_000, marginCallShare: 0.6 });
    expect(found.details['shortfall_long_1']).toBeLessThanOrEqual(values[0] as number);
    expect(found.details['stop_1_hit']).toBeGreaterThan(0);
    expect(found.details['stop_1_hit']).toBeLessThan(0.3);
  });

  it('says so where it has to borrow the residuals of others, and abstains with the forecast', async () => {
    const few = await seeded(sliceBars(bars, 0, 3_000));
    const found = await few.risk.answer(context, new Map([['volatility_v1', few.volatility.answer(context)]]));
    expect(found.details['residuals']).toContain('pooled');
    expect(await few.risk.answer(context, new Map())).toMatchObject({ abstained: expect.stringContaining('volatility_v1') as string });
  });
});
