import type { MarketContext, RecordBatch, TickBatch } from '@tickhub/plugin-sdk/host';
import type { AnalysisStatus } from '../control/status.ts';
import type { Log } from '../telemetry/log.ts';
import type { AgentDesk } from './agent-desk.ts';
import type { Analysts } from './analysts.ts';
import type { BarArchive } from './archive/bar-archive.ts';
import { openingOf } from './bars/bar-time.ts';
import { LiveBars } from './bars/live-bars.ts';
import type { ClosedBar } from './bars/wide-bars.ts';
import type { NamedSymbols } from './bars/source-choice.ts';
import { AccountBook } from './context/account-book.ts';
import { EventBook } from './context/event-book.ts';
import { marketHours } from './market-hours.ts';
import type { MarketHours } from './market-hours.ts';
import { Past, recordedBar } from './past.ts';
import type { PastHistory } from './past.ts';
import type { PublishRecords } from './publishing.ts';
import { Questioner } from './questioner.ts';
import type { Round } from './questioner.ts';
import { Roster } from './roster.ts';
import type { ModelAllowance } from './roster.ts';
import { WatchedSeries } from './watched-series.ts';

/** What the config says of analysis. */
export interface MonitorRules {
  readonly prefer: readonly string[];
  readonly quietMinutes: number;
  readonly graceSeconds: number;
  readonly leastCoverage: number;
  readonly deadlineMs: number;
}

export interface MonitorDeps {
  readonly analysts: Analysts;
  readonly archive: BarArchive;
  readonly history: PastHistory;
  readonly symbols: NamedSymbols;
  readonly allowance: () => ModelAllowance;
  readonly publish: PublishRecords;
  /** Null where there is no backend that has agents. */
  readonly agents: AgentDesk | null;
  readonly rules: MonitorRules;
  /** Unix epoch milliseconds; in a replay the recording's. */
  readonly now: () => number;
  readonly log: Log;
}

const MINUTE = 60_000;
/** Bars of a second are not too old because a timer was late. */
const LEAST_FRESH_MS = 5_000;
/** A record that happened longer ago is not asked about: a source that comes back tells its whole past. */
const OLD_RECORD_MS = 86_400_000;

/** Watches one tenant's market: builds bars, asks the models as they close, and publishes what they answer. The tick path only builds bars; all else waits its turn. */
export class MarketMonitor {
  readonly roster: Roster;
  readonly bars: LiveBars;
  readonly #deps: MonitorDeps;
  readonly #past: Past;
  readonly #questioner: Questioner;
  readonly #events = new EventBook();
  readonly #accounts = new AccountBook();
  readonly #series = new Map<string, WatchedSeries>();
  readonly #troubles = new Set<string>();
  /** Bars that closed and were not asked about, because they are of the past or the market is quiet. */
  #stale = 0;

  constructor(deps: MonitorDeps) {
    this.#deps = deps;
    this.#past = new Past(deps.archive, deps.history);
    this.bars = new LiveBars({
      symbols: deps.symbols,
      prefer: deps.rules.prefer,
      graceMs: deps.rules.graceSeconds * 1_000,
      now: deps.now,
      onBar: (symbol, widthMs, bar) => this.#onBar(symbol, widthMs, bar),
    });
    const laneDeps = {
      onTrouble: (error: unknown) => this.#trouble(error),
      deadlineMs: deps.rules.deadlineMs,
      now: deps.now,
      onFailure: ({ plugin, description }: { plugin: string; description: { id: string } }, words: string) =>
        deps.log.warn(`${description.id} of ${plugin} gave no answer that counts: ${words}. It is said once; \`tickhub status\` counts`),
    };
    this.roster = new Roster({
      analysts: deps.analysts,
      allowance: deps.allowance,
      lanes: laneDeps,
      onChange: () => this.#onRoster(),
      onNameTaken: (reason, plugin) => deps.log.error(reason, { plugin, code: 'MODEL_ID_TAKEN' }),
    });
    this.#questioner = new Questioner({
      roster: this.roster,
      publish: deps.publish,
      agents: deps.agents,
      leastCoverage: deps.rules.leastCoverage,
      now: deps.now,
      onTrouble: (error) => this.#trouble(error),
    });
  }

  get status(): AnalysisStatus {
    const now = this.#deps.now();
    return {
      models: this.roster.models.map((record) => record.status(now)),
      symbols: this.bars.symbols.length,
      ...this.#questioner.counters,
      waiting: this.waiting,
      stale: this.#stale,
      lateTicks: this.bars.lateTicks,
      aheadTicks: this.bars.aheadTicks,
      agents: this.#deps.agents?.status ?? null,
    };
  }

  /** Questions that wait for models. */
  get waiting(): number {
    return this.roster.lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /** Ticks that passed the gate, with host ids. */
  takeTicks(batch: TickBatch): void {
    this.bars.take(batch);
  }

  /** Closes bars that are over by the clock, and begins to bring pasts together; to be called about each second. */
  look(): void {
    this.bars.closeDue(this.#deps.now());
    for (const symbol of this.bars.symbols) {
      for (const widthMs of this.roster.widths) if (this.bars.openBar(symbol, widthMs) !== null) this.#load(this.#watched(symbol, widthMs));
    }
  }

  /**
   * For a recording whose next piece is of `until`: closes what a timer would have closed before, each at its own time.
   * @param reached sets the clock.
   */
  lookUntil(until: number, reached: (at: number) => void): void {
    for (let due = this.bars.nextDue; due <= until; due = this.bars.nextDue) {
      reached(due);
      this.bars.closeDue(due);
    }
  }

  /** Records that were taken, or that were imported; the latter are asked about by no model. */
  takeRecords(
    plugin: string,
    { stream, source, records }: Omit<RecordBatch, 'records'> & { readonly records: readonly TakenRecord[] },
  ): void {
    if (stream === 'calendar') for (const { body } of records) this.#events.take(source, body);
    if (stream === 'account' || stream === 'positions') for (const { body } of records) this.#accounts.take(stream, source, body);
    if (stream === 'bars') this.#takeBars(source, records);
    if (!this.roster.streams.has(stream)) return;
    const oldest = this.#deps.now() - OLD_RECORD_MS;
    for (const record of records)
      if (record.seq !== undefined && record.time >= oldest)
        this.#questioner.ofRecord(plugin, stream, source, { ...record, seq: record.seq });
  }

  /** Events that were told of before; those that have been told of since are known already. */
  learnEvents(records: readonly { readonly source: string; readonly body: unknown }[]): void {
    for (const { source, body } of records) this.#events.learn(source, body);
  }

  hoursOf(symbol: string): MarketHours {
    return this.#hoursOf(symbol, -Infinity);
  }

  /** The series of a symbol, of each width that a model works on, with their pasts under way. */
  seriesOf(symbol: string, guess: number): readonly WatchedSeries[] {
    return this.roster.widths.map((widthMs) => {
      const series = this.#watched(symbol, widthMs, guess);
      this.#load(series);
      return series;
    });
  }

  /** Asks all models of a width that may answer, as of the newest bar that is there. */
  async ask(series: WatchedSeries, asUser: boolean): Promise<Round> {
    await series.whenReady();
    return this.#questioner.round(series, series.lastTime, this.#contextOf(series.key.symbol, this.#deps.now()), asUser);
  }

  /** Resolves when nothing waits, or after `ms`. */
  async settled(ms: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([Promise.all(this.roster.lanes.map((lane) => lane.settled())), late]);
    clearTimeout(timer);
  }

  #hoursOf(symbol: string, seenAt: number): MarketHours {
    const last = Math.max(seenAt, this.bars.lastTick(symbol)?.time ?? -Infinity);
    return marketHours(last, this.#deps.now(), this.#deps.rules.quietMinutes * MINUTE);
  }

  #onRoster(): void {
    const { widths } = this.roster;
    this.bars.setWidths(widths);
    for (const series of this.#series.values())
      if (widths.includes(series.key.widthMs)) series.widen(this.roster.needsOf(series.key.widthMs));
  }

  /** @param guess digits of its prices, where no source has told them yet. */
  #watched(symbol: string, widthMs: number, guess = 0): WatchedSeries {
    const key = `${widthMs} ${symbol}`;
    const told = this.bars.sourceOf(symbol)?.digits;
    let series = this.#series.get(key);
    if (series === undefined) {
      const onTrouble = (error: unknown): void => this.#trouble(error);
      const deps = { archive: this.#deps.archive, past: this.#past, onTrouble };
      series = new WatchedSeries({ symbol, widthMs }, told ?? guess, this.roster.needsOf(widthMs), deps);
      this.#series.set(key, series);
    } else if (told !== undefined) series.describe(told);
    return series;
  }

  /** From the bar that is open on, or that would be, it is the live market's. */
  #load(series: WatchedSeries): void {
    const { symbol, widthMs } = series.key;
    series.load(this.bars.sourceOf(symbol)?.source ?? null, this.bars.openBar(symbol, widthMs) ?? openingOf(this.#deps.now(), widthMs));
  }

  #onBar(symbol: string, widthMs: number, bar: ClosedBar): void {
    const source = this.bars.sourceOf(symbol)?.source ?? '';
    const series = this.#watched(symbol, widthMs);
    series.load(source, bar.time);
    series.close(bar, source);
    this.#onNewBar(series, bar.time);
  }

  /**
   * Asks about a bar that has just come to an end; one that ended long ago is only learnt from.
   * @param seenAt up to when the market is known to be live besides its ticks.
   */
  #onNewBar(series: WatchedSeries, time: number, seenAt = -Infinity): void {
    const { symbol, widthMs } = series.key;
    const now = this.#deps.now();
    const end = time + widthMs;
    const inTime = Math.max(LEAST_FRESH_MS, Math.min(widthMs, this.#deps.rules.quietMinutes * MINUTE));
    const isFresh = now - end <= this.bars.waitOf(symbol) + inTime;
    if (!isFresh || this.#hoursOf(symbol, seenAt).state !== 'open') {
      this.#stale++;
      return;
    }
    this.#questioner.round(series, time, this.#contextOf(symbol, end), false).catch((error: unknown) => this.#trouble(error));
  }

  #takeBars(source: string, records: readonly TakenRecord[]): void {
    const { widths } = this.roster;
    if (widths.length === 0) return;
    const bySeries = new Map<WatchedSeries, Omit<ClosedBar, 'whole'>[]>();
    for (const { symbol, time, body } of records) {
      const bar = recordedBar(time, body);
      if (symbol === undefined || bar === null || !widths.includes(bar.widthMs)) continue;
      const live = this.bars.sourceOf(symbol);
      // Another source's bars are of other prices.
      if (live !== null && live.source !== source && !isImported(source)) continue;
      const series = this.#watched(symbol, bar.widthMs, digitsOf(bar.close));
      const list = bySeries.get(series) ?? [];
      bySeries.set(series, list);
      list.push(bar);
    }
    for (const [series, list] of bySeries) {
      this.#load(series);
      if (series.isReady) this.#record(series, list, source);
      else void series.whenReady().then(() => this.#record(series, list, source));
    }
  }

  #record(series: WatchedSeries, list: readonly Omit<ClosedBar, 'whole'>[], source: string): void {
    const { symbol, widthMs } = series.key;
    const now = this.#deps.now();
    const over = list.filter(({ time }) => time + widthMs <= now);
    const appended = series.record(over, source, this.bars.openBar(symbol, widthMs) ?? Infinity);
    if (appended !== null) this.#onNewBar(series, appended, appended + widthMs);
  }

  #contextOf(symbol: string, at: number): MarketContext {
    const tick = this.bars.lastTick(symbol);
    const spread = tick !== null && tick.ask > 0 && tick.bid > 0 ? tick.ask - tick.bid : null;
    return { spread, ...this.#events.around(symbol, at), ...this.#accounts.of(this.bars.sourceOf(symbol)?.source ?? null, symbol) };
  }

  /** Said once for each way of going wrong. */
  #trouble(error: unknown): void {
    const { message } = error as Error;
    if (this.#troubles.has(message) || this.#troubles.size >= 100) return;
    this.#troubles.add(message);
    this.#deps.log.warn(`analysis: ${message}`, { code: (error as NodeJS.ErrnoException).code });
  }
}

type TakenRecord = Omit<RecordBatch['records'][number], 'seq'> & { readonly seq?: number };

/** Files are imported under this name where no other is given. */
function isImported(source: string): boolean {
  return source === 'file';
}

/** Digits that a price is written with. */
function digitsOf(price: number): number {
  return Math.min(15, (String(price).split('.')[1] ?? '').length);
}
