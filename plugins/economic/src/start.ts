import { createPoller } from '@tickhub/plugin-sdk';
import type { Clock, Http, Log, PluginContext, Publish, RunningPlugin, Store } from '@tickhub/plugin-sdk';
import type { Config } from './config.ts';
import { EventBook } from './events/event-book.ts';
import { FeedIntake } from './feed-intake.ts';
import { feedsOf } from './providers/feeds.ts';
import { Announcements } from './releases/announcements.ts';
import { ReleaseWatch } from './releases/release-watch.ts';
import { describeStatus } from './status.ts';
import { SurpriseHistory } from './surprise/surprise-history.ts';
import { affectedSymbols } from './symbols/affected-symbols.ts';

export interface Capabilities {
  readonly publish: Publish;
  readonly http: Http;
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Log;
}

export async function start(context: PluginContext<Config> & Capabilities): Promise<RunningPlugin> {
  const { config, dataDir, publish, http, clock, store, log } = context;
  const announcements = new Announcements({
    publish,
    filters: { currencies: new Set(config.currencies), impacts: new Set(config.impacts) },
    symbols: affectedSymbols(config.symbols),
    history: new SurpriseHistory(store, config.surpriseSamples),
  });
  const intakes: FeedIntake[] = [];
  const watch = new ReleaseWatch({
    clock,
    announcements,
    countdown: { ...config.countdown, holiday: [] },
    looked: (now) => intakes.forEach((intake) => intake.wakeIfEager(now)),
  });
  const poller = createPoller({ http, clock, store, log });
  const { feeds, off } = await feedsOf(config, dataDir, clock.now());
  for (const { feed, publishes } of feeds) {
    const book = await EventBook.open(feed.provider, feed.scope, store, log);
    const own = { book, source: feed.polls[0]?.name ?? 'economic', publishes };
    announcements.add(own);
    intakes.push(new FeedIntake({ feed, own, announcements, poller, store, clock, log, changed: () => watch.look() }));
  }
  for (const intake of intakes) await intake.begin();
  watch.look();

  return {
    status: () =>
      describeStatus({
        sources: [...poller.health(), ...intakes.flatMap(({ postponed }) => postponed), ...off],
        announcements,
        watch,
        intakes,
        now: clock.now(),
      }),
    stop() {
      watch.stop();
      poller.stop();
    },
  };
}
