import type { SourceHealth } from '@tickhub/plugin-sdk';
import type { Config } from '../config.ts';
import type { Feed } from './feed.ts';
import { forexFactory } from './forex-factory/forex-factory.ts';
import { resolveAll } from './secret.ts';

export interface ConfiguredFeed {
  readonly feed: Feed;
  readonly publishes: boolean;
}

type Provider = Config['providers'][number];

/**
 * The feeds of a config. What only some need, parsers foremost, is loaded by these. A provider whose key is missing is off, and says what to do.
 */
export async function feedsOf(config: Config, dataDir: string, now: number): Promise<{ feeds: ConfiguredFeed[]; off: SourceHealth[] }> {
  const feeds: ConfiguredFeed[] = [];
  const off: SourceHealth[] = [];
  for (const provider of config.providers) {
    const made = await make(provider, dataDir);
    if ('missing' in made) off.push(withoutKey(provider.name, made.missing, now));
    else feeds.push(...made.feeds.map((feed) => ({ feed, publishes: provider.type !== 'mapped' || provider.publish })));
  }
  return { feeds, off };
}

async function make(provider: Provider, dataDir: string): Promise<{ feeds: Feed[] } | { missing: string }> {
  switch (provider.type) {
    case 'forex-factory':
      return { feeds: [forexFactory({ ...provider, everyMs: provider.everyMinutes * 60_000 })] };
    case 'fred': {
      const keys = resolveAll({ key: provider.apiKey }, dataDir);
      if ('missing' in keys) return keys;
      const { fredFeeds } = await import('./fred/fred.ts');
      return { feeds: fredFeeds(provider, keys.values['key'] ?? '') };
    }
    case 'mapped': {
      const [headers, query] = [resolveAll(provider.headers, dataDir), resolveAll(provider.query, dataDir)];
      if ('missing' in headers) return headers;
      if ('missing' in query) return query;
      const { mappedCalendar } = await import('./mapped/mapped-calendar.ts');
      return { feeds: [mappedCalendar({ config: provider, headers: headers.values, query: query.values })] };
    }
    case 'ics': {
      const headers = resolveAll(provider.headers, dataDir);
      if ('missing' in headers) return headers;
      const { icsCalendar } = await import('./ics/ics-calendar.ts');
      return { feeds: [icsCalendar(provider, headers.values)] };
    }
  }
}

function withoutKey(name: string, missing: string, now: number): SourceHealth {
  return {
    source: `economic:${name}`,
    state: 'off',
    detail: `its key is missing: ${missing}; set it where Tickhub is started, and start it again`,
    since: now,
    lastDataAt: null,
    nextAttemptAt: null,
    counters: {},
  };
}
