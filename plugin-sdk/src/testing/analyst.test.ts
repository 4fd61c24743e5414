import { describe, expect, it } from 'vitest';
import { Analyst, definePlugin, NO_CONTEXT } from '../index.ts';
import type { AnalystTerms, ModelAnswer } from '../index.ts';
import { emptyBars } from '../features/index.ts';
import type { Bars } from '../features/index.ts';
import { createHarness } from './index.ts';

const HOUR = 3_600_000;

function bars(closes: readonly number[], from = 0): Bars {
  const columns = emptyBars(closes.length);
  closes.forEach((close, i) => {
    columns.time[i] = from + i * HOUR;
    for (const name of ['open', 'high', 'low', 'close'] as const) columns[name][i] = close;
  });
  return columns;
}

const DESCRIPTION = {
  id: 'sum',
  version: '1.0.0',
  sha256: '0'.repeat(64),
  tier: 'free',
  question: 'the sum of all closes',
  horizonMs: 0,
  output: { kind: 'value', unit: 'price' },
  bars: { widthMs: HOUR, need: 1, want: 100 },
  bytes: 0,
} as const;

/** Sums the closes of what it was given; `answer` may spoil what it says. */
function summing(answer: (correct: ModelAnswer) => ModelAnswer = (correct) => correct) {
  const terms: AnalystTerms[] = [];
  const plugin = definePlugin({
    kind: 'model',
    inject: { analyst: Analyst },
    start({ analyst }) {
      let sum = 0;
      analyst.serve([DESCRIPTION], {
        onTerms: (told) => void terms.push(told),
        onSeed({ bars: past }) {
          sum = past.close.reduce((total, close) => total + close, 0);
        },
        async onBars({ symbol, bars: closed }) {
          for (const close of closed.close) {
            const before = sum;
            // A turn of the loop: what comes meanwhile has to wait.
            await Promise.resolve();
            sum = before + close;
          }
          const at = closed.time.at(-1) ?? 0;
          return [
            answer({
              model: 'sum',
              version: '1.0.0',
              symbol,
              at,
              horizonMs: 0,
              value: sum,
              unit: 'price',
              probabilities: null,
              quantiles: null,
              confidence: 1,
              abstained: null,
              inputs: { from: 0, to: at, count: closed.time.length },
              details: {},
            }),
          ];
        },
      });
    },
  });
  return { plugin, terms };
}

const task = (closes: readonly number[]) =>
  ({ type: 'bars', symbol: 'EURUSD', digits: 5, widthMs: HOUR, bars: bars(closes), context: NO_CONTEXT, models: null }) as const;

describe('the analyst capability', () => {
  it('seeds, asks and answers in the order of the tasks', async () => {
    const { plugin, terms } = summing();
    const harness = createHarness(plugin);
    await harness.start();
    expect(harness.analyst.models).toMatchObject([{ id: 'sum', streams: [] }]);
    harness.analyst.allow();
    const [seeded, ...answers] = await Promise.all([
      harness.analyst.ask({ type: 'seed', symbol: 'EURUSD', digits: 5, widthMs: HOUR, bars: bars([1, 2, 3]) }),
      harness.analyst.ask(task([10, 20])),
      harness.analyst.ask(task([])),
      harness.analyst.ask(task([100])),
    ]);
    expect(seeded).toEqual([]);
    expect(answers.map(([one]) => one?.value)).toEqual([36, 36, 136]);
    expect(terms).toMatchObject([{ models: [{ id: 'sum', allowed: true }] }]);
    await harness.stop();
  });

  it('refuses an answer that is no number, and says which', async () => {
    const harness = createHarness(summing((correct) => ({ ...correct, value: Number.NaN })).plugin);
    await harness.start();
    await expect(harness.analyst.ask(task([1]))).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      message: expect.stringContaining('sum answered a bars task with value') as string,
    });
    await harness.stop();
  });

  it('goes on after a task that threw', async () => {
    let calls = 0;
    const harness = createHarness(
      summing((correct) => {
        if (++calls === 1) throw new Error('the first one fails');
        return correct;
      }).plugin,
    );
    await harness.start();
    await expect(harness.analyst.ask(task([1]))).rejects.toMatchObject({ code: 'ANALYSIS_THREW', message: 'the first one fails' });
    await expect(harness.analyst.ask(task([2]))).resolves.toMatchObject([{ value: 3 }]);
    await harness.stop();
  });

  it('refuses models that are served twice, or described wrongly', async () => {
    const serving = (models: unknown[], times: number) =>
      definePlugin({
        kind: 'model',
        inject: { analyst: Analyst },
        start({ analyst }) {
          const handler = { onTerms: () => undefined, onSeed: () => undefined, onBars: () => [] };
          for (let i = 0; i < times; i++) analyst.serve(models as (typeof DESCRIPTION)[], handler);
        },
      });
    await expect(createHarness(serving([DESCRIPTION], 2)).start()).rejects.toMatchObject({ code: 'ANALYST_TWICE' });
    await expect(createHarness(serving([{ ...DESCRIPTION, sha256: 'x' }], 1)).start()).rejects.toMatchObject({
      code: 'BAD_MODEL_DESCRIPTION',
      message: expect.stringContaining('sha256') as string,
    });
  });
});
