import type { PluginStatus, SourceHealth, SourceState } from '@tickhub/plugin-sdk';
import type { FeedReader } from './feed-reader.ts';

const HEALTHY: ReadonlySet<SourceState> = new Set(['starting', 'ok', 'waiting']);
/** So many are named; the rest is counted. */
const MAX_NAMED = 4;

/** What the plugin says of itself: degraded when no feed answers as it should. */
export function statusOf(sources: readonly SourceHealth[], readers: ReadonlyMap<string, FeedReader>): PluginStatus {
  const told = sources.map((source) => ({ ...source, counters: { ...source.counters, ...readers.get(source.source)?.counters } }));
  const counters: Record<string, number> = {};
  for (const source of told) for (const [name, count] of Object.entries(source.counters)) counters[name] = (counters[name] ?? 0) + count;
  const asked = sources.filter(({ state }) => state !== 'off');
  const faulty = asked.filter(({ state }) => !HEALTHY.has(state));
  return {
    status: faulty.length > 0 && faulty.length === asked.length ? 'degraded' : 'ok',
    detail: detailOf(asked.length, faulty, counters['published'] ?? 0).slice(0, 500),
    counters,
    sources: told,
  };
}

function detailOf(asked: number, faulty: readonly SourceHealth[], published: number): string {
  if (asked === 0) return 'no feed is on: see "on" and "feeds" in the config';
  const feeds = `${asked} ${asked === 1 ? 'feed' : 'feeds'}, ${published.toLocaleString('en-US')} items read`;
  if (faulty.length === 0) return feeds;
  const named = faulty.slice(0, MAX_NAMED).map(({ source, state }) => `${source.slice('news:'.length)} ${state}`);
  const more = faulty.length > MAX_NAMED ? [`${faulty.length - MAX_NAMED} more`] : [];
  return `${feeds}; not well: ${[...named, ...more].join(', ')}`;
}
