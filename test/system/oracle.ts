import type { RecordedTicks } from './recorded-ticks.ts';

/** One tick as the backend's ledger has it. */
export interface DeliveredTick {
  readonly time: number;
  readonly ordinal: number;
  readonly bid: number;
  readonly ask: number;
}

export interface Verdict {
  readonly expected: number;
  readonly delivered: number;
  /** What differs first, in words; null when the ledger is the input, exactly once, in order. */
  readonly difference: string | null;
}

/** Holds what was delivered of one symbol against its recording: the same ticks, each once, in the same order. */
export function compare(symbol: string, recorded: RecordedTicks, delivered: Iterable<DeliveredTick>): Verdict {
  let at = 0;
  let difference: string | null = null;
  const say = (what: string): void => {
    difference ??= `${symbol}, tick ${at}: ${what}`;
  };
  for (const tick of delivered) {
    if (at >= recorded.count) {
      say(`more than the ${recorded.count} recorded: (${tick.time}, ${tick.ordinal})`);
    } else if (tick.time !== recorded.time[at] || tick.ordinal !== recorded.ordinal[at]) {
      say(`delivered (${tick.time}, ${tick.ordinal}), recorded (${recorded.time[at]}, ${recorded.ordinal[at]})`);
    } else if (tick.bid !== recorded.bid[at] || tick.ask !== recorded.ask[at]) {
      say(`delivered ${tick.bid}/${tick.ask}, recorded ${recorded.bid[at]}/${recorded.ask[at]}`);
    }
    at++;
  }
  if (at < recorded.count) say(`${recorded.count - at} of ${recorded.count} were not delivered`);
  return { expected: recorded.count, delivered: at, difference };
}
