import { TickBatch } from '@tickhub/plugin-sdk/host';
import type { RecordBatch, RecordStream, SymbolEntry, SymbolTable } from '@tickhub/plugin-sdk/host';
import { HistoryError } from '../errors.ts';
import type { HistoryGap, ImportSummary, ImportTarget } from '../history.ts';
import type { BlobSeal } from './blob-seal.ts';
import { ChunkTable } from './chunk-table.ts';
import type { Database, Row } from './database.ts';
import { frameBodies } from './frame-batches.ts';
import type { PackedFrames } from './frame-batches.ts';
import { RecordTable } from './record-table.ts';
import { SeriesTable } from './series-table.ts';
import type { Series } from './series-table.ts';
import { StateTable } from './state-table.ts';
import type { Position, RetentionState } from './state-table.ts';
import { compareTicks, TickRun } from './tick-run.ts';
import { TickStore } from './tick-store.ts';
import { Versions } from './versions.ts';

const DURABLE = { durable: true };
/** What is only put together or tidied up is done again when a power cut takes it back. */
const RELAXED = { durable: false };

/** Room for so many ticks is kept from one commit to the next. */
const KEPT_TICKS = 262_144;

const decoder = new TextDecoder();

/** Frames of the spool, the names behind their ids, and what is before them. */
export interface Handover extends PackedFrames {
  readonly epoch: string;
  /** All sources and symbols there are, as far as they changed since the last handover. */
  readonly names: SymbolTable;
  /** Frames before or between these that will not come any more. */
  readonly gaps: readonly { readonly fromSeq: number; readonly toSeq: number; readonly at: number }[];
}

type ImportedRecords = Parameters<RecordTable['import']>[2];

/** All that a history file holds, and the transactions that change it. */
export class HistoryStore {
  readonly db: Database;
  readonly versions: Versions;
  readonly series: SeriesTable;
  readonly chunks: ChunkTable;
  readonly records: RecordTable;
  readonly state: StateTable;
  readonly #ticks: TickStore;
  /** The spool's ids in this run of the host. */
  readonly #sourceNames = new Map<number, string>();
  readonly #symbols = new Map<number, SymbolEntry>();
  readonly #seriesOfSymbol = new Map<number, Series>();
  /** Ticks of a commit by series; emptied, not thrown away, unless they grew large. */
  readonly #runs = new Map<Series, TickRun>();

  constructor(db: Database, seal: BlobSeal) {
    this.db = db;
    this.state = new StateTable(db);
    this.versions = new Versions(this.state.commit);
    this.series = new SeriesTable(db);
    this.chunks = new ChunkTable(db, seal, this.versions);
    this.records = new RecordTable(db, seal, this.versions);
    this.#ticks = new TickStore(this.chunks);
  }

  /** Where each known series ends in UTC; -Infinity without ticks. */
  get newestUtc(): number {
    let newest = -Infinity;
    for (const row of this.chunks.summary(this.versions.current)) newest = Math.max(newest, Number(row['to_utc']));
    return newest;
  }

  /** The names behind the spool's ids, as far as they were told. */
  get names(): SymbolTable {
    return { sources: [...this.#sourceNames].map(([id, name]) => ({ id, name })), symbols: [...this.#symbols.values()] };
  }

  /** Takes names in. Each is told once: a file that takes another's place in the same run has to be given that one's. */
  learn({ sources, symbols }: SymbolTable): void {
    for (const { id, name } of sources) this.#sourceNames.set(id, name);
    for (const symbol of symbols) {
      this.#symbols.set(symbol.id, symbol);
      this.#seriesOfSymbol.delete(symbol.id);
    }
  }

  /** Takes frames of the spool: they, and that they were taken, are one transaction. */
  takeFrames(handover: Handover): Position {
    this.learn(handover.names);
    const last = handover.headers.at(-1);
    return this.#commit((commit) => {
      for (const gap of handover.gaps) this.#noteGap(handover.epoch, gap);
      for (const { header, body } of frameBodies(handover)) {
        if (header.stream === 'ticks') this.#sort(TickBatch.view(body), header.seq);
        // What was used is in the spool's own ledger. The other bodies were written by the intake, from what it had parsed.
        else if (header.stream !== 'usage') this.records.take(JSON.parse(decoder.decode(body)) as RecordBatch, header.seq, commit);
      }
      for (const [series, run] of this.#runs) if (run.count > 0) this.#ticks.take(series, run, commit);
      const position = { epoch: handover.epoch, seq: last?.seq ?? this.state.position?.seq ?? 0 };
      this.state.position = position;
      return position;
    });
  }

  /** Notes how far history is without taking anything: at the beginning, with a spool that it has not seen. */
  setPosition(position: Position): void {
    this.#commit(() => {
      this.state.position = position;
    });
  }

  writeRetention(state: RetentionState): void {
    this.#commit(() => {
      this.state.retention = state;
    }, RELAXED);
  }

  /** @throws {HistoryError} HISTORY_UNSORTED; nothing of the batch is taken then. */
  importTicks(target: ImportTarget, batch: TickBatch, after: { readonly time: number; readonly ordinal: number } | null): ImportSummary {
    const run = new TickRun(batch.count);
    let [time, ordinal] = [after?.time ?? -Infinity, after?.ordinal ?? 0];
    for (let i = 0; i < batch.count; i++) {
      const at = batch.time[i] as number;
      const nth = batch.ordinal[i] as number;
      if (!(compareTicks(at, nth, time, ordinal) > 0)) {
        throw new HistoryError(
          'HISTORY_UNSORTED',
          `tick ${i} of a batch of ${target.symbol} has time ${at} and ordinal ${nth}, which do not come after ${time} and ${ordinal}; sort the ticks by time, and count those of one millisecond from 0`,
        );
      }
      [time, ordinal] = [at, nth];
    }
    run.appendBatch(batch, 0, batch.count, null, 0);
    return this.#commit((commit) => {
      const { source, symbol, rawName = symbol, digits } = target;
      // What its own source says of a symbol counts for more than what a file does.
      const series = this.series.find(source, symbol) ?? this.series.take(source, symbol, rawName, digits);
      return this.#ticks.take(series, run, commit);
    });
  }

  importRecords(stream: RecordStream, source: string, records: ImportedRecords): ImportSummary {
    return this.#commit((commit) => this.records.import(stream, source, records, commit));
  }

  /** Puts some small chunks together. @returns false when there was nothing to do. */
  compact(): boolean {
    if (!this.#ticks.isDue) return false;
    return this.#commit((commit) => this.#ticks.compact(commit, (id) => this.series.byId(id)), RELAXED);
  }

  /** Takes away what ended before `cutoff`, UTC: chunks and records, at most `limit` of each. @returns how many. */
  removeBefore(cutoff: number, limit: number): number {
    const old = this.chunks.endingBefore(cutoff, limit);
    return this.#commit((commit) => {
      for (const chunk of old) this.chunks.remove(chunk, commit);
      this.#ticks.removed(old);
      return old.length + this.records.removeBefore(cutoff, limit, commit);
    }, RELAXED);
  }

  /** Deletes some of what nobody can see any more. @returns how much. */
  forget(limit: number): number {
    const { forgotten } = this.versions;
    if (!this.chunks.hasForgotten(forgotten) && !this.records.hasForgotten(forgotten)) return 0;
    return this.#commit(() => this.chunks.forget(forgotten, limit) + this.records.forget(forgotten, limit), RELAXED);
  }

  gaps(): HistoryGap[] {
    return this.db
      .prepare('SELECT epoch, from_seq, to_seq, at FROM gaps ORDER BY at')
      .all()
      .map((row: Row) => ({
        epoch: String(row['epoch']),
        fromSeq: Number(row['from_seq']),
        toSeq: Number(row['to_seq']),
        at: Number(row['at']),
      }));
  }

  #commit<T>(work: (commit: number) => T, { durable }: { readonly durable: boolean } = DURABLE): T {
    const commit = this.versions.current + 1;
    try {
      const result = this.db[durable ? 'transaction' : 'relaxedTransaction'](() => {
        this.state.commit = commit;
        return work(commit);
      });
      this.versions.committed(commit);
      return result;
    } catch (error) {
      this.#recall();
      throw error;
    } finally {
      this.#emptyRuns();
    }
  }

  /** What is known in memory is what a transaction that did not come about made of it: reads it again. */
  #recall(): void {
    this.series.reload();
    this.#seriesOfSymbol.clear();
    this.#runs.clear();
    this.#ticks.reload();
  }

  #emptyRuns(): void {
    let capacity = 0;
    for (const run of this.#runs.values()) {
      run.count = 0;
      capacity += run.capacity;
    }
    if (capacity > KEPT_TICKS) this.#runs.clear();
  }

  /** Sorts a batch's ticks by series. */
  #sort(batch: TickBatch, seq: number): void {
    const { symbol, count, receivedAt } = batch;
    for (let from = 0; from < count;) {
      const id = symbol[from] as number;
      let to = from + 1;
      while (to < count && symbol[to] === id) to++;
      this.#runOf(id)?.appendBatch(batch, from, to, receivedAt, seq);
      from = to;
    }
  }

  /** Null for a symbol whose name was lost: the spool does not deliver such ticks either. */
  #runOf(symbolId: number): TickRun | null {
    const series = this.#seriesOfSymbol.get(symbolId) ?? this.#seriesFor(symbolId);
    if (series === null) return null;
    let run = this.#runs.get(series);
    if (run === undefined) this.#runs.set(series, (run = new TickRun()));
    return run;
  }

  #seriesFor(symbolId: number): Series | null {
    const symbol = this.#symbols.get(symbolId);
    const source = this.#sourceNames.get(symbol?.sourceId ?? -1);
    if (symbol === undefined || source === undefined) return null;
    const series = this.series.take(source, symbol.name, symbol.rawName, symbol.digits);
    this.#seriesOfSymbol.set(symbolId, series);
    return series;
  }

  #noteGap(epoch: string, { fromSeq, toSeq, at }: Handover['gaps'][number]): void {
    this.db.prepare('INSERT INTO gaps(epoch, from_seq, to_seq, at) VALUES (?, ?, ?, ?)').run(epoch, fromSeq, toSeq, at);
  }
}
