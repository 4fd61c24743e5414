import { describe, expect, it } from 'vitest';
import { describeModel, HOUR, hours, testMonitor, WEDNESDAY, withPlugin } from './analysis.fixture.ts';
import type { TestMonitor } from './analysis.fixture.ts';
import { analyse } from './on-request.ts';

const MINUTE = 60_000;

describe('an analysis on request', () => {
  const deps = (t: TestMonitor) => ({
    monitor: t.monitor,
    tier: () => t.allowance.tier,
    symbols: () => [
      { symbol: 'EURUSD', allowed: true },
      { symbol: 'GBPUSD', allowed: false, reason: 'the free tier passes 1' },
    ],
    now: () => t.clock.now,
  });

  it('is as of the last closed bar, whatever the letters of the name', async () => {
    const t = testMonitor();
    withPlugin(t, [describeModel(), describeModel({ id: 'risk_v2', tier: 'enterprise' })]);
    hours(t, 3);
    t.tick({ symbol: 0, at: WEDNESDAY + 3 * HOUR + MINUTE, bid: 1.5 });
    const report = await analyse(deps(t), 'eurusd');
    expect(report).toMatchObject({
      symbol: 'EURUSD',
      source: 'feed',
      market: { state: 'open', bid: 1.5 },
      series: [{ widthMs: HOUR, at: WEDNESDAY + 3 * HOUR }],
      answers: [{ plugin: 'models', answer: { model: 'last_close', at: WEDNESDAY + 3 * HOUR } }],
      heldBack: [{ model: 'risk_v2', reason: 'risk_v2 needs enterprise; your tier is free' }],
      withheld: [],
      failures: [],
    });
  });

  it('abstains where the market is closed, and says since when', async () => {
    const t = testMonitor();
    withPlugin(t);
    hours(t, 1);
    t.clock.now = WEDNESDAY + 5 * HOUR;
    const report = await analyse(deps(t), 'EURUSD');
    expect(report.answers).toEqual([]);
    expect(report.withheld).toEqual([{ model: 'last_close', reason: 'market closed since 2026-11-25 11:00 UTC (no ticks for 4 h 0 min)' }]);
  });

  it('does not analyse bars with a hole within those that are needed, nor bars that cover little', async () => {
    const t = testMonitor();
    withPlugin(t, [
      describeModel({ bars: { widthMs: HOUR, need: 4, want: 100 } }),
      describeModel({ id: 'short', bars: { widthMs: HOUR, need: 2, want: 100 } }),
    ]);
    hours(t, 2);
    hours(t, 2, WEDNESDAY + 48 * HOUR);
    const report = await analyse(deps(t), 'EURUSD');
    expect(report.answers.map(({ answer }) => answer.model)).toEqual(['short']);
    expect(report.withheld).toMatchObject([{ model: 'last_close', reason: expect.stringContaining('a hole of') as string }]);
  });

  it('says what there is where the name is none, or held back, or nobody answers', async () => {
    const t = testMonitor();
    await expect(analyse(deps(t), 'EURUSD')).rejects.toMatchObject({ code: 'NO_MODELS' });
    withPlugin(t);
    await expect(analyse(deps(t), 'EURSUD')).rejects.toMatchObject({
      code: 'NO_SYMBOL',
      message: expect.stringContaining('Did you mean EURUSD?') as string,
    });
    await expect(analyse(deps(t), 'GBPUSD')).rejects.toMatchObject({
      code: 'SYMBOL_HELD_BACK',
      message: expect.stringContaining('passes 1') as string,
    });
  });
});
