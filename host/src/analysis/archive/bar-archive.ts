import type { Bars } from '@tickhub/plugin-sdk/features';

/**
 * How a bar came about, and so which one stays where there are two of one time: the higher. Bars that were made of ticks that may lack some are better than nothing; a bar that
 * a terminal or a file has is better than those; one made of all ticks of its source is what live analysis works on, and stays.
 */
export const BarRank = { partial: 0, recorded: 1, ticks: 2 } as const;
export type BarRank = (typeof BarRank)[keyof typeof BarRank];

/** Bars of one symbol and one width, of the bid side, by UTC. */
export interface SeriesKey {
  readonly symbol: string;
  readonly widthMs: number;
}

/** What a series has. Times are Unix epoch milliseconds; null where it has nothing. */
export interface SeriesSpan {
  readonly count: number;
  readonly first: number | null;
  readonly last: number | null;
  /** Opening of the last bar made of ticks. */
  readonly lastOfTicks: number | null;
}

/**
 * The bars that models learn a symbol's past from: kept however few days of history the tier shows, because nobody looks at them but the models. One file of a tenant.
 * Calls are worked on in their order; none of them blocks the caller.
 */
export interface BarArchive {
  /**
   * Puts bars in. One of a time that is there already replaces it where its rank is higher, or where both were recorded by one source (a revision).
   * @param source whose ticks or records they are.
   * @param keep so many of the newest are kept.
   * @returns how many were new or changed something.
   */
  put(key: SeriesKey, bars: Bars, rank: BarRank, source: string, keep: number): Promise<number>;
  /** The newest `count` bars that opened before `before`, oldest first. */
  read(key: SeriesKey, count: number, before: number): Promise<Bars>;
  span(key: SeriesKey): Promise<SeriesSpan>;
  /** Text that was noted under a name; null where none was. */
  note(name: string): Promise<string | null>;
  setNote(name: string, text: string): Promise<void>;
  /** What was put in is on disk then. */
  close(): Promise<void>;
}
