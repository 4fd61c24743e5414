import { SocialAggregate, z } from '@tickhub/plugin-sdk';
import { keyOf } from './aggregates.ts';
import type { Aggregate } from './aggregates.ts';

/** After so long the host has made a record durable, or is gone. */
const SURE_AFTER_MS = 60_000;
const MOST = 5_000;

export const PublishedLatelyState = z.array(z.object({ symbol: z.string(), end: z.number(), body: SocialAggregate }));
export type PublishedLatelyState = z.infer<typeof PublishedLatelyState>;

/**
 * The aggregates of the last minute, which a host that is killed may have taken and lost. They are kept with the state in which their windows are closed, and
 * published again at the next start: the host knows by their keys those that it has.
 */
export class PublishedLately {
  readonly #aggregates = new Map<string, { readonly at: number; readonly aggregate: Aggregate }>();

  /** `now` is monotonic, in milliseconds. */
  add(aggregate: Aggregate, now: number): void {
    const key = keyOf(aggregate);
    // Of a window that was closed twice (a clock was set back) the last counts.
    this.#aggregates.delete(key);
    this.#aggregates.set(key, { at: now, aggregate });
    this.#forget(now);
  }

  save(now: number): PublishedLatelyState {
    this.#forget(now);
    return [...this.#aggregates.values()].map(({ aggregate }) => aggregate);
  }

  #forget(now: number): void {
    for (const [key, { at }] of this.#aggregates) {
      if (at > now - SURE_AFTER_MS && this.#aggregates.size <= MOST) return;
      this.#aggregates.delete(key);
    }
  }
}
