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

/**
 * As {@link compare}, for a market that gave the recorded ticks new times (the Expert Advisor's `rate`): the same prices in the same order, and times and
 * ordinals that always rise, so that no tick is there twice.
 */
export function comparePrices(symbol: string, recorded: RecordedTicks, delivered: Iterable<DeliveredTick>): Verdict {
  let at = 0;
  let difference: string | null = null;
  let before: DeliveredTick | null = null;
  const say = (what: string): void => {
    difference ??= `${symbol}, tick ${at}: ${what}`;
  };
  for (const tick of delivered) {
    if (tick.bid !== recorded.bid[at] || tick.ask !== recorded.ask[at]) {
      say(`delivered ${tick.bid}/${tick.ask}, recorded ${recorded.bid[at]}/${recorded.ask[at]}`);
    }
    if (before !== null && !isAfter(tick, before))
      say(`(${tick.time}, ${tick.ordinal}) does not come after (${before.time}, ${before.ordinal})`);
    before = tick;
    at++;
  }
  if (at < recorded.count) say(`${recorded.count - at} of ${recorded.count} were not delivered`);
  return { expected: recorded.count, delivered: at, difference };
}

/** Where ticks may be missing: how many are, and what is wrong with those that are there; null when each is one of the recorded, once, in order. */
export function compareWithLosses(
  symbol: string,
  recorded: RecordedTicks,
  delivered: Iterable<DeliveredTick>,
): { missing: number; difference: string | null } {
  let at = 0;
  let missing = 0;
  let difference: string | null = null;
  for (const tick of delivered) {
    while (at < recorded.count && !isSame(tick, recorded, at)) {
      at++;
      missing++;
    }
    if (at === recorded.count)
      difference ??= `${symbol}: (${tick.time}, ${tick.ordinal}) was delivered twice, out of order, or never recorded`;
    else at++;
  }
  return { missing: missing + recorded.count - at, difference };
}

function isAfter(tick: DeliveredTick, before: DeliveredTick): boolean {
  return tick.time > before.time || (tick.time === before.time && tick.ordinal > before.ordinal);
}

function isSame(tick: DeliveredTick, recorded: RecordedTicks, at: number): boolean {
  return (
    tick.time === recorded.time[at] &&
    tick.ordinal === recorded.ordinal[at] &&
    tick.bid === recorded.bid[at] &&
    tick.ask === recorded.ask[at]
  );
}
