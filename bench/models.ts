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
const MOST_BARS = SEED_BARS + 200;
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

/** The real plugin in its real process, all models allowed and `symbols` seeded, asked as the monitor asks it. */
export class SeededModels {
  readonly host: PluginHost;
  readonly analyst: Analyst;
  readonly #dir: string;
  readonly #walks: ReadonlyMap<string, Bars>;
  #round = 0;

  private constructor(dir: string, host: PluginHost, analyst: Analyst, walks: ReadonlyMap<string, Bars>) {
    this.#dir = dir;
    this.host = host;
    this.analyst = analyst;
    this.#walks = walks;
  }

  static async start(symbols: number): Promise<SeededModels> {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-bench-models-'));
    const { host, analyst } = await startModels(dir);
    analyst.setTerms({ models: analyst.models.map(({ id }) => ({ id, allowed: true })), cacheBytes: 1_000 * 1_048_576 });
    // Other stretches of the same recordings stand for more symbols.
    const walks = new Map(
      Array.from({ length: symbols }, (_, i) => [`SYM${i}`, sliceBars(recorded(i), 10_000 + i * 100, 10_000 + i * 100 + MOST_BARS)]),
    );
    const models = new SeededModels(dir, host, analyst, walks);
    for (const [symbol, walk] of walks) await models.seed(symbol, sliceBars(walk, 0, SEED_BARS));
    return models;
  }

  seed(symbol: string, bars: Bars): Promise<unknown> {
    return this.analyst.ask({ type: 'seed', symbol, digits: 5, widthMs: HOUR_MS, bars });
  }

  /** Closes the next bar of each symbol at once. @returns milliseconds until the last one is answered. */
  async closeTogether(): Promise<number> {
    const from = SEED_BARS + this.#round++;
    const asked = performance.now();
    await Promise.all([...this.#walks].map(([symbol, walk]) => this.analyst.ask(taskOf(symbol, sliceBars(walk, from, from + 1), null))));
    return performance.now() - asked;
  }

  get rssMb(): number {
    return (this.host.list().find(({ id }) => id === 'models')?.rssBytes ?? NaN) / 1_048_576;
  }

  async stop(): Promise<void> {
    await this.host.stop({ deadlineMs: 3_000 });
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export async function modelFigures(bars: number, symbols = 50): Promise<ModelFigures> {
  const models = await SeededModels.start(symbols);
  const { analyst } = models;
  try {
    const wanted = Math.max(...analyst.models.map((model) => model.bars?.want ?? 0));
    const whole = sliceBars(recorded(0), 0, wanted);
    await models.seed('ONE', whole);
    const started = performance.now();
    await models.seed('ONE', whole);
    const seedMs = performance.now() - started;

    let at = wanted;
    const next = async (asked: string[] | null, into: number[]): Promise<readonly ModelAnswer[]> => {
      const began = performance.now();
      const answers = await analyst.ask(taskOf('ONE', sliceBars(recorded(0), at, ++at), asked));
      into.push(performance.now() - began);
      return answers;
    };
    for (let i = 0; i < 50; i++) await next(null, []);
    const all: number[] = [];
    const empty: number[] = [];
    let abstained = 0;
    for (let i = 0; i < (bars - 50) / 2; i++) {
      const answers = await next(null, all);
      if (answers.some((answer) => answer.abstained !== null)) abstained++;
      await next([], empty);
    }
    // An abstention costs nothing; a figure made of many would say nothing.
    if (abstained > all.length / 20)
      throw new Error(`${abstained} of ${all.length} bars had an abstention; the recording is not fit for a bench`);
    const togetherMs: number[] = [];
    for (let round = 0; round < 20; round++) togetherMs.push(await models.closeTogether());
    return {
      models: analyst.models.length,
      barMs: centiles(all),
      emptyMs: centiles(empty),
      symbols,
      togetherMs: togetherMs.sort((a, b) => a - b),
      seedMs,
      wanted,
      rssMb: models.rssMb,
    };
  } finally {
    await models.stop();
  }
}

/** Does `work` while 50 symbols close a bar at once every second, 3,600 times as often as hours do. */
export async function besideModels<T>(work: () => Promise<T>, symbols = 50): Promise<T> {
  const models = await SeededModels.start(symbols);
  let closing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => void (closing = models.closeTogether()), 1_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await closing;
    await models.stop();
  }
}

/** Hours of one of the recorded symbols, in turn. */
function recorded(i: number): Bars {
  const { symbol } = SYMBOLS[i % SYMBOLS.length] as (typeof SYMBOLS)[number];
  let bars = read.get(symbol);
  if (bars === undefined) read.set(symbol, (bars = readBars(symbol).bars));
  return bars;
}
const read = new Map<string, Bars>();

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
