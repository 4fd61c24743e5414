import { RecordStream } from '@tickhub/plugin-sdk/host';
import { HistoryError } from '../errors.ts';
import type { BarQuery, Bars, HistoryInfo, RecordPage, RecordQuery, SnapshotSymbol, TickPage, TickQuery } from '../history.ts';
import type { Chunk } from '../store/chunk-table.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { RecordPlace } from '../store/record-table.ts';
import type { Series } from '../store/series-table.ts';
import { TickRun } from '../store/tick-run.ts';
import { BarBuilder, columnsOf } from './bar-builder.ts';
import { BarGrid } from './bar-width.ts';
import { assertRange, findSeries, limitOf } from './find-series.ts';
import { pageOf } from './tick-page.ts';

const MAX_PAGE_TICKS = 65_536;
const MAX_BARS = 1_000_000;

/** A query that stops for breath between chunks, so that what comes in meanwhile is taken. */
export type Work<T> = Generator<void, T, void>;

/** Does it all at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** A history file as of one commit: what its queries answer does not change. */
export class HistoryView {
  readonly store: HistoryStore;
  readonly commit: number;
  readonly #run = new TickRun();

  constructor(store: HistoryStore, commit: number) {
    this.store = store;
    this.commit = commit;
  }

  info(): HistoryInfo {
    const { store, commit } = this;
    return {
      path: store.db.path,
      bytes: store.db.bytes,
      series: store.chunks.summary(commit).flatMap((row) => {
        const series = store.series.byId(Number(row['series']));
        if (series === undefined) return [];
        const { source, symbol, rawName, digits } = series;
        const [from, to, ticks, bytes] = ['from_utc', 'to_utc', 'ticks', 'bytes'].map((name) => Number(row[name])) as [
          number,
          number,
          number,
          number,
        ];
        return [{ source, symbol, rawName, digits, from, to, ticks, bytes }];
      }),
      streams: store.records.summary(commit).map((row) => ({
        stream: RecordStream.parse(row['stream']),
        source: String(row['source']),
        from: Number(row['from_time']),
        to: Number(row['to_time']),
        records: Number(row['records']),
        bytes: Number(row['bytes']),
      })),
      gaps: store.gaps(),
      since: null,
    };
  }

  symbols(): SnapshotSymbol[] {
    const sources = [...new Set(this.#series().map(({ source }) => source))];
    return this.#series().map(({ source, symbol, rawName, digits }, id) => ({
      id,
      sourceId: sources.indexOf(source),
      source,
      symbol,
      rawName,
      digits,
    }));
  }

  *bars(query: BarQuery): Work<Bars> {
    assertRange(query);
    const grid = new BarGrid(query.width, query.zone);
    const { side = 'bid', from, to } = query;
    const limit = limitOf(query.limit, 100_000, MAX_BARS);
    const series = findSeries(this.#series(), query);
    const builder = new BarBuilder(grid, side);
    let damaged = 0;
    for (const chunk of this.store.chunks.inRange(series.id, from, to, this.commit)) {
      this.#run.count = 0;
      if (this.store.chunks.read(chunk, this.#run, columnsOf(side))) builder.add(this.#run, from, to);
      else damaged += chunk.ticks;
      if (builder.count > limit) break;
      yield;
    }
    const more = builder.count > limit;
    const { volume, ...columns } = builder.finish(limit);
    const hasVolume = volume.some((lots) => lots !== 0);
    const { source, symbol, digits } = series;
    return { source, symbol, digits, side, ...columns, volume: hasVolume ? volume : null, more, damaged };
  }

  *ticks(query: TickQuery): Work<TickPage> {
    assertRange(query);
    const limit = limitOf(query.limit, MAX_PAGE_TICKS, MAX_PAGE_TICKS);
    const series = findSeries(this.#series(), query);
    const { from, to, after = { time: -Infinity, same: 0 } } = query;
    const found = new TickRun(limit);
    let damaged = 0;
    let more = false;
    for (const chunk of this.store.chunks.inRange(series.id, from, to, this.commit)) {
      if (isBehind(chunk, after)) continue;
      const run = this.#run;
      run.count = 0;
      if (!this.store.chunks.read(chunk, run)) damaged += chunk.ticks;
      const isWanted = (i: number): boolean => {
        const time = run.time[i] as number;
        const isAfter = time > after.time || (time === after.time && (run.ordinal[i] as number) >= after.same);
        return isAfter && run.utc(i) >= from && run.utc(i) < to;
      };
      for (let i = 0; i < run.count; i++) {
        if (!isWanted(i)) continue;
        const start = i;
        if (isWithin(chunk, query, after)) i = run.count;
        while (i < run.count && isWanted(i)) i++;
        const room = limit - found.count;
        found.append(run, start, Math.min(i, start + room));
        more ||= i - start > room;
      }
      if (more) break;
      yield;
    }
    return pageOf(series, found, more, damaged);
  }

  records(query: RecordQuery): RecordPage {
    assertRange(query);
    if (!RecordStream.options.includes(query.stream)) {
      throw new HistoryError(
        'HISTORY_BAD_QUERY',
        `there is no stream "${String(query.stream)}"; there are ${RecordStream.options.join(', ')}`,
      );
    }
    const { rows, next } = this.store.records.find(query, parsePlace(query.after), limitOf(query.limit, 1_000, 10_000), this.commit);
    return { records: rows.map(({ record }) => record), next: next === null ? null : `${next.time}/${next.id}` };
  }

  /** Series that have ticks, as of the commit. */
  #series(): Series[] {
    return this.store.chunks.summary(this.commit).flatMap((row) => this.store.series.byId(Number(row['series'])) ?? []);
  }
}

/** Whether all of its ticks are wanted. */
function isWithin(chunk: Chunk, { from, to }: TickQuery, { time }: { readonly time: number }): boolean {
  return chunk.fromUtc >= from && chunk.toUtc < to && chunk.firstTime > time;
}

function isBehind(chunk: Chunk, { time, same }: { readonly time: number; readonly same: number }): boolean {
  return chunk.lastTime < time || (chunk.lastTime === time && chunk.lastOrdinal < same);
}

function parsePlace(after: string | undefined): RecordPlace | null {
  if (after === undefined) return null;
  const [, time, id] = /^(-?\d+(?:\.\d+)?)\/(\d+)$/.exec(after) ?? [];
  if (time === undefined)
    throw new HistoryError('HISTORY_BAD_QUERY', `"${after}" is not where a page ended: give the "next" of the page before`);
  return { time: Number(time), id: Number(id) };
}
