import type { PolledSource, SourceHealth } from '@tickhub/plugin-sdk';
import { readSecret, SourceFault } from '@tickhub/plugin-sdk';
import type { RedditConfig } from '../config.ts';
import { Continuity, jsonOf, sourceOff, withoutSecret } from './network.ts';
import type { NetworkTerms, RunningNetwork } from './network.ts';
import { AccessToken, parseAtom, parseListing } from './reddit-shapes.ts';
import type { RedditPage } from './reddit-shapes.ts';

const SIGN_IN = 'social:reddit-sign-in';
const PAGE = 100;
/** An Atom feed of Reddit has 25 entries. */
const FEED_PAGE = 25;
const INSTALLED_CLIENT = 'https://oauth.reddit.com/grants/installed_client';
/** A sign-in is renewed when so much of its time is over: the poller's jitter may make it a tenth later. */
const RENEW_AT = 0.8;
/** A token that was refused is not asked for again sooner. */
const RETRY_SIGN_IN_MS = 300_000;

/** Feeds are for people's readers; a client that reads them more often is refused soon. */
const LEAST_FEED_MS = 120_000;

/** How often each subreddit is read, in milliseconds. */
export function redditEveryMs({ mode, everySeconds }: RedditConfig): number {
  return Math.max(everySeconds * 1_000, mode === 'rss' ? LEAST_FEED_MS : 0);
}

/** Subreddits' newest posts: by the API with an app's sign-in, or by the public feeds. */
export function startReddit(config: RedditConfig, dataDir: string, version: string, terms: NetworkTerms): RunningNetwork {
  const agent = `${process.platform}:tickhub:${version} (by /u/${config.user})`;
  const names = config.subreddits.map((subreddit) => `social:reddit:${subreddit}`);
  if (config.mode === 'rss') {
    for (const subreddit of config.subreddits) terms.poller.add(feed(subreddit, config, agent, terms));
    return { sources: names };
  }
  const clientId = readSecret(config.clientId, dataDir);
  const secret = config.clientSecret === undefined ? { value: '' } : readSecret(config.clientSecret, dataDir);
  const since = terms.clock.now();
  // Nothing listens, so nothing is missed either.
  const off = (why: string): RunningNetwork => ({ sources: [], health: () => names.map((name) => sourceOff(name, why, since)) });
  if ('missing' in clientId) return off(withoutSecret(clientId.missing, 'it is the id of your Reddit app; or set mode to "rss"'));
  if ('missing' in secret)
    return off(withoutSecret(secret.missing, 'it is the secret of your Reddit app; leave clientSecret out for an "installed app"'));
  return new RedditApi(config, { clientId: clientId.value, secret: secret.value, agent }, terms);
}

interface Sign {
  readonly clientId: string;
  readonly secret: string;
  readonly agent: string;
}

class RedditApi implements RunningNetwork {
  readonly sources: readonly string[];
  readonly #config: RedditConfig;
  readonly #sign: Sign;
  readonly #terms: NetworkTerms;
  readonly #listings: readonly PolledSource[];
  readonly #startedAt: number;
  #token: string | null = null;
  #signedInAt = -Infinity;

  constructor(config: RedditConfig, sign: Sign, terms: NetworkTerms) {
    this.#config = config;
    this.#sign = sign;
    this.#terms = terms;
    this.#listings = config.subreddits.map((subreddit) => this.#listing(subreddit));
    this.sources = this.#listings.map(({ name }) => name);
    this.#startedAt = terms.clock.now();
    terms.poller.add(this.#signIn());
  }

  /** Signs in anew where the API does not take the token any more: it may be revoked before its time. */
  tick(): void {
    const age = this.#terms.clock.monotonic() - this.#signedInAt;
    if (this.#token === null || age < RETRY_SIGN_IN_MS) return;
    const refused = this.#terms.poller.health().some(({ source, state }) => state === 'refused' && this.sources.includes(source));
    if (!refused) return;
    this.#signedInAt = this.#terms.clock.monotonic();
    this.#terms.poller.add(this.#signIn());
  }

  /** Without a token the listings are not asked. */
  health(): SourceHealth[] {
    if (this.#token !== null) return [];
    return this.sources.map((source) => ({
      source,
      state: 'starting',
      detail: `waits for ${SIGN_IN}`,
      since: this.#startedAt,
      lastDataAt: null,
      nextAttemptAt: null,
      counters: {},
    }));
  }

  #signIn(): PolledSource {
    const { clientId, secret, agent } = this.#sign;
    const form =
      this.#config.clientSecret === undefined
        ? { grant_type: INSTALLED_CLIENT, device_id: 'DO_NOT_TRACK_THIS_DEVICE' }
        : { grant_type: 'client_credentials' };
    return {
      name: SIGN_IN,
      everyMs: 60_000,
      request: () => ({
        url: new URL('/api/v1/access_token', this.#config.signInUrl).href,
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': agent,
        },
        body: new URLSearchParams(form).toString(),
      }),
      take: (answer) => {
        const parsed = AccessToken.safeParse(jsonOf(answer));
        // Reddit says `{"error": "invalid_grant"}` with status 200.
        if (!parsed.success)
          throw new SourceFault('refused', 'gave no token: check the id and the secret of the app, and that Reddit approved it');
        const first = this.#token === null;
        this.#token = parsed.data.access_token;
        this.#signedInAt = this.#terms.clock.monotonic();
        for (const listing of this.#listings) {
          if (first) this.#terms.poller.add(listing);
          else this.#terms.poller.wake(listing.name);
        }
        return { notBeforeMs: parsed.data.expires_in * 1_000 * RENEW_AT };
      },
    };
  }

  #listing(subreddit: string): PolledSource {
    const name = `social:reddit:${subreddit}`;
    const continuity = new Continuity();
    return {
      name,
      everyMs: redditEveryMs(this.#config),
      request: () => ({
        url: new URL(`/r/${subreddit}/new?limit=${PAGE}&raw_json=1`, this.#config.apiUrl).href,
        headers: { authorization: `Bearer ${this.#token ?? ''}`, 'user-agent': this.#sign.agent },
      }),
      take: async (answer) => {
        const page = parseListing(jsonOf(answer), (reason) => this.#terms.log.debug(`${name}: a post that cannot be read: ${reason}`));
        await takePage(name, page, PAGE, continuity, this.#terms);
      },
    };
  }
}

function feed(subreddit: string, config: RedditConfig, agent: string, terms: NetworkTerms): PolledSource {
  const name = `social:reddit:${subreddit}`;
  const continuity = new Continuity();
  return {
    name,
    everyMs: redditEveryMs(config),
    request: () => ({ url: new URL(`/r/${subreddit}/new/.rss`, config.signInUrl).href, headers: { 'user-agent': agent } }),
    take: async ({ body }) => {
      await takePage(name, parseAtom(new TextDecoder().decode(body)), FEED_PAGE, continuity, terms);
    },
  };
}

async function takePage(
  name: string,
  { events, times }: RedditPage,
  full: number,
  continuity: Continuity,
  terms: NetworkTerms,
): Promise<void> {
  const now = terms.clock.now();
  for (const event of events) terms.take(event, now);
  terms.listened(name, continuity.look(now, times, times.length >= full), now);
  await terms.keep();
}
