import { BarsQuery, RecordsQuery, TicksQuery } from '../protocol/history.ts';
import type { HistoryBars, HistoryInfo, HistoryRecords, HistoryTicks } from '../protocol/history.ts';
import type { TickBatch } from '../batch/tick-batch.ts';
import { PluginFault } from '../run/fault.ts';
import { HostSymbols } from './host-symbols.ts';
import type { TestTick } from './host-symbols.ts';

/** What a test's history holds. Times are UTC. */
export interface TestHistory {
  ticks?: readonly TestTick[];
  /** By time; each counts as received at its time where it does not say when. */
  records?: readonly (Omit<HistoryRecords['records'][number], 'seq' | 'receivedAt'> & { receivedAt?: number })[];
}

const WIDTHS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const FIRST_MONDAY_MS = 4 * 86_400_000;
const PAGE_TICKS = 65_536;
const PAGE_RECORDS = 1_000;

/** A tick and the name of its series. */
interface NamedTick extends TestTick {
  source: string;
  ordinal: number;
}

/** The `history` capability over what the test gave: by plain objects, so for thousands of ticks and not for millions; bars at UTC boundaries only. */
export class HistoryAnswers {
  readonly #ticks: readonly NamedTick[];
  readonly #records: NonNullable<TestHistory['records']>;

  constructor({ ticks = [], records = [] }: TestHistory) {
    this.#ticks = named(ticks);
    this.#records = records;
  }

  answer(method: string, query: unknown): unknown {
    switch (method) {
      case 'series':
        return this.#series();
      case 'bars':
        return this.#bars(BarsQuery.parse(query));
      case 'ticks':
        return this.#page(TicksQuery.parse(query));
      case 'records':
        return this.#recordsOf(RecordsQuery.parse(query));
      default:
        throw new PluginFault('CAPABILITY_UNKNOWN', `history has no "${method}"`);
    }
  }

  #series(): HistoryInfo['series'] {
    const keys = [...new Set(this.#ticks.map(({ source, symbol }) => `${source}\n${symbol}`))];
    return keys.map((key) => {
      const [source = '', symbol = ''] = key.split('\n');
      const ticks = this.#ticks.filter((tick) => tick.source === source && tick.symbol === symbol);
      const times = ticks.map(({ time }) => time);
      const { digits = 5 } = ticks[0] ?? {};
      return { source, symbol, rawName: symbol, digits, from: Math.min(...times), to: Math.max(...times), ticks: ticks.length, bytes: 0 };
    });
  }

  #find({ symbol, source, from, to }: BarsQuery | TicksQuery): { series: HistoryInfo['series'][number]; ticks: NamedTick[] } {
    const found = this.#series().filter((series) => series.symbol === symbol && (source === undefined || series.source === source));
    const [series] = found;
    if (series === undefined)
      throw new PluginFault('HISTORY_NO_SERIES', `the test's history has no ticks of ${source ?? 'any source'} ${symbol}`);
    if (found.length > 1) {
      throw new PluginFault('HISTORY_SOURCE_AMBIGUOUS', `${found.length} sources have ${symbol}: ${found.map((s) => s.source).join(', ')}`);
    }
    const ticks = this.#ticks.filter(
      (tick) => tick.symbol === symbol && tick.source === series.source && tick.time >= from && tick.time < to,
    );
    return { series, ticks };
  }

  #bars(query: BarsQuery): HistoryBars {
    const { side = 'bid', width, limit = 100_000, zone } = query;
    const [, count, unit = ''] = /^([1-9]\d*)([smhdw])$/.exec(width) ?? [];
    if (count === undefined) throw new PluginFault('HISTORY_BAD_QUERY', `"${width}" is no width of a bar`);
    if (zone !== undefined && zone !== 'UTC') throw new PluginFault('HISTORY_BAD_QUERY', 'a test has bars at UTC boundaries only');
    const ms = Number(count) * (WIDTHS[unit] ?? NaN);
    const origin = unit === 'w' ? FIRST_MONDAY_MS : 0;
    const { series, ticks } = this.#find(query);
    const bars = new Map<number, { time: number; open: number; high: number; low: number; close: number; ticks: number; volume: number }>();
    for (const tick of ticks) {
      const { bid, ask, last = 0, volume = 0 } = tick;
      const price = side === 'mid' ? (bid === 0 || ask === 0 ? 0 : (bid + ask) / 2) : { bid, ask, last }[side];
      if (price === 0) continue;
      const time = Math.floor((tick.time - origin) / ms) * ms + origin;
      const bar = bars.get(time) ?? { time, open: price, high: price, low: price, close: price, ticks: 0, volume: 0 };
      bars.set(time, {
        ...bar,
        high: Math.max(bar.high, price),
        low: Math.min(bar.low, price),
        close: price,
        ticks: bar.ticks + 1,
        volume: bar.volume + volume,
      });
    }
    const all = [...bars.values()].sort((a, b) => a.time - b.time);
    const rows = all.slice(0, limit);
    const column = (name: keyof (typeof rows)[number]): Float64Array<ArrayBuffer> => Float64Array.from(rows, (row) => row[name]);
    const volume = column('volume');
    return {
      source: series.source,
      symbol: series.symbol,
      digits: series.digits,
      side,
      count: rows.length,
      time: column('time'),
      open: column('open'),
      high: column('high'),
      low: column('low'),
      close: column('close'),
      ticks: column('ticks'),
      volume: volume.some((lots) => lots !== 0) ? volume : null,
      more: all.length > limit,
      damaged: 0,
    };
  }

  #page(query: TicksQuery): HistoryTicks {
    const { after, limit = PAGE_TICKS } = query;
    const { series, ticks } = this.#find(query);
    const left = ticks.filter(
      ({ time, ordinal }) => after === undefined || time > after.time || (time === after.time && ordinal >= after.same),
    );
    const page = left.slice(0, limit);
    const last = page.at(-1);
    const column = (value: (tick: NamedTick) => number): Float64Array<ArrayBuffer> => Float64Array.from(page, value);
    const [lasts, volumes] = [column(({ last = 0 }) => last), column(({ volume = 0 }) => volume)];
    return {
      source: series.source,
      symbol: series.symbol,
      digits: series.digits,
      count: page.length,
      time: column(({ time }) => time),
      ordinal: Uint32Array.from(page, ({ ordinal }) => ordinal),
      bid: column(({ bid }) => bid),
      ask: column(({ ask }) => ask),
      last: lasts.some((price) => price !== 0) ? lasts : null,
      volume: volumes.some((lots) => lots !== 0) ? volumes : null,
      flags: Uint16Array.from(page, ({ flags = 6 }) => flags),
      receivedAt: column(({ time }) => time),
      utcOffsetMs: new Int32Array(page.length),
      next: left.length > limit && last !== undefined ? { time: last.time, same: last.ordinal + 1 } : null,
      damaged: 0,
    };
  }

  #recordsOf(query: RecordsQuery): HistoryRecords {
    const { stream, source, symbol, key, from, to, asOf = Infinity, revisions = 'newest', after = '0', limit = PAGE_RECORDS } = query;
    const known = this.#records
      .map((record, i) => ({ seq: i + 1, ...record, receivedAt: record.receivedAt ?? record.time }))
      .filter((record) => record.stream === stream && record.receivedAt <= asOf);
    const isNewest = ({ key, source, revision = 0 }: (typeof known)[number]): boolean =>
      key === undefined || !known.some((other) => other.key === key && other.source === source && (other.revision ?? 0) > revision);
    const found = known.filter(
      (record) =>
        record.time >= from &&
        record.time < to &&
        (source === undefined || record.source === source) &&
        (symbol === undefined || record.symbol === symbol) &&
        (key === undefined || record.key === key) &&
        (revisions === 'all' || isNewest(record)),
    );
    const start = Number(after);
    return { records: found.slice(start, start + limit), next: found.length > start + limit ? String(start + limit) : null };
  }
}

/** Gives each tick its ordinal, by the code that lays ticks into batches. */
function named(ticks: readonly TestTick[]): NamedTick[] {
  const ordinals = new HostSymbols().batches(ticks, 0).flatMap((batch: TickBatch) => [...batch.ordinal]);
  return ticks.map((tick, i) => ({ ...tick, source: tick.source ?? 'test', ordinal: ordinals[i] ?? 0 }));
}
