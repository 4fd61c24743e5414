import type { CalendarValue } from '@tickhub/plugin-sdk';
import { covers } from './listing.ts';
import type { Span } from './listing.ts';

const HOUR = 3_600_000;
/** An event that moves stays within this of where it was. */
export const MOVES_WITHIN_MS = 36 * HOUR;
/**
 * A release whose `previous` is still the same has not been out yet, so it is known again over a longer way. Real: China's Foreign Direct Investment went from
 * Tuesday to Friday in one step. Less than a week, so that no weekly release is taken for the one before.
 */
export const POSTPONED_WITHIN_MS = 5 * 24 * HOUR;

/** What tells events of one currency and title apart. */
export interface Occurrence {
  readonly at: number;
  readonly previous?: CalendarValue | null;
}

interface Pair {
  readonly known: number;
  readonly listed: number;
  /** 0 is the surest. */
  readonly rank: number;
  readonly distance: number;
}

/**
 * Which known event each listed one is, among those of one provider, currency and title: the nearest in time, but an equal `previous` goes before nearness,
 * since two releases of one title a minute apart may both move (real: ADP Weekly Employment Change).
 * @param span what the answer lists in full. A known event outside of it cannot be expected in the answer, so nearness alone does not make it the same: on
 * Sunday's new week, somebody who speaks is not the one who spoke on Saturday.
 * @returns for each listed one the index of the known one, or -1.
 */
export function matchOccurrences(known: readonly Occurrence[], listed: readonly Occurrence[], span: Span | null): number[] {
  const pairs: Pair[] = [];
  known.forEach((was, knownIndex) => {
    const expected = span === null || covers(span, was.at);
    listed.forEach((is, listedIndex) => {
      const distance = Math.abs(was.at - is.at);
      const samePrevious = sameFigure(was.previous, is.previous);
      const notOutYet = samePrevious && hasFigure(is.previous);
      const reach = notOutYet ? POSTPONED_WITHIN_MS : expected ? MOVES_WITHIN_MS : 0;
      if (distance > reach) return;
      const rank = distance === 0 && samePrevious ? 0 : notOutYet ? 1 : distance === 0 ? 2 : 3;
      pairs.push({ known: knownIndex, listed: listedIndex, rank, distance });
    });
  });
  const timeOf = (of: readonly Occurrence[], index: number): number => of[index]?.at ?? 0;
  pairs.sort(
    (a, b) =>
      a.rank - b.rank ||
      a.distance - b.distance ||
      timeOf(known, a.known) - timeOf(known, b.known) ||
      timeOf(listed, a.listed) - timeOf(listed, b.listed),
  );
  const result = listed.map(() => -1);
  const taken = new Set<number>();
  for (const pair of pairs) {
    if (taken.has(pair.known) || result[pair.listed] !== -1) continue;
    taken.add(pair.known);
    result[pair.listed] = pair.known;
  }
  return result;
}

function hasFigure(figure: CalendarValue | null | undefined): boolean {
  return figure !== null && figure !== undefined;
}

/** Undefined, which says nothing, is like anything. */
function sameFigure(a: CalendarValue | null | undefined, b: CalendarValue | null | undefined): boolean {
  return a === undefined || b === undefined || (a?.text ?? '') === (b?.text ?? '');
}
