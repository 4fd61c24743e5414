import type { HistoryInfo, TimeRange } from '../../history/history.ts';
import { grouped } from '../numbers.ts';

/** Says, beside the answer, what is not in it and why: the tier's days, damage, and what history missed. */
export function sayWhatIsMissing(
  { since, gaps }: HistoryInfo,
  { from }: TimeRange,
  damaged: number,
  complain: (text: string) => void,
): void {
  if (since !== null && from > 0 && from < since) complain(`tickhub: your tier shows what is after ${new Date(since).toISOString()}`);
  if (damaged > 0) complain(`tickhub: ${grouped(damaged)} ticks are in damaged parts of the file, and not in this answer`);
  if (gaps.length > 0) {
    complain(`tickhub: the history missed ${gaps.length} pieces of the stream when it lagged; \`tickhub history info\` shows them`);
  }
}
