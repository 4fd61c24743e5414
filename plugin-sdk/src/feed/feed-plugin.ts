import { z } from 'zod';
import type { Clock } from '../capabilities/clock.ts';
import { capabilities } from '../capabilities/index.ts';
import { definePlugin } from '../define-plugin.ts';
import type { PluginDefinition } from '../define-plugin.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { PluginStatus, SourceHealth } from '../protocol/control.ts';
import { PluginFault } from '../run/fault.ts';
import { createFollower } from '../sources/follower.ts';
import { createPoller } from '../sources/poller.ts';
import { CompiledFeed } from './compiled-feed.ts';
import { nextTime } from './daily-times.ts';
import type { DailyTimes } from './daily-times.ts';
import { followedFeed } from './followed-feed.ts';
import { Places } from '../manifest/places.ts';
import { polledFeed } from './polled-feed.ts';
import { RowPublisher } from './publish-rows.ts';
import { ToldErrors } from './told-errors.ts';

/** What a user's config may change of a feed. */
const FeedConfig = z.strictObject({
  url: z.string().min(1).optional().describe('Another address than the one in plugin.json.'),
  everyMs: z.number().int().min(250).max(604_800_000).optional().describe('HTTP: how often it is asked, in milliseconds.'),
});

/** At least so often it is looked whether one of the times of day has come: the clock may have been set, or the machine have slept. */
const LOOK_EVERY_MS = 60_000;

/**
 * The plugin that a plugin.json with a `feed` makes.
 * @param file its name, for messages.
 * @throws {PluginFault} BAD_FEED with the line of what is wrong.
 */
export function feedPlugin(text: string, file = 'plugin.json'): PluginDefinition {
  const parsed = parseManifest(text, file);
  if (!parsed.ok) {
    const [error] = parsed.errors;
    const at = error?.place ? `${file}:${error.place.line}:${error.place.column}: ` : `${file}: `;
    throw new PluginFault('BAD_FEED', `${at}${error?.path} ${error?.message}. ${error?.remedy}`);
  }
  const { feed, id } = parsed.manifest;
  if (feed === undefined) throw new PluginFault('BAD_FEED', `${file} has no "feed"`);
  const compiled = new CompiledFeed(feed, id, new Places(text, file, 'feed'));
  const definition = definePlugin({
    kind: 'data-source',
    inject: {
      publish: capabilities.Publish,
      http: capabilities.Http,
      socket: capabilities.Socket,
      clock: capabilities.Clock,
      store: capabilities.Store,
      log: capabilities.Log,
    },
    config: FeedConfig,
    start({ publish, http, socket, clock, store, log, config, plugin }) {
      const rows = new RowPublisher(compiled, publish, plugin.id);
      const terms = { name: plugin.id, compiled, rows, errors: new ToldErrors(log), clock };
      const url = config.url ?? feed.source.url;
      if (feed.source.type === 'websocket') {
        const follower = createFollower({ socket, clock, log });
        follower.add(followedFeed({ ...feed.source, url }, terms));
        return { status: () => statusOf(rows, follower.health()), stop: () => follower.stop() };
      }
      const poller = createPoller({ http, clock, store, log });
      poller.add(polledFeed({ ...feed.source, url, everyMs: config.everyMs ?? feed.source.everyMs }, terms));
      if (feed.source.at !== undefined) atTimes(feed.source.at, clock, () => poller.wake(plugin.id));
      return { status: () => statusOf(rows, poller.health()), stop: () => poller.stop() };
    },
  });
  return definition as unknown as PluginDefinition;
}

function statusOf({ counters }: RowPublisher, sources: SourceHealth[]): PluginStatus {
  const bad = counters.bad === 0 ? '' : `, ${counters.bad} bad`;
  return { status: 'ok', detail: `${counters.rows} rows read, ${counters.published} published${bad}`, counters: { ...counters }, sources };
}

function atTimes(times: DailyTimes, clock: Clock, act: () => void): void {
  let next = nextTime(times, clock.now());
  const look = (): void => {
    const now = clock.now();
    if (now >= next) act();
    // Where a clock was set back, the next time comes sooner than was thought.
    next = nextTime(times, now);
    clock.after(Math.min(LOOK_EVERY_MS, next - now), look);
  };
  clock.after(Math.min(LOOK_EVERY_MS, next - clock.now()), look);
}
