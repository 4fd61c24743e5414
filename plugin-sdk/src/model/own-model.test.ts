import { describe, expect, it } from 'vitest';
import { barsOf, barsTask, HOUR, running, seedTask, walk } from './own-model.fixture.ts';

const LAST_TWO = { horizon: 2, inputs: { window: { window: 4 } }, outputs: { mean: { kind: 'value', unit: '%', scale: 100 } } };

describe('a model without code', () => {
  it('says what it is, out of a short manifest', async () => {
    const harness = await running('good/last-two', LAST_TWO);
    expect(harness.analyst.models).toEqual([
      {
        id: 'mine',
        version: '1.2.0',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        tier: 'free',
        question: 'value of mine in %, 2 H1 bars ahead',
        horizonMs: 2 * HOUR,
        output: { kind: 'value', unit: '%' },
        bars: { widthMs: HOUR, need: 5, want: 5 },
        streams: [],
        bytes: expect.any(Number) as number,
      },
    ]);
    await harness.stop();
  });

  it('answers as of the last closed bar: the mean of the last two log returns, in percent', async () => {
    const harness = await running('good/last-two', LAST_TWO);
    const closes = walk(12);
    const bars = barsOf(closes);
    await harness.analyst.ask(seedTask(barsOf(closes.slice(0, 10))));
    const [answer] = await harness.analyst.ask(barsTask(barsOf(closes.slice(10), bars.time[10])));
    const expected = (100 * Math.log((closes[11] ?? 0) / (closes[9] ?? 1))) / 2;
    expect(answer).toMatchObject({
      model: 'mine',
      version: '1.2.0',
      symbol: 'EURUSD',
      at: (bars.time[11] ?? 0) + HOUR,
      horizonMs: 2 * HOUR,
      unit: '%',
      probabilities: null,
      quantiles: null,
      confidence: 1,
      abstained: null,
      inputs: { from: bars.time[7], to: bars.time[11], count: 5 },
      details: {},
    });
    expect(answer?.value).toBeCloseTo(expected, 6);
    // Asked again without a new bar, it says the same.
    expect(await harness.analyst.ask(barsTask(barsOf([])))).toEqual([answer]);
    await harness.stop();
  });
});
