import type { SourceStatus } from '../control/status.ts';
import { duration, grouped, table } from './numbers.ts';

/** States that need nobody's attention. */
export const HEALTHY: ReadonlySet<SourceStatus['state']> = new Set(['starting', 'ok', 'waiting', 'closed', 'off']);

/** Sources as a table. @param now Unix epoch milliseconds. */
export function sourceTable(sources: readonly SourceStatus[], now: number): string[] {
  const ago = (at: number | null): string => (at === null ? 'never' : `${duration(Math.max(0, now - at))} ago`);
  const until = (at: number | null): string => (at === null ? '' : at <= now ? 'now' : `in ${duration(at - now)}`);
  const rows = sources.map((source) => [
    source.source,
    source.state,
    ago(source.lastDataAt),
    until(source.nextAttemptAt),
    flow(source),
    source.detail,
  ]);
  return table(['source', 'state', 'last data', 'next try', 'so far', ''], rows);
}

function flow({ ticks, ticksPerSecond, records }: SourceStatus): string {
  const parts = ticks > 0 ? [`${grouped(ticks)} ticks (${grouped(ticksPerSecond)}/s)`] : [];
  for (const [stream, count] of Object.entries(records)) parts.push(`${grouped(count)} ${stream}`);
  return parts.join(', ');
}
