import { createPoller } from '@tickhub/plugin-sdk';
import type { Clock, Http, Log, PluginContext, PluginStatus, Publish, RunningPlugin, SourceHealth, Store } from '@tickhub/plugin-sdk';
import { chosenFeeds } from './chosen-feeds.ts';
import type { ChosenFeed } from './chosen-feeds.ts';
import type { Config } from './config.ts';
import type { FeedReader } from './feed-reader.ts';
import { FeedMemory } from './memory/feed-memory.ts';
import { TitleOwners } from './memory/title-owners.ts';
import { statusOf } from './status.ts';

interface Capabilities {
  publish: Publish;
  http: Http;
  store: Store;
  clock: Clock;
  log: Log;
}

/** BEA refuses whoever does not take `text/xml`. */
const ACCEPT =
  'application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1';
const MAX_BYTES = 5_000_000;
const TIMEOUT_MS = 15_000;

export async function start({
  config,
  plugin,
  publish,
  http,
  store,
  clock,
  log,
}: PluginContext<Config> & Capabilities): Promise<RunningPlugin> {
  const feeds = chosenFeeds(config);
  const asked = feeds.filter(({ off }) => off === null);
  const memories = new Map(asked.map(({ name }) => [name, new FeedMemory(store, name)]));
  await Promise.all([...memories.values()].map((memory) => memory.load()));
  const owners = new TitleOwners(() => memories.values());
  const userAgent = ['Tickhub-news', `/${plugin.version}`, config.contact === undefined ? '' : ` ${config.contact}`].join('');

  const poller = createPoller({ http, store, clock, log });
  const readers = new Map<string, FeedReader>();
  const { maxAgeDays, maxTextLength, rename } = config;
  /** Parser, sanitizer and tables are loaded with the first answer: they take longer to load than all that starts before it. */
  const readerOf = async (feed: ChosenFeed, memory: FeedMemory): Promise<FeedReader> => {
    const { FeedReader } = await import('./feed-reader.ts');
    return new FeedReader({ feed, publish, clock, memory, owners, maxAgeDays, maxTextLength, rename });
  };
  for (const feed of asked) {
    const memory = memories.get(feed.name);
    if (memory === undefined) continue;
    const name = `news:${feed.name}`;
    poller.add({
      name,
      everyMs: feed.everyMs,
      request: () => ({ url: feed.url, headers: { 'user-agent': userAgent, accept: ACCEPT }, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }),
      take: async (answer) => {
        const reader = readers.get(name) ?? (await readerOf(feed, memory));
        readers.set(name, reader);
        return reader.take(answer);
      },
    });
  }

  const startedAt = clock.now();
  const off: SourceHealth[] = feeds.flatMap(({ name, off: why }) =>
    why === null
      ? []
      : [{ source: `news:${name}`, state: 'off', detail: why, since: startedAt, lastDataAt: null, nextAttemptAt: null, counters: {} }],
  );
  return {
    status: (): PluginStatus => statusOf([...poller.health(), ...off], readers),
    stop: () => poller.stop(),
  };
}
