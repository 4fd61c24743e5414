import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import type { ModelAnswer } from '@tickhub/plugin-sdk';
import { emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import { describe, expect, it } from 'vitest';
import plugin from '../index.ts';

const HOUR = 3_600_000;
const ABOUT = { symbol: 'EURUSD', digits: 5, widthMs: HOUR };
const MEMBERS = ['volatility_v1', 'trend_v1'];

function walk(count: number): Bars {
  const bars = emptyBars(count);
  let log = 0;
  let state = 7;
  for (let i = 0; i < count; i++) {
    const open = log;
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    log += 0.002 * (state / 2 ** 32 - 0.5) * (1 + Math.sin(i / 100) / 2);
    bars.time[i] = Date.UTC(2020, 0, 6) + i * HOUR;
    bars.open[i] = Math.exp(open);
    bars.close[i] = Math.exp(log);
    bars.high[i] = Math.exp(Math.max(open, log) + 0.0001);
    bars.low[i] = Math.exp(Math.min(open, log) - 0.0001);
  }
  return bars;
}

/** What all that may answer say as of the last bar, by model. */
async function asked(models: readonly string[], seed: Bars, ...closed: readonly Bars[]): Promise<Map<string, ModelAnswer>> {
  const harness = createHarness(plugin);
  await harness.start();
  const { analyst } = harness;
  analyst.allow({ models: analyst.models.map(({ id }) => ({ id, allowed: models.includes(id) })), cacheBytes: 64 * 1_048_576 });
  await analyst.ask({ type: 'seed', ...ABOUT, bars: seed });
  let answers: readonly ModelAnswer[] = [];
  for (const bars of closed) answers = await analyst.ask({ type: 'bars', ...ABOUT, bars, context: NO_CONTEXT, models: null });
  await harness.stop();
  return new Map(answers.map((answer) => [answer.model, answer]));
}

describe('ensemble_v1', () => {
  it('is in its volatility the mean of what volatility_v1 is made of, and says what is left out', async () => {
    const answers = await asked([...MEMBERS, 'ensemble_v1'], walk(900), emptyBars(0));
    const [volatility, stack] = [answers.get('volatility_v1'), answers.get('ensemble_v1')];
    // The network takes float32.
    expect(stack?.value).toBeCloseTo(volatility?.value ?? NaN, 6);
    expect(stack?.value).toBeGreaterThan(0);
    const { pDown, pRange, pUp, pBeyondSigma } = stack?.details ?? {};
    expect(Number(pDown) + Number(pRange) + Number(pUp)).toBeCloseTo(1, 12);
    expect(pBeyondSigma).toBeGreaterThan(0.05);
    expect(pBeyondSigma).toBeLessThan(0.95);
    expect(stack?.details['notUsed']).toContain('sentiment and calendar');
  });

  it('says the same bit for bit bar by bar and at once', async () => {
    const bars = walk(1_000);
    const one = await asked(
      [...MEMBERS, 'ensemble_v1'],
      sliceBars(bars, 0, 940),
      ...Array.from({ length: 60 }, (_, i) => sliceBars(bars, 940 + i, 941 + i)),
    );
    const other = await asked([...MEMBERS, 'ensemble_v1'], bars, emptyBars(0));
    expect(other.get('ensemble_v1')).toEqual(one.get('ensemble_v1'));
  });

  it('abstains without its members, and when one of them does', async () => {
    const alone = await asked(['ensemble_v1', 'trend_v1'], walk(600), emptyBars(0));
    expect(alone.get('ensemble_v1')).toMatchObject({
      confidence: 0,
      value: null,
      abstained: expect.stringContaining('volatility_v1') as string,
    });
    const early = await asked([...MEMBERS, 'ensemble_v1'], walk(300), emptyBars(0));
    expect(early.get('ensemble_v1')?.abstained).toContain('a member abstained');
  });
});
