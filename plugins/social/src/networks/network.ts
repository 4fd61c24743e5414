import type { Clock, Follower, HttpResponse, Log, Poller, SourceHealth } from '@tickhub/plugin-sdk';
import { SourceFault } from '@tickhub/plugin-sdk';
import type { z } from '@tickhub/plugin-sdk';
import type { NetworkEvent } from '../post.ts';

/** What a network's sources work with. */
export interface NetworkTerms {
  readonly poller: Poller;
  readonly follower: Follower;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes what was posted, changed or taken back. `receivedAt` is when it came, Unix epoch milliseconds. */
  readonly take: (event: NetworkEvent, receivedAt: number) => void;
  /** A source of the network was listened to in that time. */
  readonly listened: (source: string, from: number, to: number) => void;
  /** Where to go on, by source; kept together with what was counted up to there. */
  readonly cursors: Map<string, number>;
  /** Resolves when everything taken so far is durable: an answer whose validators are kept must not be lost. */
  readonly keep: () => Promise<void>;
}

/** One network that is listened to. */
export interface RunningNetwork {
  /** Names of its sources, as {@link NetworkTerms.listened} has them. */
  readonly sources: readonly string[];
  /** Called each second. */
  tick?(now: number): void;
  /** Sources that are off, and why; the others' health is the poller's and the follower's. */
  health?(): SourceHealth[];
}

/** The health of a source that is not asked, for want of something in the config. `since` is in Unix epoch milliseconds. */
export function sourceOff(source: string, why: string, since: number): SourceHealth {
  return { source, state: 'off', detail: why, since, lastDataAt: null, nextAttemptAt: null, counters: {} };
}

/** @param missing why a secret is not there, as the SDK says it. @param what it is, and what else can be done. */
export function withoutSecret(missing: string, what: string): string {
  return `${missing}; ${what}. Tickhub has to be started again after it is set`;
}

/** A wall in front of an API stands for a while, and looking at it often makes it stand for longer. */
const WALL_PAUSE_MS = 600_000;

/** Text that is shown in a fault, shortened and without line breaks. */
const excerpt = (text: string): string => text.slice(0, 80).replace(/\s+/g, ' ').trim();

/**
 * The JSON of an answer.
 * @throws {SourceFault} `server-error` for a page of HTML (a wall in front of the API, not its answer), `malformed` for what is no JSON.
 */
export function jsonOf({ body, headers }: HttpResponse): unknown {
  const text = new TextDecoder().decode(body);
  if (/^\s*</.test(text) || (headers['content-type'] ?? '').includes('text/html')) {
    throw new SourceFault(
      'server-error',
      'answered with a web page in the place of data: it is down, or keeps automatic clients out for now',
      { retryAfterMs: WALL_PAUSE_MS },
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SourceFault('malformed', `answered with what is no JSON: "${excerpt(text)}"`, { cause: error });
  }
}

/** How a listing that is read again and again goes on from one look to the next: whether anything can have been missed in between. */
export class Continuity {
  #lastLookAt: number | null = null;
  #newestAt = -Infinity;

  /**
   * A look at a listing of the newest posts, in any order.
   * @param times of all posts in it. @param isFull whether there may be more behind the oldest.
   * @returns since when nothing was missed.
   */
  look(now: number, times: readonly number[], isFull: boolean): number {
    const oldest = times.length === 0 ? now : Math.min(now, ...times);
    const lastLookAt = this.#lastLookAt;
    const meets = lastLookAt !== null && (!isFull || oldest <= this.#newestAt);
    this.#lastLookAt = now;
    // A post from the future would have every page meet it.
    this.#newestAt = Math.max(this.#newestAt, ...times.filter((time) => time <= now));
    return meets ? lastLookAt : oldest;
  }
}

/** Parses each entry by itself, so that one that is odd does not take the others with it. @throws {SourceFault} when all are. */
export function parseEach<T>(schema: z.ZodType<T>, entries: readonly unknown[], onOdd: (reason: string) => void): T[] {
  const good: T[] = [];
  let reason = '';
  for (const entry of entries) {
    const parsed = schema.safeParse(entry);
    if (parsed.success) good.push(parsed.data);
    else {
      const [issue] = parsed.error.issues;
      reason = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`;
      onOdd(reason);
    }
  }
  if (good.length === 0 && entries.length > 0)
    throw new SourceFault('malformed', `none of its ${entries.length} posts can be read; ${reason}`);
  return good;
}
