import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import type { BarsTask, RecordTask } from '@tickhub/plugin-sdk';
import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { describe, expect, it } from 'vitest';
import { Desk } from './desk.ts';
import type { BarModel, Finding, RecordModel } from './model.ts';
import { readModel } from './model-file.ts';
import { AFFINE, folderWith, modelJson, named } from './sessions/stored-model.fixture.ts';
import { loadRuntime } from './sessions/runtime.ts';
import { Shelf } from './shelf.ts';

const HOUR = 3_600_000;
const stored = await readModel('affine', folderWith(modelJson({ streams: ['news'] })));
const runtime = loadRuntime('native', () => undefined);

function bars(from: number, closes: readonly number[]): Bars {
  const columns = emptyBars(closes.length);
  closes.forEach((close, i) => {
    columns.time[i] = (from + i) * HOUR;
    for (const name of ['open', 'high', 'low', 'close'] as const) columns[name][i] = close;
  });
  return columns;
}

const found = (value: number): Finding => ({
  value,
  unit: 'price',
  probabilities: null,
  quantiles: null,
  confidence: 1,
  abstained: null,
  inputs: { from: 0, to: 0, count: 1 },
  details: {},
});

/** Answers with how many bars it was seeded with, how many closed since, and the sum of what models before it found. */
function counting(id: string): BarModel {
  return {
    id,
    symbol(series) {
      let seeded = 0;
      let pushed = 0;
      return {
        seed(past) {
          seeded = past.time.length;
          pushed = 0;
        },
        push() {
          pushed++;
        },
        answer: (_, findings) => {
          const before = [...findings.values()].reduce((sum, { value }) => sum + (value ?? 0), 0);
          return { ...found(seeded * 1_000 + pushed + before * 1_000_000), details: { close: series.last(1).close[0] ?? null } };
        },
      };
    },
  };
}

const headlines: RecordModel = {
  id: 'reader',
  answer: ({ record }) => Promise.resolve([{ symbol: record.symbol ?? 'EURUSD', at: record.time, finding: found(7) }]),
};

function deskOf(...ids: string[]) {
  const logged: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (message: string) => void logged.push(message),
  };
  const models = ids.map((id) => named(id === 'broken' ? { ...stored, onnx: AFFINE.subarray(9) } : stored, id));
  const shelf = new Shelf(models, runtime, log);
  const desk = new Desk({
    shelf,
    files: new Map(models.map(({ file }) => [file.id, file])),
    barModels: ids.filter((id) => id !== 'reader').map(counting),
    recordModels: ids.includes('reader') ? [headlines] : [],
  });
  const allow = (...allowed: string[]): Promise<void> =>
    desk.onTerms({ models: ids.map((id) => ({ id, allowed: allowed.includes(id) })), cacheBytes: 100_000_000 });
  return { desk, allow, shelf, logged };
}

const about = { symbol: 'EURUSD', digits: 5, widthMs: HOUR };
const closed = (columns: Bars, models: string[] | null = null): BarsTask => ({
  type: 'bars',
  ...about,
  bars: columns,
  context: NO_CONTEXT,
  models,
});
const seed = (columns: Bars) => ({ type: 'seed', ...about, bars: columns }) as const;

describe('Desk', () => {
  it('seeds, counts each bar once, and answers as of the close of the last one', async () => {
    const { desk, allow } = deskOf('a');
    await allow('a');
    await desk.onSeed(seed(bars(0, [1, 1, 1])));
    // The first of these two is known.
    const [answer] = await desk.onBars(closed(bars(2, [9, 2])));
    expect(answer).toMatchObject({ model: 'a', version: '1.0.0', symbol: 'EURUSD', at: 4 * HOUR, value: 3_001, details: { close: 2 } });
    const [again] = await desk.onBars(closed(bars(0, [])));
    expect(again).toEqual(answer);
  });

  it('forgets what it knew of a symbol when it is seeded again', async () => {
    const { desk, allow } = deskOf('a');
    await allow('a');
    await desk.onBars(closed(bars(0, [1, 2, 3])));
    await desk.onSeed(seed(bars(1, [5])));
    await expect(desk.onBars(closed(bars(0, [])))).resolves.toMatchObject([{ value: 1_000, details: { close: 5 } }]);
  });

  it('knows nothing of a symbol it was never told of, and says nothing', async () => {
    const { desk, allow } = deskOf('a');
    await allow('a');
    await expect(desk.onBars(closed(bars(0, [])))).resolves.toEqual([]);
  });

  it('asks the models in order, each with what those before it found, and gives the answers that were wanted', async () => {
    const { desk, allow } = deskOf('a', 'b');
    await allow('a', 'b');
    await expect(desk.onBars(closed(bars(0, [1, 1])))).resolves.toMatchObject([
      { model: 'a', value: 2 },
      { model: 'b', value: 2_000_002 },
    ]);
    await expect(desk.onBars(closed(bars(2, [1]), ['b']))).resolves.toMatchObject([{ model: 'b', value: 3_000_003 }]);
  });

  it('lets only those answer that may, and makes sessions for no others', async () => {
    const { desk, allow, shelf } = deskOf('a', 'b', 'reader');
    await allow('b');
    await expect(desk.onBars(closed(bars(0, [1])))).resolves.toMatchObject([{ model: 'b' }]);
    expect(shelf.sessions.sessions).toBe(1);
    await allow('a', 'reader');
    expect(shelf.sessions).toMatchObject({ sessions: 2, made: 3 });
    await expect(desk.onBars(closed(bars(1, [1])))).resolves.toMatchObject([{ model: 'a' }]);
  });

  it('abstains for a model that cannot be run, and says why; the others answer', async () => {
    const { desk, allow, logged } = deskOf('broken', 'b');
    await allow('broken', 'b');
    await allow('broken', 'b');
    const [broken, other] = await desk.onBars(closed(bars(0, [1])));
    expect(broken).toMatchObject({
      model: 'broken',
      value: null,
      confidence: 0,
      abstained: expect.stringContaining('ONNX Runtime refuses') as string,
    });
    expect(other).toMatchObject({ model: 'b', abstained: null });
    expect(logged).toHaveLength(1);
    expect(desk.counters).toMatchObject({ answers: 1, abstentions: 1 });
  });

  it('gives a record to the models that want its stream', async () => {
    const { desk, allow } = deskOf('reader');
    await allow('reader');
    const record = { time: 5, seq: 1, symbol: 'XAUUSD', body: {} };
    const task = (stream: RecordTask['stream']): RecordTask => ({ type: 'record', stream, source: 'wire', record, models: null });
    await expect(desk.onRecord(task('news'))).resolves.toMatchObject([{ model: 'reader', symbol: 'XAUUSD', at: 5, value: 7 }]);
    await expect(desk.onRecord(task('social'))).resolves.toEqual([]);
  });

  it('refuses a bar that is none, and keeps what it had', async () => {
    const { desk, allow } = deskOf('a');
    await allow('a');
    await desk.onBars(closed(bars(0, [1])));
    await expect(desk.onBars(closed(bars(1, [-1])))).rejects.toMatchObject({ code: 'BAD_BAR' });
    await expect(desk.onBars(closed(bars(1, [2])))).resolves.toMatchObject([{ value: 2 }]);
  });
});
