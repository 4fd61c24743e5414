import type { PluginStatus, SourceHealth } from '@tickhub/plugin-sdk';
import type { FeedIntake } from './feed-intake.ts';
import type { Announcements } from './releases/announcements.ts';
import type { ReleaseWatch } from './releases/release-watch.ts';

export interface StatusTerms {
  readonly sources: SourceHealth[];
  readonly announcements: Announcements;
  readonly watch: ReleaseWatch;
  readonly intakes: readonly FeedIntake[];
  readonly now: number;
}

const WELL: ReadonlySet<string> = new Set(['starting', 'ok', 'waiting', 'closed']);

/** What the plugin says of itself: how many events are ahead, what is next, and which provider is in trouble. */
export function describeStatus({ sources, announcements, watch, intakes, now }: StatusTerms): PluginStatus {
  const ahead = announcements.books
    .flatMap(({ book, publishes }) => (publishes ? book.events : []))
    .filter((event) => event.timed && !event.withdrawn && event.at > now)
    .sort((a, b) => a.at - b.at);
  const ill = sources.filter(({ state }) => !WELL.has(state));
  const next = ahead.find(({ impact }) => impact === 'high');
  const sum = (name: keyof FeedIntake['counters']): number => intakes.reduce((total, { counters }) => total + counters[name], 0);
  const words = [
    sources.length === 0
      ? 'no provider is configured'
      : `${sources.length} ${sources.length === 1 ? 'source' : 'sources'}, ${ahead.length} events ahead`,
    ...(next === undefined ? [] : [`next of high impact: ${next.currency} ${next.title} in ${inWords(next.at - now)}`]),
    ...ill.slice(0, 3).map(({ source, state }) => `${source} is ${state}`),
  ];
  return {
    // One that is well is enough to have a calendar.
    status: sources.length > 0 && ill.length === sources.length ? 'degraded' : 'ok',
    detail: words.join('; ').slice(0, 500),
    counters: {
      ...announcements.counters,
      ...watch.counters,
      listed: sum('listed'),
      skipped: sum('skipped'),
      doubtfulTimes: sum('doubtfulTimes'),
    },
    sources,
  };
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}
