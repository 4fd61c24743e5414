import type { BarsQuery, HistoryBars, HistoryInfo, HistoryRecords, HistoryTicks, RecordsQuery, TicksQuery } from '../protocol/history.ts';

/**
 * The past that the host keeps, as far as the user's tier lets it be seen: its days and its symbols. What has just become durable is in it.
 * Rejects with a code: HISTORY_NO_SERIES and HISTORY_SOURCE_AMBIGUOUS (the message says what there is), HISTORY_HELD_BACK (the tier), HISTORY_BAD_QUERY,
 * HISTORY_DISK, HISTORY_WORKER (there is none until the host is started again).
 */
export interface History {
  /** The symbols of each source that there are ticks of, from when and to when. */
  series(): Promise<HistoryInfo['series']>;
  /** Bars of any width, made of ticks. */
  bars(query: BarsQuery): Promise<HistoryBars>;
  /** A page of ticks; `next` of it is `after` of the next one. */
  ticks(query: TicksQuery): Promise<HistoryTicks>;
  /** A page of records by time, each in its newest version or in every one. */
  records(query: RecordsQuery): Promise<HistoryRecords>;
}
