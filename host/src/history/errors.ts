export type HistoryErrorCode =
  /** The file cannot be opened, or is of another program or a later version. */
  | 'HISTORY_UNUSABLE'
  /** There is no history file yet. */
  | 'HISTORY_NONE'
  | 'HISTORY_NO_SERIES'
  | 'HISTORY_SOURCE_AMBIGUOUS'
  | 'HISTORY_BAD_QUERY'
  /** The tier does not let this symbol through. */
  | 'HISTORY_HELD_BACK'
  /** Imported ticks do not rise by (time, ordinal). */
  | 'HISTORY_UNSORTED'
  /** The snapshot was closed. */
  | 'HISTORY_CLOSED'
  /** The disk refuses; what is in the spool stays there until it does not. */
  | 'HISTORY_DISK'
  /** The thread has died. */
  | 'HISTORY_WORKER';

/** What can go wrong with the history. `code` is for machines, the message says what to do. */
export class HistoryError extends Error {
  readonly code: HistoryErrorCode;

  constructor(code: HistoryErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HistoryError';
    this.code = code;
  }
}
