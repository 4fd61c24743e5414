import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emptyBars, featureMatrix } from '../features/index.ts';
import type { Bars } from '../features/index.ts';
import type { RecordTask } from '../protocol/analysis.ts';
import { barsOf, barsTask, HOUR, running, seedTask, walk } from './own-model.fixture.ts';

const LAST_TWO = { horizon: 2, inputs: { window: { window: 4 } }, outputs: { mean: { kind: 'value', unit: '%', scale: 100 } } };
const STATES = ['down', 'range', 'up'];

/** What scikit-learn and PyTorch say (test/fixtures/own-models/make.py). */
const EXPECTED = JSON.parse(readFileSync(new URL('../../../test/fixtures/own-models/expected.json', import.meta.url), 'utf8')) as Record<
  string,
  { rows: (number[] | number[][])[]; outputs: Record<string, (number | number[])[]> }
>;

/** Bars whose closes are the numbers that a model is to see, or whose fields are, field by field. */
function barsShowing(row: number[] | number[][], from: number): Bars {
  const fields = (Array.isArray(row[0]) ? row : [row, row, row, row, row]) as number[][];
  const [close = []] = fields;
  const bars = emptyBars(close.length);
  for (let i = 0; i < close.length; i++) {
    bars.time[i] = (from + i) * HOUR;
    for (const [column, name] of (['open', 'high', 'low', 'close', 'volume'] as const).entries())
      bars[name][i] = fields[column]?.[i] ?? NaN;
  }
  return bars;
}

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
    expect(harness.status()).toMatchObject({ status: 'ok', counters: { answers: 2, abstentions: 0 } });
    await harness.stop();
  });

  it.each<[name: string, tensor: string, input: string, output: Record<string, unknown>]>([
    ['logistic', 'probabilities', 'X', { kind: 'probabilities', classes: ['down', 'up'] }],
    ['forest', 'probabilities', 'X', { kind: 'probabilities', classes: STATES }],
    ['boosting', 'variable', 'X', { kind: 'value' }],
    ['two-heads', 'quantiles', 'features', { kind: 'quantiles', levels: [0.1, 0.5, 0.9] }],
    ['two-heads', 'state', 'features', { kind: 'probabilities', classes: STATES, softmax: true }],
    ['window-cnn', 'log_volatility', 'bars', { kind: 'value' }],
  ])('%s gives the %s of the library that made it', async (name, tensor, input, output) => {
    const { rows = [], outputs = {} } = EXPECTED[name] ?? {};
    const fields = Array.isArray(rows[0]?.[0]) ? ['open', 'high', 'low', 'close', 'volume'] : ['close'];
    const bars = fields.length > 1 ? 32 : (rows[0]?.length ?? 0);
    const window = { window: bars, fields, scaling: 'raw', layout: 'fields-first' };
    const harness = await running(`good/${name}`, { inputs: { [input]: window }, outputs: { [tensor]: output } });
    expect(rows.length).toBeGreaterThan(2);
    for (const [i, row] of rows.entries()) {
      const [answer] = await harness.analyst.ask(barsTask(barsShowing(row, i * bars)));
      const said = answer?.probabilities
        ? Object.values(answer.probabilities)
        : (answer?.quantiles?.map(({ value }) => value) ?? [answer?.value]);
      const flat = [outputs[tensor]?.[i] ?? []].flat();
      const expected = output['softmax'] === true ? softmax(flat) : flat;
      expect(said).toHaveLength(expected.length);
      expected.forEach((number, at) => expect(said[at]).toBeCloseTo(number, 4));
    }
    await harness.stop();
  });

  it('reads whole numbers, as a classifier gives its class', async () => {
    const harness = await running('good/logistic', {
      inputs: { X: { window: 3, scaling: 'raw' } },
      outputs: { label: { kind: 'value', id: 'label' }, probabilities: { kind: 'probabilities', classes: ['down', 'up'], id: 'shares' } },
    });
    for (const [i, row] of (EXPECTED['logistic']?.rows ?? []).entries()) {
      const [label, shares] = await harness.analyst.ask(barsTask(barsShowing(row, i * 3)));
      expect(label?.value).toBe((shares?.probabilities?.['up'] ?? 0) > 0.5 ? 1 : 0);
    }
    await harness.stop();
  });

  it('takes features of the library, and is less sure outside of what was seen in training', async () => {
    const features = ['mom_24', 'mom_48', 'mom_120'];
    const input = { features, seen: { mom_24: [-100, 100], mom_48: [50, 100] } };
    const harness = await running('good/boosting', { inputs: { X: input }, outputs: { variable: { kind: 'value' } } });
    const [{ bars: { need } = { need: 0 } } = {}] = harness.analyst.models;
    const bars = barsOf(walk(need + 50));
    await harness.analyst.ask(seedTask(bars));
    const [answer] = await harness.analyst.ask(barsTask(barsOf([])));
    expect(answer).toMatchObject({ abstained: null, confidence: 0.5, details: { outside: 'mom_48' }, inputs: { count: need } });
    // The numbers themselves are what the batch computation gives: shown raw, they bring the same answer.
    const matrix = featureMatrix(bars, features);
    const row = Array.from(matrix.values.subarray(-features.length));
    const shown = await running('good/boosting', {
      inputs: { X: { window: 3, scaling: 'raw' } },
      outputs: { variable: { kind: 'value' } },
    });
    const [other] = await shown.analyst.ask(barsTask(barsShowing(row, 0)));
    expect(answer?.value).toBe(other?.value);
    await harness.stop();
    await shown.stop();
  });

  it('answers with the same bits wherever its bars began', async () => {
    const model = { inputs: { window: { window: 4, scaling: 'volatility' } }, outputs: { mean: { kind: 'value' } } };
    const bars = barsOf(walk(60));
    const values = [];
    for (const start of [0, 13, 55]) {
      const harness = await running('good/last-two', model);
      await harness.analyst.ask(seedTask(tail(bars, start, 59)));
      values.push((await harness.analyst.ask(barsTask(tail(bars, 59, 60))))[0]?.value);
      await harness.stop();
    }
    expect(new Set(values).size).toBe(1);
  });

  it('answers with each of its outputs that is asked for and allowed, out of one run', async () => {
    const outputs = {
      state: { kind: 'probabilities', classes: STATES, softmax: true, id: 'my_state' },
      quantiles: { kind: 'quantiles', levels: [0.1, 0.5, 0.9], id: 'my_range', unit: '%', scale: -1, horizon: 24 },
    };
    const model = { inputs: { features: { window: 4 } }, outputs };
    const harness = await running('good/two-heads', model, { tier: 'pro' });
    expect(harness.analyst.models.map(({ id, tier, horizonMs }) => [id, tier, horizonMs])).toEqual([
      ['my_state', 'pro', 0],
      ['my_range', 'pro', 24 * HOUR],
    ]);
    const [state, range] = await harness.analyst.ask(barsTask(barsOf(walk(9))));
    expect(Object.values(state?.probabilities ?? {}).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(state).toMatchObject({ model: 'my_state', unit: null, value: null });
    expect(state?.confidence).toBeGreaterThan(0);
    expect(state?.confidence).toBeLessThan(0.2);
    // Turned around by the scale, they are told by rising level all the same.
    const values = range?.quantiles?.map(({ value }) => value) ?? [];
    expect(range).toMatchObject({ model: 'my_range', unit: '%', quantiles: [{ level: 0.1 }, { level: 0.5 }, { level: 0.9 }] });
    expect(values).toEqual([...values].sort((a, b) => a - b));
    const ids = async (models: string[] | null) => (await harness.analyst.ask(barsTask(barsOf([]), { models }))).map(({ model: id }) => id);
    expect(await ids(['my_range'])).toEqual(['my_range']);
    harness.analyst.allow({
      models: [
        { id: 'my_state', allowed: true },
        { id: 'my_range', allowed: false, reason: 'it needs pro' },
      ],
      cacheBytes: 1e9,
    });
    expect(await ids(null)).toEqual(['my_state']);
    expect(await ids(['my_range'])).toEqual([]);
    harness.analyst.allow({ models: [{ id: 'my_state', allowed: true }], cacheBytes: 1_000 });
    expect(await harness.analyst.ask(barsTask(barsOf([])))).toMatchObject([
      { abstained: expect.stringMatching(/^it takes .* MiB, and its share of the tier's memory for models is 0\.0 MiB/) as string },
    ]);
    await harness.stop();
  });

  it('keeps symbols apart, and abstains until it has bars enough', async () => {
    const harness = await running('good/last-two', LAST_TWO);
    const closes = walk(10);
    expect(await harness.analyst.ask(barsTask(barsOf(closes.slice(0, 4))))).toMatchObject([
      { abstained: 'it needs 5 closed bars, and there are 4', value: null, confidence: 0, inputs: { count: 4 } },
    ]);
    const [gold] = await harness.analyst.ask(barsTask(barsOf(closes), { symbol: 'XAUUSD' }));
    expect(gold).toMatchObject({ symbol: 'XAUUSD', abstained: null });
    // A seed replaces what was known.
    await harness.analyst.ask(seedTask(barsOf(closes.slice(0, 2)), 'XAUUSD'));
    expect(await harness.analyst.ask(barsTask(barsOf([]), { symbol: 'XAUUSD' }))).toMatchObject([
      { abstained: 'it needs 5 closed bars, and there are 2' },
    ]);
    // Bars of another width are none of its affair.
    expect(await harness.analyst.ask({ ...barsTask(barsOf(closes)), widthMs: 60_000 })).toEqual([]);
    await harness.stop();
  });

  it('abstains where its input or its output is no number, and says which', async () => {
    const flat = await running('good/last-two', {
      inputs: { window: { window: 4, scaling: 'volatility' } },
      outputs: { mean: { kind: 'value' } },
    });
    expect(await flat.analyst.ask(barsTask(barsOf([1, 1, 1, 1, 1])))).toMatchObject([
      { abstained: expect.stringMatching(/did not move/) as string },
    ]);
    await flat.stop();
    const harness = await running('good/last-two', {
      inputs: { window: { window: 4, scaling: 'raw' } },
      outputs: { mean: { kind: 'value', exp: true } },
    });
    expect(await harness.analyst.ask(barsTask(barsOf([1, 1, 1000, 1000])))).toMatchObject([
      { abstained: expect.stringMatching(/^model\.onnx: the output "mean", made into its unit, is Infinity/) as string },
    ]);
    expect(await harness.analyst.ask(barsTask(barsOf([1, 1, 1e39, 1])))).toMatchObject([
      { abstained: 'the input "window" is Infinity at place 2' },
    ]);
    expect(harness.status().counters).toMatchObject({ answers: 2, abstentions: 2 });
    await harness.stop();
  });
});

describe('a model of records', () => {
  const record = (body: Record<string, unknown>, symbol?: string): RecordTask => ({
    type: 'record',
    stream: 'symbols' in body ? 'news' : 'calendar',
    source: 'test',
    models: null,
    record: { seq: 1, time: 1_000, body, ...(symbol === undefined ? {} : { symbol }) },
  });

  it('takes numbers of the body by JSON Pointer', async () => {
    const model = {
      stream: 'calendar',
      inputs: { numbers: { record: ['/actual/value', '/forecast/value'] } },
      outputs: { surprise: { kind: 'value', unit: '%' } },
    };
    const harness = await running('good/surprise', model);
    expect(harness.analyst.models).toMatchObject([
      { streams: ['calendar'], horizonMs: 0, question: 'value of mine in %, of each record of calendar' },
    ]);
    expect(harness.analyst.models[0]?.bars).toBeUndefined();
    const answers = (actual: unknown) => harness.analyst.ask(record({ actual: { value: actual }, forecast: { value: 0.2 } }, 'EURUSD'));
    expect(await answers(0.7)).toMatchObject([
      { symbol: 'EURUSD', at: 1_000, value: 0.7 - 0.2, inputs: { from: 1_000, to: 1_000, count: 1 } },
    ]);
    expect(await answers(null)).toMatchObject([{ abstained: 'the record has no number at "/actual/value"' }]);
    expect(await harness.analyst.ask({ ...record({ actual: 1 }, 'EURUSD'), stream: 'news' })).toEqual([]);
    // What is about no symbol is answered for none.
    expect(await harness.analyst.ask(record({ actual: { value: 1 }, forecast: { value: 1 } }))).toEqual([]);
    await harness.stop();
  });

  it('takes text, and answers for each symbol that is named', async () => {
    const model = {
      stream: 'news',
      inputs: { text: { text: '/title' } },
      outputs: { probabilities: { kind: 'probabilities', classes: ['negative', 'neutral', 'positive'] } },
    };
    const harness = await running('good/headline', model);
    const said = await harness.analyst.ask(record({ title: 'The euro rises and gains', symbols: ['EURUSD', 'EURJPY'] }));
    expect(said.map(({ symbol }) => symbol)).toEqual(['EURUSD', 'EURJPY']);
    const { negative, neutral, positive } = said[0]?.probabilities ?? {};
    const weights = softmax([-2, 0, 2]);
    [negative, neutral, positive].forEach((share, i) => expect(share).toBeCloseTo(weights[i] ?? 0, 5));
    const [bad] = await harness.analyst.ask(record({ title: 'The euro SLIPS', symbols: ['EURUSD'] }));
    expect(bad?.probabilities?.['negative']).toBeGreaterThan(0.6);
    await harness.stop();
  });
});

function softmax(logits: readonly number[]): number[] {
  const parts = logits.map(Math.exp);
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}

function tail(bars: Bars, from: number, to: number): Bars {
  return Object.fromEntries(
    Object.entries(bars).map(([name, column]) => [name, (column as Float64Array).slice(from, to)]),
  ) as unknown as Bars;
}
