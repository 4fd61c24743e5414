import type { Publish, TickSource, TickSymbol } from '../capabilities/publish.ts';
import { TickFlag } from '../batch/tick-batch.ts';
import type { RecordBody } from '../records/bodies.ts';
import type { RecordStream } from '../protocol/records.ts';
import type { CompiledFeed } from './compiled-feed.ts';
import { RowError } from './row-error.ts';
import type { Row } from './value.ts';

const SLICE = 1_000;

export interface RowCounters {
  rows: number;
  published: number;
  /** Ticks that were there before. */
  duplicate: number;
  /** Ticks that the tier holds back, or that came out of order. */
  left: number;
  bad: number;
}

/** What became of some rows. */
export interface RowsResult {
  readonly rows: number;
  readonly bad: number;
  /** What was wrong with the first bad one. */
  readonly firstError: string;
}

/** Publishes rows, and counts what becomes of them. A bad row is no more than a count: the others pass. */
export class RowPublisher {
  readonly counters: RowCounters = { rows: 0, published: 0, duplicate: 0, left: 0, bad: 0 };
  readonly #compiled: CompiledFeed;
  readonly #publish: Publish;
  readonly #plugin: string;
  readonly #symbols = new Map<string, TickSymbol>();
  #source: TickSource | null = null;

  constructor(compiled: CompiledFeed, publish: Publish, plugin: string) {
    this.#compiled = compiled;
    this.#publish = publish;
    this.#plugin = plugin;
  }

  /** Rows of a message. */
  take(rows: readonly Row[]): RowsResult {
    return this.#takeAll(rows, null);
  }

  /**
   * Rows of a document, which is given again and again: ticks of one symbol and millisecond are told apart by their order in it. Many of them are taken in
   * slices, so that the plugin stays alive between them, and no faster than the host takes them.
   */
  async takeDocument(rows: readonly Row[]): Promise<RowsResult> {
    const seen = new Map<string, number>();
    let [bad, firstError] = [0, ''];
    for (let from = 0; from < rows.length; from += SLICE) {
      if (from > 0) await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#publish.congested) await this.#publish.drained();
      const slice = this.#takeAll(rows.slice(from, from + SLICE), seen);
      bad += slice.bad;
      if (firstError === '') firstError = slice.firstError;
    }
    return { rows: rows.length, bad, firstError };
  }

  #takeAll(rows: readonly Row[], seen: Map<string, number> | null): RowsResult {
    let bad = 0;
    let firstError = '';
    for (const row of rows) {
      try {
        if (this.#compiled.feed.to === 'ticks') this.#tick(row, seen);
        else this.#record(row, this.#compiled.feed.to);
      } catch (error) {
        bad++;
        if (firstError === '') firstError = error instanceof Error ? error.message : String(error);
      }
    }
    this.counters.rows += rows.length;
    this.counters.bad += bad;
    return { rows: rows.length, bad, firstError };
  }

  #tick(row: Row, seen: Map<string, number> | null): void {
    const fields = this.#compiled.fields(row);
    const name = String(fields['symbol']);
    const time = Number(fields['time']);
    let ordinal = fields['ordinal'] === undefined ? -1 : Number(fields['ordinal']);
    if (ordinal < 0 && seen !== null) {
      const same = `${time} ${name}`;
      ordinal = seen.get(same) ?? 0;
      seen.set(same, ordinal + 1);
    }
    const number = (field: string): number => (fields[field] === undefined ? 0 : Number(fields[field]));
    let flags = 0;
    for (const field of ['bid', 'ask', 'last', 'volume'] as const) if (fields[field] !== undefined) flags |= TickFlag[field];
    if ((flags & (TickFlag.bid | TickFlag.ask | TickFlag.last)) === 0)
      throw new RowError(`it has no bid, ask or last price (row ${row.number})`);
    const verdict = this.#symbol(name).push(time, ordinal, number('bid'), number('ask'), number('last'), number('volume'), flags);
    if (verdict === 'invalid') throw new RowError(`a price, a volume or the time is none that a tick can have (row ${row.number})`);
    if (verdict === 'taken') this.counters.published++;
    else if (verdict === 'duplicate') this.counters.duplicate++;
    else this.counters.left++;
  }

  #record(row: Row, stream: RecordStream): void {
    const { time, symbol, key, sourceTime } = this.#compiled.fields(row);
    const text = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
    this.#publish.record(stream, {
      time: Number(time),
      symbol: text(symbol),
      key: text(key),
      sourceTime: text(sourceTime),
      source: this.#plugin,
      // Held against the stream's own schema by `body`.
      body: this.#compiled.body(row) as RecordBody<RecordStream>,
    });
    this.counters.published++;
  }

  #symbol(name: string): TickSymbol {
    const known = this.#symbols.get(name);
    if (known !== undefined) return known;
    this.#source ??= this.#publish.source({ name: this.#plugin });
    const { digits } = this.#compiled.feed;
    const made = this.#source.symbol(name, digits === undefined ? {} : { digits });
    this.#symbols.set(name, made);
    return made;
  }
}
