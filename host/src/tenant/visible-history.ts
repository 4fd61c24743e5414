import { HistoryError } from '../history/errors.ts';
import type {
  BarQuery,
  Bars,
  HistoryInfo,
  HistoryReader,
  HistorySnapshot,
  RecordPage,
  RecordQuery,
  ReplayItem,
  ReplayQuery,
  SnapshotSymbol,
  TickPage,
  TickQuery,
  TimeRange,
} from '../history/history.ts';

/** What of a history a tier lets one see. */
export interface HistoryAllowance {
  /** Null for a symbol that may be seen; otherwise why it may not. */
  heldBack(symbol: string): string | null;
  /** Nothing from before is seen, Unix epoch milliseconds; -Infinity for all. */
  since(): Promise<number>;
}

/** A history seen through a tier: what is before its days is not there, what it holds back is refused with the reason. */
export class VisibleHistory implements HistoryReader {
  readonly #reader: () => Promise<HistoryReader>;
  readonly #allowance: HistoryAllowance;

  /** @param reader asked before each query. */
  constructor(reader: () => Promise<HistoryReader>, allowance: HistoryAllowance) {
    this.#reader = reader;
    this.#allowance = allowance;
  }

  async info(): Promise<HistoryInfo> {
    const info = await (await this.#reader()).info();
    const since = await this.#allowance.since();
    const seen = <T extends TimeRange>(entries: readonly T[]): T[] =>
      entries.filter(({ to }) => to >= since).map((entry) => ({ ...entry, from: Math.max(entry.from, since) }));
    return {
      ...info,
      series: seen(info.series.filter(({ symbol }) => this.#allowance.heldBack(symbol) === null)),
      streams: seen(info.streams),
      since: since === -Infinity ? null : since,
    };
  }

  async bars(query: BarQuery): Promise<Bars> {
    this.#assertSeen(query.symbol);
    return (await this.#reader()).bars(await this.#clamped(query));
  }

  async ticks(query: TickQuery): Promise<TickPage> {
    this.#assertSeen(query.symbol);
    return (await this.#reader()).ticks(await this.#clamped(query));
  }

  async records(query: RecordQuery): Promise<RecordPage> {
    if (query.symbol !== undefined) this.#assertSeen(query.symbol);
    const { records, next } = await (await this.#reader()).records(await this.#clamped(query));
    return { records: records.filter(({ symbol }) => symbol === undefined || this.#allowance.heldBack(symbol) === null), next };
  }

  #assertSeen(symbol: string): void {
    const reason = this.#allowance.heldBack(symbol);
    if (reason !== null) throw new HistoryError('HISTORY_HELD_BACK', `${symbol}: ${reason}`);
  }

  async #clamped<T extends TimeRange>(query: T): Promise<T> {
    return clamp(query, await this.#allowance.since());
  }
}

function clamp<T extends TimeRange>(query: T, since: number): T {
  const from = Math.max(query.from, since);
  // A range that is over before is empty, not wrong.
  return query.from <= query.to ? { ...query, from, to: Math.max(query.to, from) } : query;
}

/** A snapshot seen through a tier, as it was when the snapshot was opened. */
export class VisibleSnapshot extends VisibleHistory implements HistorySnapshot {
  readonly #snapshot: HistorySnapshot;
  readonly #allowance: HistoryAllowance;

  constructor(snapshot: HistorySnapshot, allowance: HistoryAllowance) {
    super(() => Promise.resolve(snapshot), allowance);
    this.#snapshot = snapshot;
    this.#allowance = allowance;
  }

  symbols(): readonly SnapshotSymbol[] {
    return this.#snapshot.symbols().filter(({ symbol }) => this.#allowance.heldBack(symbol) === null);
  }

  async *replay(query: ReplayQuery): AsyncGenerator<ReplayItem, void, void> {
    const isHeldBack = (symbol: string | undefined): boolean => symbol !== undefined && this.#allowance.heldBack(symbol) !== null;
    const heldBack = this.#snapshot.symbols().flatMap(({ symbol }) => (isHeldBack(symbol) ? [symbol] : []));
    const seen = { ...clamp(query, await this.#allowance.since()), without: [...(query.without ?? []), ...heldBack] };
    for await (const item of this.#snapshot.replay(seen)) {
      // A record may be about a symbol that has no ticks.
      if (item.kind === 'ticks' || !item.batch.records.some(({ symbol }) => isHeldBack(symbol))) yield item;
    }
  }

  close(): Promise<void> {
    return this.#snapshot.close();
  }
}
