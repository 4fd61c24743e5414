import type { RecordBatch, RecordStream } from '@tickhub/plugin-sdk/host';
import type { ReplayQuery, SnapshotSymbol, TimeRange } from '../history.ts';
import type { Chunk } from '../store/chunk-table.ts';
import type { Receipt, RecordRow } from '../store/record-table.ts';
import { TickRun } from '../store/tick-run.ts';
import type { HistoryView } from './history-view.ts';

const RECORDS_AT_ONCE = 500;

/** The ticks of one series on their way into a replay, a chunk in memory at a time. */
export class TickLane {
  readonly symbol: SnapshotSymbol;
  readonly rank: number;
  /** The chunk that is in memory, and the tick that is next in it. */
  readonly run = new TickRun();
  i = -1;
  at = -Infinity;
  seq = 0;
  utc = 0;
  receivedAt = 0;
  utcOffset = 0;
  ended = false;
  readonly #view: HistoryView;
  readonly #range: TimeRange;
  readonly #byEvent: boolean;
  readonly #chunks: Chunk[];

  constructor(view: HistoryView, symbol: SnapshotSymbol, rank: number, query: ReplayQuery, by: 'received' | 'event') {
    this.symbol = symbol;
    this.rank = rank;
    this.#view = view;
    this.#range = query;
    this.#byEvent = by === 'event';
    const series = view.store.series.find(symbol.source, symbol.symbol);
    this.#chunks = series === undefined ? [] : view.store.chunks.inRange(series.id, query.from, query.to, view.commit);
    this.advance();
  }

  /** Moves to the next tick of the range, which is one of the ticks' own times. */
  advance(): void {
    const { run } = this;
    const { from, to } = this.#range;
    for (;;) {
      if (++this.i >= run.count && !this.#nextChunk()) {
        this.ended = true;
        return;
      }
      const utc = run.utc(this.i);
      if (utc >= from && utc < to) break;
    }
    this.seq = run.seq[this.i] as number;
    this.utc = run.utc(this.i);
    this.utcOffset = run.utcOffset[this.i] as number;
    this.receivedAt = run.receivedAt[this.i] as number;
    // Clocks are put back now and then; the order of the series is what holds.
    this.at = Math.max(this.at, this.#byEvent ? this.utc : this.receivedAt);
  }

  /** A chunk that is damaged is passed over. */
  #nextChunk(): boolean {
    for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
      this.run.count = 0;
      if (!this.#view.store.chunks.read(chunk, this.run)) continue;
      this.i = 0;
      return true;
    }
    return false;
  }
}

/** Records of all wanted streams, as they were received. */
export class RecordLane {
  readonly rank = -1;
  readonly utc = -Infinity;
  at = -Infinity;
  seq = 0;
  ended = false;
  readonly #view: HistoryView;
  readonly #streams: readonly RecordStream[];
  readonly #query: ReplayQuery;
  #rows: RecordRow[] = [];
  #next = 0;
  #last: Receipt = { at: -Infinity, id: 0 };

  constructor(view: HistoryView, streams: readonly RecordStream[], query: ReplayQuery) {
    this.#view = view;
    this.#streams = streams;
    this.#query = query;
    this.#settle();
  }

  /** The record that is next, as a batch of one. */
  get batch(): RecordBatch {
    const { stream, source, ...record } = (this.#rows[this.#next] as RecordRow).record;
    return { stream, source, records: [record] };
  }

  advance(): void {
    this.#next++;
    this.#settle();
  }

  #settle(): void {
    if (this.#next >= this.#rows.length) this.#read();
    const row = this.#rows[this.#next];
    if (row === undefined) {
      this.ended = true;
      return;
    }
    this.seq = row.frame;
    this.at = Math.max(this.at, row.record.receivedAt);
  }

  #read(): void {
    const { sources, symbols, without = [] } = this.#query;
    // What is filtered out below may be all of a page.
    for (;;) {
      const { rows, last } = this.#view.store.records.received(this.#streams, this.#query, this.#last, RECORDS_AT_ONCE, this.#view.commit);
      this.#rows = rows.filter(
        ({ record }) =>
          (sources?.includes(record.source) ?? true) &&
          (record.symbol === undefined || ((symbols?.includes(record.symbol) ?? true) && !without.includes(record.symbol))),
      );
      this.#next = 0;
      if (last === null) return;
      this.#last = last;
      if (this.#rows.length > 0) return;
    }
  }
}
