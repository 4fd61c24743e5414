import type { FollowedSource, PolledSource } from '@tickhub/plugin-sdk';
import { readSecret } from '@tickhub/plugin-sdk';
import type { MastodonConfig } from '../config.ts';
import { parseFrame, parseTimeline } from './mastodon-shapes.ts';
import { Continuity, jsonOf, sourceOff, withoutSecret } from './network.ts';
import type { NetworkTerms, RunningNetwork } from './network.ts';

const PAGE = 40;
/** Ticks come each second; after a longer pause the machine slept, and an open connection says nothing of what it missed. */
const LONGEST_TICK_MS = 10_000;
/** The server pings each half minute, which is not seen here; a quiet hashtag says nothing for long. */
const STALE_AFTER_MS = 1_800_000;

/** Hashtags and timelines of Mastodon instances: streamed where there is a token; read by REST where there is none, and while the stream is closed. */
export function startMastodon(configs: readonly MastodonConfig[], dataDir: string, version: string, terms: NetworkTerms): RunningNetwork {
  const instances = configs.map((config) => new Instance(config, dataDir, version, terms));
  return {
    sources: instances.flatMap(({ sources }) => sources),
    tick: (now) => {
      for (const instance of instances) instance.tick(now);
    },
    health: () => instances.flatMap((instance) => instance.health()),
  };
}

class Instance {
  readonly sources: readonly string[];
  readonly #name: string;
  readonly #config: MastodonConfig;
  readonly #host: string;
  readonly #agent: string;
  readonly #terms: NetworkTerms;
  readonly #token: string | null;
  readonly #why: string;
  readonly #startedAt: number;
  readonly #timelines: readonly PolledSource[];
  /** When each timeline was read last, and when the stream opened; monotonic. */
  readonly #readAt = new Map<string, number>();
  #openedAt: number | null = null;
  #isOpen = false;
  #listenedTo = 0;

  constructor(config: MastodonConfig, dataDir: string, version: string, terms: NetworkTerms) {
    this.#config = config;
    this.#host = new URL(config.url).host;
    this.#agent = `tickhub/${version}`;
    this.#terms = terms;
    this.#name = `social:mastodon:${this.#host}`;
    const token = config.token === undefined ? null : readSecret(config.token, dataDir);
    this.#token = token !== null && 'value' in token ? token.value : null;
    this.#why =
      token !== null && 'missing' in token ? withoutSecret(token.missing, "it is your account's access token for this instance") : '';
    this.#startedAt = terms.clock.now();
    this.#timelines = [
      ...config.hashtags.map((tag) => this.#timeline(tag, `/api/v1/timelines/tag/${encodeURIComponent(tag)}?limit=${PAGE}`)),
      ...(config.timeline === 'none' ? [] : [this.#timeline(config.timeline, timelinePath(config.timeline))]),
    ];
    this.sources = this.#timelines.map(({ name }) => name);
    this.#readTimelines();
    if (this.#token !== null) terms.follower.add(this.#stream(this.#token));
  }

  /** The stream listens to all of them while it is open. */
  tick(now: number): void {
    if (this.#token === null) return;
    const state = this.#terms.follower.health().find(({ source }) => source === this.#name)?.state;
    const isOpen = state === 'ok' || state === 'waiting';
    const slept = now - this.#listenedTo > LONGEST_TICK_MS || now < this.#listenedTo;
    if (isOpen && this.#isOpen && !slept) for (const source of this.sources) this.#terms.listened(source, this.#listenedTo, now);
    this.#listenedTo = now;
    if (!isOpen && this.#isOpen) this.#readTimelines();
    this.#isOpen = isOpen;
    if (!isOpen) return;
    for (const source of this.sources) {
      if ((this.#readAt.get(source) ?? -Infinity) >= (this.#openedAt ?? Infinity)) this.#terms.poller.remove(source);
    }
  }

  health(): ReturnType<typeof sourceOff>[] {
    return this.#token === null && this.#config.token !== undefined ? [sourceOff(this.#name, this.#why, this.#startedAt)] : [];
  }

  #stream(token: string): FollowedSource {
    const subscriptions = [
      ...this.#config.hashtags.map((tag) => ({ type: 'subscribe', stream: 'hashtag', tag })),
      ...(this.#config.timeline === 'none' ? [] : [{ type: 'subscribe', stream: streamName(this.#config.timeline) }]),
    ];
    return {
      name: this.#name,
      staleAfterMs: STALE_AFTER_MS,
      request: () => ({
        url: `${this.#config.streamingUrl ?? this.#config.url.replace(/^http/, 'ws')}`.replace(/\/?$/, '/api/v1/streaming'),
        headers: { authorization: `Bearer ${token}`, 'user-agent': this.#agent },
      }),
      opened: (connection) => {
        const isFirst = this.#openedAt === null;
        this.#openedAt = isFirst ? 0 : this.#terms.clock.monotonic();
        // Once more, for what was said while it was closed.
        if (!isFirst) this.#readTimelines();
        for (const subscription of subscriptions) connection.send(JSON.stringify(subscription));
      },
      take: (data) => {
        const event = parseFrame(typeof data === 'string' ? data : new TextDecoder().decode(data), this.#host);
        if (event !== null) this.#terms.take(event, this.#terms.clock.now());
      },
    };
  }

  /** By REST, from now on, until the stream is open and each was read since. */
  #readTimelines(): void {
    for (const timeline of this.#timelines) this.#terms.poller.add(timeline);
  }

  #timeline(label: string, path: string): PolledSource {
    const name = `${this.#name}:${label}`;
    const continuity = new Continuity();
    return {
      name,
      everyMs: this.#config.everySeconds * 1_000,
      request: () => ({
        url: new URL(path, this.#config.url).href,
        headers: { 'user-agent': this.#agent, ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }) },
      }),
      take: async (answer) => {
        const page = parseTimeline(jsonOf(answer), this.#host, (reason) =>
          this.#terms.log.debug(`${name}: a status that cannot be read: ${reason}`),
        );
        const now = this.#terms.clock.now();
        for (const post of page.posts) this.#terms.take({ kind: 'post', post }, now);
        this.#terms.listened(name, continuity.look(now, page.times, page.size >= PAGE), now);
        await this.#terms.keep();
        this.#readAt.set(name, this.#terms.clock.monotonic());
      },
    };
  }
}

function timelinePath(timeline: 'local' | 'public'): string {
  return `/api/v1/timelines/public?limit=${PAGE}${timeline === 'local' ? '&local=true' : ''}`;
}

function streamName(timeline: 'local' | 'public'): string {
  return timeline === 'local' ? 'public:local' : 'public';
}
