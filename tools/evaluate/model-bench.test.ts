import { expect, it } from 'vitest';
import { Analyst, definePlugin } from '@tickhub/plugin-sdk';
import type { ModelAnswer, PluginDefinition } from '@tickhub/plugin-sdk';
import { emptyBars } from '@tickhub/plugin-sdk/features';
import { ModelBench } from './model-bench.ts';

const HOUR = 3_600_000;

/** A model that answers with the number of bars that it has been shown, and says when the last one opened. */
function counting(want: number): PluginDefinition {
  const definition = definePlugin({
    kind: 'model',
    inject: { analyst: Analyst },
    start({ analyst }) {
      let times: number[] = [];
      const description = {
        id: 'count_v1',
        version: '1.0.0',
        sha256: '0'.repeat(64),
        tier: 'free',
        question: 'how many bars were there',
        horizonMs: 0,
        output: { kind: 'value', unit: 'bars' },
        bars: { widthMs: HOUR, need: 1, want },
        bytes: 0,
      } as const;
      analyst.serve([description], {
        onTerms: () => undefined,
        onSeed: ({ bars }) => void (times = [...bars.time]),
        onBars({ symbol, bars, models }) {
          times.push(...bars.time);
          const rising = times.every((time, i) => i === 0 || time === (times[i - 1] as number) + HOUR);
          const last = times.at(-1) ?? 0;
          const answer: ModelAnswer = {
            model: 'count_v1',
            version: '1.0.0',
            symbol,
            at: last + HOUR,
            horizonMs: 0,
            value: times.length,
            unit: 'bars',
            probabilities: null,
            quantiles: null,
            confidence: 1,
            abstained: null,
            inputs: { from: times[0] ?? 0, to: last, count: times.length },
            details: { rising, asked: models?.join() ?? '' },
          };
          return [answer];
        },
      });
    },
  });
  return definition as unknown as PluginDefinition;
}

it('a replay shows a model every bar up to the one that it is asked about, and none after it', async () => {
  const bars = emptyBars(100);
  bars.time.forEach((_, i) => (bars.time[i] = i * HOUR));
  const bench = await ModelBench.open(counting(30));
  const steps: [number, number | null | undefined, number | undefined][] = [];
  const replay = bench.replay(
    { symbol: 'EURUSD', digits: 5, bars },
    { models: ['count_v1'], from: 50, to: 80, asked: (place) => place % 10 === 3 },
  );
  for await (const { place, answers } of replay) {
    const [answer] = answers;
    expect(answer?.details).toEqual({ rising: true, asked: 'count_v1' });
    steps.push([place, answer?.value, answer?.inputs.to]);
  }
  // 30 bars of the past, as many as the model wants, then those from 50 on.
  expect(steps).toEqual([53, 63, 73].map((place) => [place, 30 + place - 49, place * HOUR]));
  await bench.close();
});
