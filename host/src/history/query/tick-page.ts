import type { TickPage } from '../history.ts';
import type { Series } from '../store/series-table.ts';
import type { TickRun } from '../store/tick-run.ts';

/** A page of all ticks of `run`. */
export function pageOf({ source, symbol, digits }: Series, run: TickRun, more: boolean, damaged: number): TickPage {
  const { count } = run;
  const last = run.last.slice(0, count);
  const volume = run.volume.slice(0, count);
  return {
    source,
    symbol,
    digits,
    count,
    time: run.time.slice(0, count),
    ordinal: run.ordinal.slice(0, count),
    bid: run.bid.slice(0, count),
    ask: run.ask.slice(0, count),
    last: hasAny(last) ? last : null,
    volume: hasAny(volume) ? volume : null,
    flags: run.flags.slice(0, count),
    receivedAt: run.receivedAt.slice(0, count),
    utcOffsetMs: run.utcOffset.slice(0, count),
    next: more ? { time: run.time[count - 1] as number, same: (run.ordinal[count - 1] as number) + 1 } : null,
    damaged,
  };
}

function hasAny(values: Float64Array): boolean {
  for (const value of values) if (value !== 0) return true;
  return false;
}
