/** The longest pause, in ms, between two of the rising `times` that lies in, or reaches into, the span. */
export function longestPause(times: readonly number[], from: number, to: number): number {
  let longest = 0;
  for (let i = 1; i < times.length; i++) {
    const [before, at] = [times[i - 1] as number, times[i] as number];
    if (at >= from && before <= to) longest = Math.max(longest, at - before);
  }
  return longest;
}
