/** What the models say of a recorded day while it is played through a whole host, and what they say of the same bars offline: the same bits. */
import { rm, writeFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { BAR_COLUMNS, emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { ModelAnswer } from '@tickhub/plugin-sdk';
import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import models from '../../plugins/models/src/index.ts';
import { root } from '../../scripts/node-runtime.mjs';
import { readBars } from '../../tools/data/read-bars.ts';
import { tickhub } from '../system/cli.ts';
import { scratchDir } from '../system/market.ts';

const HOUR = 3_600_000;
const DAY = Date.UTC(2014, 4, 1);
/** More than any feature looks back, so that every model has what it needs. */
const PAST = 900;
const DEMO = path.join(root, 'plugins', 'mt5', 'demo', 'EURUSD.csv.zst');

let dir: string;
beforeAll(async () => {
  dir = await scratchDir('live-batch');
});
afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

/** Hourly bars of the bid, of the recorded ticks alone: rows of time, bid, ask. */
function hoursOf(rows: readonly string[]): Bars {
  const hours = new Map<number, { open: number; high: number; low: number; close: number; ticks: number }>();
  for (const row of rows) {
    const [time = NaN, bid = NaN] = row.split(',').map(Number);
    const hour = Math.floor(time / HOUR) * HOUR;
    const bar = hours.get(hour);
    if (bar === undefined) hours.set(hour, { open: bid, high: bid, low: bid, close: bid, ticks: 1 });
    else hours.set(hour, { open: bar.open, high: Math.max(bar.high, bid), low: Math.min(bar.low, bid), close: bid, ticks: bar.ticks + 1 });
  }
  const bars = emptyBars(hours.size);
  [...hours].forEach(([time, bar], i) => {
    bars.time[i] = time;
    bars.open[i] = bar.open;
    bars.high[i] = bar.high;
    bars.low[i] = bar.low;
    bars.close[i] = bar.close;
    bars.volume[i] = bar.ticks;
  });
  return bars;
}

/** As MetaTrader exports bars, by UTC. */
function exported(bars: Bars): string {
  const rows = Array.from(bars.time, (time, i) => {
    const text = new Date(time).toISOString();
    const prices = ([bars.open, bars.high, bars.low, bars.close] as const).map((column) => (column[i] as number).toFixed(5));
    return [text.slice(0, 10).replaceAll('-', '.'), text.slice(11, 19), ...prices, bars.volume[i], 0, 0].join('\t');
  });
  return `<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n${rows.join('\n')}\n`;
}

/** What the plugin says of each bar after the first `past`, in this process. */
async function offline(bars: Bars, past: number): Promise<ModelAnswer[]> {
  const harness = createHarness(models, { plugin: { id: 'models' } });
  await harness.start();
  harness.analyst.allow();
  const about = { symbol: 'EURUSD', digits: 5, widthMs: HOUR };
  await harness.analyst.ask({ type: 'seed', ...about, bars: sliceBars(bars, 0, past) });
  const answers: ModelAnswer[] = [];
  for (let i = past; i < bars.time.length; i++) {
    answers.push(
      ...(await harness.analyst.ask({ type: 'bars', ...about, bars: sliceBars(bars, i, i + 1), context: NO_CONTEXT, models: null })),
    );
  }
  await harness.stop();
  return answers;
}

function joined(first: Bars, second: Bars): Bars {
  const bars = emptyBars(first.time.length + second.time.length);
  for (const name of BAR_COLUMNS) {
    bars[name].set(first[name]);
    bars[name].set(second[name], first.time.length);
  }
  return bars;
}

it('a replayed day and the offline evaluation give the same analyses, bit for bit', { timeout: 120_000 }, async () => {
  const data = path.join(dir, 'data');
  const { bars } = readBars('EURUSD');
  const end = bars.time.findIndex((time) => time >= DAY);
  const past = sliceBars(bars, end - PAST, end);
  const file = path.join(dir, 'EURUSD_H1_201401010000_201404302300.csv');
  await writeFile(file, exported(past));
  for (const args of [[file, '--offset', '+00:00'], [DEMO]]) {
    const { code, out, err } = await tickhub(['history', 'import', ...args, '--source', 'demo', '--data', data]);
    expect(code, out + err).toBe(0);
  }
  const lines = path.join(dir, 'replay.jsonl');
  const { code, err } = await tickhub([
    'replay',
    '--history',
    'EURUSD',
    '--data',
    data,
    '--out',
    lines,
    '--json',
    '--set',
    'embeddedBackend.tier=enterprise',
  ]);
  expect(code, err).toBe(0);
  const said = (await readFile(lines, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { stream: string; body: { kind: string } & ModelAnswer })
    .flatMap(({ stream, body }) => (stream === 'analysis' && body.kind === 'model' && body.at > DAY ? [body] : []));

  const day = hoursOf(
    zstdDecompressSync(await readFile(DEMO))
      .toString()
      .trim()
      .split('\n')
      .slice(1),
  );
  const expected = await offline(joined(past, day), PAST);
  const byModel = (answers: readonly ModelAnswer[]): Map<string, ModelAnswer[]> => Map.groupBy(answers, ({ model }) => model);
  const [live, batch] = [byModel(said), byModel(expected)];
  expect([...live.keys()].sort()).toEqual([...batch.keys()].sort());
  expect(live.size).toBeGreaterThan(0);
  for (const [model, answers] of live) {
    expect(answers.length, model).toBeGreaterThan(20);
    const offlineAnswers = new Map((batch.get(model) ?? []).map((answer) => [answer.at, answer]));
    for (const { kind: _kind, ...answer } of answers as (ModelAnswer & { kind?: string })[]) {
      expect(answer).toEqual(offlineAnswers.get(answer.at));
    }
  }
});
