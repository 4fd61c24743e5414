import type { BlueskyConfig } from '../config.ts';
import { mayConcern, timeOf } from './jetstream-filter.ts';
import { parseMessage } from './jetstream-shapes.ts';
import type { NetworkTerms, RunningNetwork } from './network.ts';

const NAME = 'social:bluesky';
/** A relay's messages are not quite in order; what is given twice is known again. */
const REWIND_US = 5_000_000;
/** Hundreds of messages come each second. */
const STALE_AFTER_MS = 60_000;
/** The relay's clock may be a little ahead or behind. */
const LARGEST_LEAD_MS = 60_000;

/** All public posts of Bluesky, as the relay's Jetstream sends them. */
export function startJetstream(config: BlueskyConfig, openSince: () => number, terms: NetworkTerms): RunningNetwork {
  const languages = new Set(config.languages.map((language) => language.toLowerCase()));
  const decoder = new TextDecoder();
  let listenedTo = 0;

  /** Goes on five seconds before the last message, but not further back than windows are open: more would be read for nothing. */
  const cursor = (): number | null => {
    const last = terms.cursors.get(NAME);
    if (last === undefined) return null;
    return Math.max(last - REWIND_US, openSince() * 1_000);
  };

  terms.follower.add({
    name: NAME,
    staleAfterMs: STALE_AFTER_MS,
    request: () => {
      const url = new URL(config.url);
      url.searchParams.set('wantedCollections', 'app.bsky.feed.post');
      const from = cursor();
      if (from !== null) url.searchParams.set('cursor', String(Math.floor(from)));
      // Where the relay goes on from there nothing is missed; without a cursor it begins now.
      listenedTo = from === null ? 0 : Math.floor(from / 1_000);
      return { url: url.href };
    },
    take: (data) => {
      const message = typeof data === 'string' ? data : decoder.decode(data);
      if (mayConcern(message)) {
        const event = parseMessage(message, languages);
        if (event !== null) terms.take(event, terms.clock.now());
      }
      const timeUs = timeOf(message);
      // After the message was taken, so that one that cannot be read is not asked for again and again: it is counted as malformed.
      if (timeUs > (terms.cursors.get(NAME) ?? 0) && timeUs <= (terms.clock.now() + LARGEST_LEAD_MS) * 1_000)
        terms.cursors.set(NAME, timeUs);
    },
  });

  return {
    sources: [NAME],
    tick: () => {
      const last = Math.floor((terms.cursors.get(NAME) ?? 0) / 1_000);
      if (last === 0) return;
      if (listenedTo > 0) terms.listened(NAME, listenedTo, last);
      listenedTo = Math.max(listenedTo, last);
    },
  };
}
