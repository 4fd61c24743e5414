import { createFollower, createPoller, z } from '@tickhub/plugin-sdk';
import type {
  Clock,
  Http,
  Log,
  PluginContext,
  PluginStatus,
  Publish,
  RunningPlugin,
  Socket,
  SourceHealth,
  Store,
} from '@tickhub/plugin-sdk';
import { ClockWatch } from './clock-watch.ts';
import type { Config } from './config.ts';
import { KeptState } from './kept-state.ts';
import { startJetstream } from './networks/jetstream.ts';
import { startMastodon } from './networks/mastodon.ts';
import type { NetworkTerms, RunningNetwork } from './networks/network.ts';
import { redditEveryMs, startReddit } from './networks/reddit.ts';
import { startStockTwits, stockTwitsEveryMs } from './networks/stocktwits.ts';
import { PostIntake } from './post-intake.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { SymbolTagger } from './symbols/tagger.ts';
import { Aggregates, AggregatesState, keyOf } from './windows/aggregates.ts';
import type { Aggregate, CountedNetwork } from './windows/aggregates.ts';
import { PublishedLately, PublishedLatelyState } from './windows/published-lately.ts';
import { RecentPosts, RecentPostsState } from './windows/recent-posts.ts';

const TICK_MS = 1_000;
/** What came by stream is saved so often; what was polled, at once. */
const SAVE_EVERY_MS = 10_000;
/** A large state on a slow disk is saved less often: no more than a twentieth of the time goes into it. */
const SAVES_APART = 20;
/** After a start or a sleep no window is closed for so long: what was missed comes first. */
const SETTLE_MS = 15_000;
/** A polled network's windows wait for the next look, and a half of it more. */
const POLLS_AWAITED = 1.5;
const WELL: ReadonlySet<string> = new Set(['ok', 'waiting', 'starting', 'closed']);

const State = z.object({
  cursors: z.array(z.tuple([z.string(), z.number()])),
  aggregates: AggregatesState,
  recent: RecentPostsState,
  published: PublishedLatelyState,
});

/** What the plugin has injected. */
interface Capabilities {
  readonly publish: Publish;
  readonly http: Http;
  readonly socket: Socket;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Listens to the networks of the config, and publishes what was said of each symbol, window by window. */
export async function start(context: PluginContext<Config> & Capabilities): Promise<RunningPlugin> {
  const { config, plugin, publish, store, clock, log, http, socket } = context;
  const running = new Map<string, RunningNetwork>();
  const aggregates = new Aggregates(
    countedNetworks(config, running),
    config.windowMinutes.map((minutes) => minutes * 60_000),
    clock.now(),
  );
  const recent = new RecentPosts();
  const cursors = new Map<string, number>();
  const published = new PublishedLately();
  const publishAggregate = (aggregate: Aggregate): void => {
    const { symbol, end, body } = aggregate;
    const source = body.network === 'all' ? plugin.id : `${plugin.id}:${body.network}`;
    publish.record('social', { time: end, symbol, key: keyOf(aggregate), source, body });
    published.add(aggregate, clock.monotonic());
  };
  const kept = new KeptState(store, State, log);
  const before = await kept.load();
  if (before !== null) {
    recent.restore(before.recent);
    aggregates.restore(before.aggregates, clock.now());
    for (const [source, cursor] of before.cursors) cursors.set(source, cursor);
    for (const aggregate of before.published) publishAggregate(aggregate);
  }
  const pseudonyms = await Pseudonyms.load(store);
  const tagger = new SymbolTagger(config.symbolMap, config.symbols);
  const intake = new PostIntake({ config, tagger, pseudonyms, aggregates, recent, publish });

  let isDirty = false;
  const save = (): Promise<void> => {
    isDirty = false;
    return kept.save(() => ({
      cursors: [...cursors],
      aggregates: aggregates.save(),
      recent: recent.save(),
      published: published.save(clock.monotonic()),
    }));
  };
  const poller = createPoller({ http, clock, store, log });
  const follower = createFollower({ socket, clock, log });
  const listenedTo = new Map<string, number>();
  const unchanged = new Map<string, number>();
  const terms: NetworkTerms = {
    poller,
    follower,
    clock,
    log,
    cursors,
    take: (event, receivedAt) => {
      if (intake.take(event, receivedAt)) isDirty = true;
    },
    listened: (source, from, to) => {
      aggregates.listened(source, from, to);
      listenedTo.set(source, to);
    },
    keep: () => (isDirty ? save() : Promise.resolve()),
  };
  startNetworks(context, terms, aggregates, running);

  const watch = new ClockWatch(clock);
  let settledAt = clock.monotonic() + SETTLE_MS;
  let nextSaveAt = clock.monotonic() + SAVE_EVERY_MS;
  const publishClosed = (): void => {
    for (const aggregate of aggregates.close(clock.now())) {
      publishAggregate(aggregate);
      isDirty = true;
    }
  };
  clock.every(TICK_MS, () => {
    const news = watch.look();
    if (news === 'set-back') aggregates.setBack(clock.now());
    else if (news === 'slept') settledAt = clock.monotonic() + SETTLE_MS;
    for (const network of running.values()) network.tick?.(clock.now());
    // An answer that says "unchanged" reaches no source, and is as good as one with nothing new.
    for (const { source, counters } of poller.health()) {
      const count = counters['unchanged'] ?? 0;
      if (count > (unchanged.get(source) ?? 0)) terms.listened(source, listenedTo.get(source) ?? clock.now(), clock.now());
      unchanged.set(source, count);
    }
    if (clock.monotonic() >= settledAt) publishClosed();
    const began = clock.monotonic();
    if (!isDirty || began < nextSaveAt) return;
    nextSaveAt = Infinity;
    void save().then(() => {
      nextSaveAt = began + Math.max(SAVE_EVERY_MS, (clock.monotonic() - began) * SAVES_APART);
    });
  });

  return {
    status: () =>
      statusOf(intake, running, [...poller.health(), ...follower.health()], { leftOut: aggregates.leftOut, remembered: recent.size }),
    stop: async () => {
      poller.stop();
      follower.stop();
      await save();
    },
  };
}

function countedNetworks(config: Config, running: ReadonlyMap<string, RunningNetwork>): CountedNetwork[] {
  const lateMs = config.lateSeconds * 1_000;
  const polled = (everyMs: number): number => lateMs + Math.ceil(everyMs * POLLS_AWAITED);
  const network = (name: string, lateMs: number): CountedNetwork => ({ name, lateMs, sources: () => running.get(name)?.sources ?? [] });
  const networks: CountedNetwork[] = [];
  if (config.reddit !== undefined) networks.push(network('reddit', polled(redditEveryMs(config.reddit))));
  if (config.stocktwits !== undefined) networks.push(network('stocktwits', polled(stockTwitsEveryMs(config.stocktwits))));
  if (config.mastodon.length > 0) {
    const isPolled = config.mastodon.some(({ token }) => token === undefined);
    networks.push(
      network('mastodon', isPolled ? polled(Math.max(...config.mastodon.map(({ everySeconds }) => everySeconds * 1_000))) : lateMs),
    );
  }
  if (config.bluesky !== undefined) networks.push(network('bluesky', lateMs));
  return networks;
}

function startNetworks(
  { config, plugin, dataDir, log }: PluginContext<Config> & Capabilities,
  terms: NetworkTerms,
  aggregates: Aggregates,
  running: Map<string, RunningNetwork>,
): void {
  const widest = Math.max(...config.windowMinutes) * 60_000 + config.lateSeconds * 1_000;
  // A machine that slept for long has windows open from before it, which nothing that is still to be had belongs to.
  const openSince = (): number => Math.max(aggregates.openSince('bluesky'), terms.clock.now() - widest);
  if (config.reddit !== undefined) running.set('reddit', startReddit(config.reddit, dataDir, plugin.version, terms));
  if (config.stocktwits !== undefined) running.set('stocktwits', startStockTwits(config.stocktwits, plugin.version, terms));
  if (config.mastodon.length > 0) running.set('mastodon', startMastodon(config.mastodon, dataDir, plugin.version, terms));
  if (config.bluesky !== undefined) running.set('bluesky', startJetstream(config.bluesky, openSince, terms));
  if (running.size === 0) log.warn('no network is configured: set plugins.social.bluesky, mastodon, reddit or stocktwits');
}

function statusOf(
  { counts }: PostIntake,
  running: ReadonlyMap<string, RunningNetwork>,
  followed: readonly SourceHealth[],
  more: Readonly<Record<string, number>>,
): PluginStatus {
  const sources = [...followed, ...[...running.values()].flatMap((network) => network.health?.() ?? [])];
  const ill = sources.filter(({ state }) => !WELL.has(state));
  const names = [...running.keys()].join(', ');
  const said = `${counts.posts} posts about symbols since the start, ${counts.spam} of them spam`;
  const detail = running.size === 0 ? 'no network is configured' : `${names}: ${said}`;
  return {
    status: ill.length > 0 || running.size === 0 ? 'degraded' : 'ok',
    detail: (ill.length === 0 ? detail : `${detail}; ${ill.map(({ source, state }) => `${source} is ${state}`).join(', ')}`).slice(0, 500),
    counters: { ...counts, ...more },
    sources: sources.slice(0, 1_000),
  };
}
