import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NO_CONTEXT } from '@tickhub/plugin-sdk/host';
import type { BarsTask, ModelAnswer } from '@tickhub/plugin-sdk/host';
import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { Analyst } from '../host/src/analysis/analyst.ts';
import type { IsolateLink } from '../host/src/plugins/attachment.ts';
import { PluginHost } from '../host/src/plugins/plugin-host.ts';
import type { Log } from '../host/src/telemetry/log.ts';
import { root } from '../scripts/node-runtime.mjs';
import { readBars } from '../tools/data/read-bars.ts';
import { SYMBOLS } from '../tools/data/symbols.ts';

const HOUR_MS = 3_600_000;
const SEED_BARS = 1_200;
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: (message) => console.error(message), with: () => log };

export interface ModelFigures {
  readonly models: number;
  /** Milliseconds from the task's sending to all answers, one symbol at a time: all that the tier allows. */
  readonly barMs: { readonly p50: number; readonly p99: number };
  /** The same for a task that asks no model: the channel, and the bar's features. */
  readonly emptyMs: { readonly p50: number; readonly p99: number };
  /** Milliseconds until the last of `symbols` that closed a bar at once is answered, several times. */
  readonly symbols: number;
  readonly togetherMs: readonly number[];
  /** Milliseconds that seeding one symbol takes, with as many bars as the models want: `wanted`. */
  readonly seedMs: number;
  readonly wanted: number;
  /** Resident memory of the isolate with all symbols seeded, MiB. */
  readonly rssMb: number;
}

/** The real plugin in its real process, asked as the monitor asks it. */
export async function modelFigures(bars: number, symbols = 51): Promise<ModelFigures> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-bench-models-'));
  const { host, analyst } = await startModels(dir);
  try {
    const ids = analyst.models.map(({ id }) => id);
    analyst.setTerms({ models: ids.map((id) => ({ id, allowed: true })), cacheBytes: 1_000 * 1_048_576 });
    const names = Array.from({ length: symbols }, (_, i) => `SYM${i}`);
    const recorded = SYMBOLS.map(({ symbol }) => readBars(symbol).bars);
    // Other stretches of the same recordings stand for more symbols.
    const walks = new Map(
      names.map((symbol, i) => {
        const from = 10_000 + i * 100;
        return [symbol, sliceBars(recorded[i % recorded.length] as Bars, from, from + SEED_BARS + bars + 100)];
      }),
    );
    const seed = (symbol: string, bars: Bars): Promise<unknown> => analyst.ask({ type: 'seed', symbol, digits: 5, widthMs: HOUR_MS, bars });
    const wanted = Math.max(...analyst.models.map((model) => model.bars?.want ?? 0));
    const whole = sliceBars(recorded[0] as Bars, 0, wanted);
    await seed('WHOLE', whole);
    const started = performance.now();
    await seed('WHOLE', whole);
    const seedMs = performance.now() - started;
    for (const [symbol, walk] of walks) await seed(symbol, sliceBars(walk, 0, SEED_BARS));

    const [first = ''] = names;
    const walk = walks.get(first) as Bars;
    let at = SEED_BARS;
    const next = async (models: string[] | null, into: number[]): Promise<readonly ModelAnswer[]> => {
      const asked = performance.now();
      const answers = await analyst.ask(taskOf(first, sliceBars(walk, at, ++at), models));
      into.push(performance.now() - asked);
      return answers;
    };
    for (let i = 0; i < 50; i++) await next(null, []);
    const all: number[] = [];
    const empty: number[] = [];
    let abstained = 0;
    for (let i = 0; i < (bars - 50) / 2; i++) {
      const answers = await next(null, all);
      if (answers.some(({ abstained }) => abstained !== null)) abstained++;
      await next([], empty);
    }

    // An abstention costs nothing; a figure made of many would say nothing.
    if (abstained > all.length / 20)
      throw new Error(`${abstained} of ${all.length} bars had an abstention; the recording is not fit for a bench`);
    const togetherMs: number[] = [];
    for (let round = 0; round < 20; round++) {
      const asked = performance.now();
      await Promise.all(
        names.slice(1).map((symbol) => {
          const from = SEED_BARS + round;
          return analyst.ask(taskOf(symbol, sliceBars(walks.get(symbol) as Bars, from, from + 1), null));
        }),
      );
      togetherMs.push(performance.now() - asked);
    }
    const rssMb = (host.list().find(({ id }) => id === 'models')?.rssBytes ?? NaN) / 1_048_576;
    return {
      models: ids.length,
      barMs: centiles(all),
      emptyMs: centiles(empty),
      symbols,
      togetherMs: togetherMs.sort((a, b) => a - b),
      seedMs,
      wanted,
      rssMb,
    };
  } finally {
    await host.stop({ deadlineMs: 3_000 });
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startModels(dataDir: string): Promise<{ host: PluginHost; analyst: Analyst }> {
  const served = Promise.withResolvers<Analyst>();
  let analyst: Analyst | null = null;
  const host = new PluginHost({
    roots: [{ path: path.join(root, 'plugins'), kind: 'bundled' }],
    dataDir,
    hostVersion: '0.1.0',
    tenant: 'bench',
    tier: 'enterprise',
    disabled: new Set(['mt5', 'news', 'economic', 'social', 'websocket']),
    attach: (link: IsolateLink) => ({
      startTerms: () => ({ cursors: [], verdicts: [], spool: null, tenant: 'bench' }),
      onFrame: () => false,
      onMessage(message) {
        if (message.type === 'analyst') served.resolve((analyst = new Analyst(link, message.models)));
        if (message.type === 'analysed') analyst?.take(message);
      },
      call: (capability, method) => Promise.reject(new Error(`no ${capability}.${method} here`)),
      detach: () => analyst?.end(),
    }),
    configFor: () => undefined,
    log,
    sdkDist: path.join(root, 'plugin-sdk', 'dist'),
  });
  await host.start();
  return { host, analyst: await served.promise };
}

function taskOf(symbol: string, bars: Bars, models: string[] | null): BarsTask {
  return { type: 'bars', symbol, digits: 5, widthMs: HOUR_MS, bars, context: NO_CONTEXT, models };
}

function centiles(values: number[]): { p50: number; p99: number } {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
