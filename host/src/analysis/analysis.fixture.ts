/** For tests: a plugin of models that answers as a script says, an archive without a thread, ticks, and a monitor with all of them. */
import { TickBatchBuilder, TickFlag } from '@tickhub/plugin-sdk/host';
import type {
  AnalysisTask,
  BarsTask,
  HostMessage,
  ModelAnswer,
  ModelDescription,
  PublishedBatch,
  TickBatch,
} from '@tickhub/plugin-sdk/host';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { HistoryError } from '../history/errors.ts';
import type { PluginOrigin } from '../plugins/discovery/inspect.ts';
import { RecordedLink, jsonOf } from '../streams/streams.fixture.ts';
import { memoryLog } from '../tenant/tenant.fixture.ts';
import { Analyst } from './analyst.ts';
import { Analysts } from './analysts.ts';
import type { AgentDesk } from './agent-desk.ts';
import type { BarArchive } from './archive/bar-archive.ts';
import { BarStore } from './archive/bar-store.ts';
import { MarketMonitor } from './market-monitor.ts';
import type { MonitorRules } from './market-monitor.ts';
import type { PastHistory } from './past.ts';
import type { ModelAllowance } from './roster.ts';

export const HOUR = 3_600_000;
/** A Wednesday, 10:00 UTC. */
export const WEDNESDAY = Date.UTC(2026, 10, 25, 10);

/** What a description says unless a test says otherwise. */
export function describeModel(model: Partial<ModelDescription> = {}): ModelDescription {
  return {
    id: 'last_close',
    version: '1.0.0',
    sha256: '0'.repeat(64),
    tier: 'free',
    question: 'the last close, and how many bars it has seen',
    horizonMs: 0,
    output: { kind: 'value', unit: 'price' },
    bars: { widthMs: HOUR, need: 1, want: 100 },
    streams: [],
    bytes: 1_000,
    ...model,
  };
}

/** The last close, and in `details` how many bars the model has been given, seeds included. */
export function lastClose(model: ModelDescription, task: BarsTask, seen: number, from: Bars): ModelAnswer {
  const last = (from.time.at(-1) ?? 0) as number;
  return {
    model: model.id,
    version: model.version,
    symbol: task.symbol,
    at: last + task.widthMs,
    horizonMs: model.horizonMs,
    value: (from.close.at(-1) ?? 0) as number,
    unit: 'price',
    probabilities: null,
    quantiles: null,
    confidence: 1,
    abstained: null,
    inputs: { from: 0, to: last, count: seen },
    details: { spread: task.context.spread },
  };
}

type Say = (task: AnalysisTask) => readonly ModelAnswer[] | Promise<readonly ModelAnswer[]>;

/** Stands where the isolate of a plugin with models is: remembers its tasks, and answers one after the other. */
export class ScriptedPlugin extends RecordedLink {
  readonly analyst: Analyst;
  readonly tasks: AnalysisTask[] = [];
  /** What it does with a task; by default every model that is asked answers with {@link lastClose}. */
  say: Say;
  #work: Promise<void> = Promise.resolve();
  readonly #known = new Map<string, { bars: Bars; seen: number }>();

  constructor(id: string, models: readonly ModelDescription[], generation = 1, origin: PluginOrigin = 'user') {
    super({ id, kind: 'model' }, generation, origin);
    this.analyst = new Analyst(this, models);
    this.say = (task) => this.answer(task);
  }

  get seeds(): readonly AnalysisTask[] {
    return this.tasks.filter(({ type }) => type === 'seed');
  }

  /** Times of the bars of each `bars` task. */
  get asked(): readonly number[][] {
    return this.tasks.flatMap((task) => (task.type === 'bars' ? [[...task.bars.time]] : []));
  }

  answer(task: AnalysisTask): readonly ModelAnswer[] {
    if (task.type === 'record') return [];
    const key = `${task.widthMs} ${task.symbol}`;
    const before = this.#known.get(key);
    const seen = (task.type === 'seed' ? 0 : (before?.seen ?? 0)) + task.bars.time.length;
    const bars = task.bars.time.length > 0 || before === undefined ? task.bars : before.bars;
    this.#known.set(key, { bars, seen });
    if (task.type === 'seed') return [];
    return this.analyst.models.filter(({ id }) => task.models?.includes(id)).map((model) => lastClose(model, task, seen, bars));
  }

  override tell(message: HostMessage): void {
    super.tell(message);
    if (message.type !== 'analyse') return;
    const { id, task } = message;
    this.#work = this.#work.then(async () => {
      this.tasks.push(task);
      try {
        this.analyst.take({ type: 'analysed', id, answers: [...(await this.say(task))], failure: null });
      } catch (error) {
        this.analyst.take({ type: 'analysed', id, answers: [], failure: { code: 'ANALYSIS_THREW', message: (error as Error).message } });
      }
    });
  }
}

/** The archive's own store, in this thread. */
export function archiveIn(path = ':memory:'): BarArchive {
  const { store } = BarStore.open(path);
  return {
    put: async (...args) => store.put(...args),
    read: async (...args) => store.read(...args),
    span: async (...args) => store.span(...args),
    note: async (...args) => store.note(...args),
    setNote: async (...args) => store.setNote(...args),
    close: async () => store.close(),
  };
}

export const NO_HISTORY: PastHistory = {
  info: () => Promise.resolve({ path: '', bytes: 0, series: [], streams: [], gaps: [], since: null }),
  bars: () => Promise.reject(new HistoryError('HISTORY_NO_SERIES', 'there is none')),
  records: () => Promise.resolve({ records: [], next: null }),
};

export interface Quote {
  readonly symbol: number;
  /** UTC. */
  readonly at: number;
  readonly bid: number;
  readonly ask?: number;
  readonly late?: boolean;
}

/** A batch with host ids, of a source whose clock is UTC. */
export function batchOf(quotes: readonly Quote[], source = 0): TickBatch {
  const builder = new TickBatchBuilder(Math.max(1, quotes.length));
  quotes.forEach(({ symbol, at, bid, ask = bid + 0.0002, late = false }, i) => {
    builder.push(symbol, at, i, bid, ask, 0, 0, TickFlag.bid | TickFlag.ask | (late ? TickFlag.late : 0), at);
  });
  const batch = builder.seal(source, 0);
  if (batch === null) throw new Error('a test batch needs ticks');
  return batch;
}

/** Symbols by id, and the source of each: `names[id]` is `source/symbol`. */
export function directoryOf(names: readonly string[], quoted: { readonly digits: number } = { digits: 5 }) {
  const sources = [...new Set(names.map((name) => name.split('/')[0] ?? ''))];
  return {
    entry: (id: number) => {
      const [source = '', symbol = ''] = names[id]?.split('/') ?? [];
      return names[id] === undefined
        ? undefined
        : { id, sourceId: sources.indexOf(source), name: symbol, rawName: symbol, digits: quoted.digits };
    },
    sourceName: (id: number) => sources[id],
  };
}

export interface TestMonitorOptions {
  readonly names?: readonly string[];
  readonly archive?: BarArchive;
  readonly history?: PastHistory;
  readonly agents?: AgentDesk;
  readonly rules?: Partial<MonitorRules>;
}

type Published = PublishedBatch & { readonly plugin: string };

/** A monitor whose clock is the time of what it was last given. */
export function testMonitor({
  names = ['feed/EURUSD'],
  archive = archiveIn(),
  history = NO_HISTORY,
  agents,
  rules,
}: TestMonitorOptions = {}) {
  const analysts = new Analysts();
  const published: Published[] = [];
  const t = { onPublished: (_batch: Published): void => undefined };
  const log = memoryLog();
  const clock = { now: WEDNESDAY };
  const quoted = { digits: 5 };
  const allowance: { -readonly [K in keyof ModelAllowance]: ModelAllowance[K] } = { tier: 'free', limits: { cacheMb: 50 } };
  const monitor = new MarketMonitor({
    analysts,
    archive,
    history,
    symbols: directoryOf(names, quoted),
    allowance: () => allowance,
    publish: (plugin, body) => {
      const batch = { plugin, ...(jsonOf(body) as PublishedBatch) };
      published.push(batch);
      t.onPublished(batch);
    },
    agents: agents ?? null,
    rules: { prefer: [], quietMinutes: 15, graceSeconds: 10, leastCoverage: 0.3, deadlineMs: 2_000, ...rules },
    now: () => clock.now,
    log,
  });
  return Object.assign(t, {
    monitor,
    analysts,
    archive,
    published,
    log,
    clock,
    /** How the sources describe their prices. */
    quoted,
    allowance,
    /** Gives ticks, one batch each, at their own time. */
    tick(...quotes: readonly Quote[]): void {
      for (const quote of quotes) {
        clock.now = Math.max(clock.now, quote.at);
        monitor.takeTicks(batchOf([quote]));
      }
    },
    /** The bodies that were published, when nothing waits any more. */
    async bodies(): Promise<Record<string, unknown>[]> {
      await monitor.settled(5_000);
      return published.flatMap(({ records }) => records.map(({ body }) => body));
    },
  });
}

export type TestMonitor = ReturnType<typeof testMonitor>;

/** Ticks every 10 minutes, so that the market is never quiet: `hours` bars from 10:00 on, and the tick that closes the last. */
export function hours(t: TestMonitor, count: number, from = WEDNESDAY, symbol = 0): void {
  for (let at = from; at <= from + count * HOUR; at += 600_000) t.tick({ symbol, at, bid: 1 + ((at / 60_000) % 97) / 1_000 });
}

export function withPlugin(t: TestMonitor, models = [describeModel()], generation = 1): ScriptedPlugin {
  const plugin = new ScriptedPlugin('models', models, generation);
  t.analysts.add(plugin.analyst);
  return plugin;
}
