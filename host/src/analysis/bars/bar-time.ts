const SECOND = 1_000;
const WEEK = 604_800_000;
/** Weeks begin on Monday; the epoch was a Thursday. */
const FIRST_MONDAY = 4 * 86_400_000;
const MOST = 100 * WEEK;

/** When the bar that `utc` is in opened: bars begin at whole multiples of their width since 1970 (weeks: since Monday, 1970-01-05), UTC. */
export function openingOf(utc: number, widthMs: number): number {
  const origin = widthMs % WEEK === 0 ? FIRST_MONDAY : 0;
  return Math.floor((utc - origin) / widthMs) * widthMs + origin;
}

/** A width as the history's queries take it. */
export function widthText(widthMs: number): string {
  return widthMs % WEEK === 0 ? `${widthMs / WEEK}w` : `${widthMs / SECOND}s`;
}

/** Why there are no bars of this width; null where there are. */
export function widthFault(widthMs: number): string | null {
  return widthMs % SECOND === 0 && widthMs <= MOST
    ? null
    : `bars of ${widthMs} ms are not built: a width is whole seconds, and at most 100 weeks`;
}

/** The width of which bars of all these widths can be put together. */
export function commonWidth(widths: readonly number[]): number {
  const areMixed = widths.some((width) => width % WEEK === 0) && widths.some((width) => width % WEEK !== 0);
  // Weeks begin at an origin of their own, at which one of the common ones has to begin.
  return [...widths, ...(areMixed ? [FIRST_MONDAY] : [])].reduce((a, b) => {
    let [large, small] = [a, b];
    while (small > 0) [large, small] = [small, large % small];
    return large;
  });
}
