/**
 * A replay: ticks and records of a view in one order. Ticks of one series stay in the order of their series, records in the order in which they were received; between them decides the moment of each
 * (when it was received, or the tick's own time; never earlier than the one before it of the same series), then the spool's frame, the tick's time, records before ticks, the series by name.
 * Nothing else decides, so the same query of the same view gives the same items.
 */
import { TickBatchBuilder } from '@tickhub/plugin-sdk/host';
import type { TickBatch } from '@tickhub/plugin-sdk/host';
import type { ReplayItem, ReplayQuery, SnapshotSymbol } from '../history.ts';
import type { HistoryView } from './history-view.ts';
import { assertRange } from './find-series.ts';
import { RecordLane, TickLane } from './replay-lanes.ts';

/** Ticks in a batch at most. */
const BATCH_TICKS = 4_096;
/** Ticks further apart than this do not share a batch, unless they came in one frame. */
const SPAN_MS = 100;

export function* replay(view: HistoryView, query: ReplayQuery): Generator<ReplayItem, void, void> {
  assertRange(query);
  const { sources, symbols, without = [], streams = [], by = 'received' } = query;
  const wanted = view
    .symbols()
    .filter(({ source, symbol }) => (sources?.includes(source) ?? true) && (symbols?.includes(symbol) ?? true) && !without.includes(symbol))
    .sort((a, b) => compareNames(a.source, b.source) || compareNames(a.symbol, b.symbol));
  const lanes = new LaneHeap([
    ...(streams.length === 0 ? [] : [new RecordLane(view, streams, query)]),
    ...wanted.map((symbol, rank) => new TickLane(view, symbol, rank, query, by)),
  ]);
  const pack = new BatchInProgress();
  for (let lane = lanes.first; lane !== undefined; lane = lanes.first) {
    if (lane instanceof RecordLane) {
      yield* pack.take();
      yield { kind: 'records', at: lane.at, batch: lane.batch };
    } else {
      if (!pack.fits(lane)) yield* pack.take();
      pack.push(lane);
    }
    lane.advance();
    lanes.settle();
  }
  yield* pack.take();
}

type Lane = TickLane | RecordLane;

/** Lanes by what each has next: a binary heap, the first on top. */
class LaneHeap {
  readonly #lanes: Lane[];

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes.filter((lane) => !lane.ended);
    for (let at = (this.#lanes.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  get first(): Lane | undefined {
    return this.#lanes[0];
  }

  /** After the first lane has moved on. */
  settle(): void {
    const [first] = this.#lanes;
    if (first?.ended) {
      const last = this.#lanes.pop();
      if (last === undefined || this.#lanes.length === 0) return;
      this.#lanes[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    const lanes = this.#lanes;
    for (let at = from; ;) {
      const left = 2 * at + 1;
      if (left >= lanes.length) return;
      const right = left + 1;
      const child = right < lanes.length && isBefore(lanes[right] as Lane, lanes[left] as Lane) ? right : left;
      const [upper, lower] = [lanes[at] as Lane, lanes[child] as Lane];
      if (!isBefore(lower, upper)) return;
      lanes[at] = lower;
      lanes[child] = upper;
      at = child;
    }
  }
}

function isBefore(a: Lane, b: Lane): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.seq !== b.seq) return a.seq < b.seq;
  if (a.utc !== b.utc) return a.utc < b.utc;
  return a.rank < b.rank;
}

/** Ticks of one source that belong into one batch. */
class BatchInProgress {
  readonly #builder = new TickBatchBuilder(BATCH_TICKS);
  #source: SnapshotSymbol | null = null;
  #at = 0;
  #seq = 0;
  #receivedAt = 0;
  #utcOffset = 0;

  fits(lane: TickLane): boolean {
    if (this.#source === null) return true;
    return (
      lane.symbol.sourceId === this.#source.sourceId &&
      lane.utcOffset === this.#utcOffset &&
      !this.#builder.full &&
      // A frame is one batch again; ticks that came in none share one where they are close.
      (lane.seq === 0 ? this.#seq === 0 && lane.at - this.#at < SPAN_MS : lane.seq === this.#seq && lane.receivedAt === this.#receivedAt)
    );
  }

  push(lane: TickLane): void {
    if (this.#source === null) {
      this.#source = lane.symbol;
      this.#at = lane.at;
      this.#seq = lane.seq;
      this.#receivedAt = lane.receivedAt;
      this.#utcOffset = lane.utcOffset;
    }
    const { run, i } = lane;
    this.#builder.push(
      lane.symbol.id,
      run.time[i] as number,
      run.ordinal[i] as number,
      run.bid[i] as number,
      run.ask[i] as number,
      run.last[i] as number,
      run.volume[i] as number,
      run.flags[i] as number,
      lane.receivedAt,
    );
  }

  *take(): Generator<ReplayItem, void, void> {
    const source = this.#source;
    if (source === null) return;
    const batch: TickBatch | null = this.#builder.seal(source.sourceId, this.#utcOffset);
    this.#source = null;
    if (batch !== null) yield { kind: 'ticks', at: this.#at, source: source.source, batch };
  }
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
