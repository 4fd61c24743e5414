import { Clock, Http, Log, Store, createPoller, definePlugin, z } from '../index.ts';
import type { PolledSource, Poller } from '../index.ts';
import { createHarness } from '../testing/index.ts';
import type { Harness } from '../testing/index.ts';

export interface Bench {
  readonly harness: Harness;
  readonly poller: Poller;
  /** Each request: seconds since the start, and the address. */
  readonly asked: { readonly at: number; readonly url: string; readonly headers: Record<string, string> }[];
  stateOf(name: string): string;
  /** Seconds until the next attempt. */
  nextIn(name: string): number | null;
}

/** A plugin that polls, in a harness, with no jitter unless `random` says otherwise. */
export async function polling(
  sources: readonly (Partial<PolledSource> & { url: string; headers?: Record<string, string> })[],
  answer: (url: string, headers: Record<string, string>) => object | Promise<object>,
  { random = () => 0, store = new Map<string, unknown>() }: { random?: () => number; store?: Map<string, unknown> } = {},
): Promise<Bench> {
  const asked: Bench['asked'] = [];
  let made: Poller | null = null;
  const plugin = definePlugin({
    kind: 'data-source',
    inject: { http: Http, clock: Clock, store: Store, log: Log },
    config: z.object({}),
    start({ http, clock, store, log }) {
      const poller = (made = createPoller({ http, clock, store, log, random }));
      sources.forEach(({ url, headers, ...source }, index) =>
        poller.add({
          name: `test:${index}`,
          everyMs: 60_000,
          request: () => ({ url, ...(headers ? { headers } : {}) }),
          take: () => undefined,
          ...source,
        }),
      );
      return {
        status: () => ({ status: 'ok', detail: '', counters: {}, sources: poller.health() }),
        stop: () => poller.stop(),
      };
    },
  });
  const harness = createHarness(plugin, {
    store,
    http: (url, request) => {
      asked.push({ at: (harness.now() - START) / 1_000, url, headers: request.headers ?? {} });
      return answer(url, request.headers ?? {});
    },
    now: START,
  });
  await harness.start();
  await harness.settle();
  const poller = made as Poller | null;
  if (poller === null) throw new Error('the plugin made no poller');
  const health = (name: string): ReturnType<Poller['health']>[number] => {
    const found = poller.health().find(({ source }) => source === name);
    if (found === undefined) throw new Error(`there is no source ${name}`);
    return found;
  };
  return {
    harness,
    poller,
    asked,
    stateOf: (name) => health(name).state,
    nextIn: (name) => {
      const { nextAttemptAt } = health(name);
      return nextAttemptAt === null ? null : (nextAttemptAt - harness.now()) / 1_000;
    },
  };
}

export const START = Date.UTC(2026, 10, 25, 12);

/** An answer that fails as the host's http capability does. */
export function failing(code: string): never {
  throw Object.assign(new Error(`${code}, as the host says it`), { code });
}
