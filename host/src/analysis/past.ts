import { BarBody } from '@tickhub/plugin-sdk/host';
import type { Bars } from '@tickhub/plugin-sdk/features';
import type { HistoryReader, StoredRecord } from '../history/history.ts';
import { BarRank } from './archive/bar-archive.ts';
import type { BarArchive, SeriesKey } from './archive/bar-archive.ts';
import { widthText } from './bars/bar-time.ts';
import { barsOf } from './bars/closed-bars.ts';
import type { ClosedBar } from './bars/wide-bars.ts';

/** Bars wanted reach back this many times their own width: weekends, and holidays beside them. */
const REACH = 1.6;
const MOST_BARS = 100_000;
const PAGE_RECORDS = 10_000;
const MOST_PAGES = 30;

/** A history without a tier's days: what models learn from is shown to nobody. */
export type PastHistory = Pick<HistoryReader, 'info' | 'bars' | 'records'>;

export interface PastQuery {
  /** So many bars are kept. */
  readonly want: number;
  /** The source whose ticks stand for the symbol; null where that is not known yet. */
  readonly source: string | null;
  /** Nothing from here on, UTC: it is the live market's. */
  readonly before: number;
}

/**
 * Fills the archive of a series up to the live market. Three sources, the first that has a bar wins: the archive's own bars of ticks, which is what live analysis worked on; bars of the
 * history's ticks since; bars that terminals and files recorded. The history is asked only for what the archive lacks.
 */
export class Past {
  readonly #archive: BarArchive;
  readonly #history: PastHistory;

  constructor(archive: BarArchive, history: PastHistory) {
    this.#archive = archive;
    this.#history = history;
  }

  async bringTogether(key: SeriesKey, query: PastQuery): Promise<void> {
    const reach = query.before - query.want * key.widthMs * REACH;
    const before = await this.#archive.span(key);
    // The last bar of ticks that is there is whole; what follows it may be missing.
    const from = before.lastOfTicks === null ? reach : Math.max(reach, before.lastOfTicks + key.widthMs);
    if (from < query.before) await this.#fromTicks(key, query, from);
    await this.#fromRecords(key, query, reach);
  }

  /**
   * A bar whose beginning was not seen, put together of the history's ticks.
   * @returns the bar itself, not whole, where the history has no more ticks of it.
   */
  async complete(key: SeriesKey, source: string | null, bar: ClosedBar): Promise<ClosedBar> {
    const bars = await this.#barsOf(key, source, bar.time, bar.time + key.widthMs);
    const ticks = bars?.bars.volume[0] ?? 0;
    if (bars === null || bars.bars.time[0] !== bar.time || ticks <= bar.ticks) return bar;
    const at = (column: Float64Array): number => column[0] as number;
    const { open, high, low, close } = bars.bars;
    return { time: bar.time, open: at(open), high: at(high), low: at(low), close: at(close), ticks, whole: bars.firstTick <= bar.time };
  }

  async #fromTicks(key: SeriesKey, { source, before, want }: PastQuery, from: number): Promise<void> {
    let start = from;
    for (;;) {
      const found = await this.#barsOf(key, source, start, before);
      if (found === null || found.bars.time.length === 0) return;
      const { bars, firstTick } = found;
      // Ticks of a bar that began before the history did are missing.
      const isCut = (bars.time[0] as number) < firstTick;
      const whole = isCut ? 1 : 0;
      if (isCut) await this.#archive.put(key, sliced(bars, 0, 1), BarRank.partial, found.source, want);
      await this.#archive.put(key, sliced(bars, whole), BarRank.ticks, found.source, want);
      if (!found.more) return;
      start = (bars.time.at(-1) as number) + key.widthMs;
    }
  }

  async #barsOf(
    { symbol, widthMs }: SeriesKey,
    source: string | null,
    from: number,
    to: number,
  ): Promise<{ bars: Bars; source: string; firstTick: number; more: boolean } | null> {
    const { series } = await this.#history.info();
    const known = series.filter((one) => one.symbol === symbol);
    const chosen = known.find((one) => one.source === source) ?? (source === null ? known.sort((a, b) => b.to - a.to)[0] : undefined);
    if (chosen === undefined || chosen.to < from) return null;
    const query = { symbol, source: chosen.source, width: widthText(widthMs), from: Math.max(0, from), to, limit: MOST_BARS };
    const { time, open, high, low, close, ticks, more } = await this.#history.bars(query);
    return { bars: { time, open, high, low, close, volume: ticks }, source: chosen.source, firstTick: chosen.from, more };
  }

  /** What was recorded is looked through again only where more has come since, and only while bars are missing. */
  async #fromRecords(key: SeriesKey, { source, before, want }: PastQuery, reach: number): Promise<void> {
    const span = await this.#archive.span(key);
    if (span.count >= want) return;
    const { streams } = await this.#history.info();
    const seen = streams.filter(({ stream }) => stream === 'bars').map((one) => `${one.source} ${one.records} ${one.from} ${one.to}`);
    const note = `records of ${key.symbol} ${key.widthMs}`;
    const now = [String(want), ...seen.sort()].join('\n');
    if (seen.length === 0 || (await this.#archive.note(note)) === now) return;
    const bySource = await this.#recorded(key, Math.max(0, reach), before);
    const sources = [...bySource.keys()].sort((a, b) => Number(b === source) - Number(a === source) || (a < b ? -1 : 1));
    for (const name of sources) await this.#archive.put(key, barsOf(bySource.get(name) ?? []), BarRank.recorded, name, want);
    await this.#archive.setNote(note, now);
  }

  async #recorded(key: SeriesKey, from: number, to: number): Promise<Map<string, RecordedBar[]>> {
    const bySource = new Map<string, RecordedBar[]>();
    let after: string | null = null;
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { stream: 'bars' as const, symbol: key.symbol, from, to, limit: PAGE_RECORDS, ...(after !== null && { after }) };
      const { records, next }: { records: readonly StoredRecord[]; next: string | null } = await this.#history.records(query);
      for (const record of records) {
        const bar = recordedBar(record.time, record.body);
        if (bar === null || bar.widthMs !== key.widthMs) continue;
        const bars = bySource.get(record.source) ?? [];
        bySource.set(record.source, bars);
        bars.push(bar);
      }
      if (next === null) break;
      after = next;
    }
    return bySource;
  }
}

export interface RecordedBar extends Omit<ClosedBar, 'whole'> {
  readonly widthMs: number;
}

/** A closed bar of the bid as a record of the stream `bars` has it; null for any other. */
export function recordedBar(time: number, body: unknown): RecordedBar | null {
  const parsed = BarBody.safeParse(body);
  if (!parsed.success || !parsed.data.closed || parsed.data.side !== 'bid') return null;
  const { widthMs, open, high, low, close, ticks } = parsed.data;
  return { widthMs, time, open, high, low, close, ticks };
}

function sliced(bars: Bars, start: number, end?: number): Bars {
  // Copies: a view would take its whole buffer along to the archive's thread.
  return {
    time: bars.time.slice(start, end),
    open: bars.open.slice(start, end),
    high: bars.high.slice(start, end),
    low: bars.low.slice(start, end),
    close: bars.close.slice(start, end),
    volume: bars.volume.slice(start, end),
  };
}
