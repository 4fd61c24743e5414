/** What was seen of one symbol since the plugin began. Nothing is dropped without being counted here. */
export interface Quality {
  /** Published. */
  taken: number;
  /** Of {@link taken}: through a backfill. */
  late: number;
  /** Of {@link taken}: ask below bid, as the broker sent it. */
  crossed: number;
  /** Of {@link taken}: live, but older than `staleAfterMs` by the broker's clock. */
  stale: number;
  /** Holes in the numbers of a connection, each repaired from the cursor; {@link missing} counts the ticks. */
  gaps: number;
  missing: number;
  /** Times the terminal could not begin at the cursor: what lies between is lost, and a gap record says so. */
  truncated: number;
  /** Dropped: taken before. */
  duplicates: number;
  /** Dropped: older than the tick before it. */
  outOfOrder: number;
  /** Dropped: a price that is no number, or a time that cannot be. */
  invalid: number;
  /** Dropped: no price at all (an empty book). */
  noQuote: number;
  /** Dropped: the tier held the symbol back. */
  heldBack: number;
  /** Dropped: nobody asked for them (any more). */
  unasked: number;
}

export function newQuality(): Quality {
  return {
    taken: 0,
    late: 0,
    crossed: 0,
    stale: 0,
    gaps: 0,
    missing: 0,
    truncated: 0,
    duplicates: 0,
    outOfOrder: 0,
    invalid: 0,
    noQuote: 0,
    heldBack: 0,
    unasked: 0,
  };
}

/** Adds `from` to `to`. */
export function addQuality(to: Quality, from: Quality): void {
  for (const key of Object.keys(to) as (keyof Quality)[]) to[key] += from[key];
}
