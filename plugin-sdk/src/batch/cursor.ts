/**
 * Where a consumer is in one symbol's ticks: every tick before `time` was taken, and of the millisecond `time` the first `same`.
 * `time` is the source's own time in epoch milliseconds. `{ time: 0, same: 0 }` means that nothing was taken.
 */
export interface TickCursor {
  readonly time: number;
  readonly same: number;
}

/** The cursor before the first tick. */
export const START_CURSOR: TickCursor = Object.freeze({ time: 0, same: 0 });

/** Whether the tick (time, ordinal) lies behind the cursor, so was taken already. */
export function isBehind(cursor: TickCursor, time: number, ordinal: number): boolean {
  return time < cursor.time || (time === cursor.time && ordinal < cursor.same);
}
