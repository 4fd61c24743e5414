import type { SocketConnection } from '../capabilities/socket.ts';
import type { SocketFeedSource } from '../manifest/feed.ts';
import type { FollowedSource } from '../sources/follow.ts';
import { readJson } from './document.ts';
import type { FeedTerms } from './polled-feed.ts';
import { valueWithSecrets, withSecrets } from './secrets.ts';

const TEXT = new TextDecoder();

/** A feed's messages, as what a follower keeps open. */
export function followedFeed(source: SocketFeedSource, { name, compiled, rows, errors, clock }: FeedTerms): FollowedSource {
  const { keepAlive, protocols, staleAfterMs } = source;
  let open: SocketConnection | null = null;
  let words: readonly string[] = [];
  if (keepAlive !== undefined) clock.every(keepAlive.everyMs, () => open?.send(messageOf(keepAlive.send)));
  return {
    name,
    staleAfterMs,
    request() {
      // Before it connects: what is not set is found without asking anyone.
      words = source.subscribe.map(messageOf);
      return {
        url: withSecrets(source.url),
        protocols,
        headers: Object.fromEntries(Object.entries(source.headers).map(([header, text]) => [header, withSecrets(text)])),
      };
    },
    opened(connection) {
      // One that has ended takes no more, so that the last one is always the one to speak to.
      open = connection;
      for (const message of words) connection.send(message);
    },
    take(data) {
      const document = readJson(typeof data === 'string' ? data : TEXT.decode(data));
      const found = compiled.rows(document, clock.now(), { optional: true });
      const result = rows.take(found);
      if (result.bad > 0) errors.tell(result.firstError);
      if (result.bad > 0 && result.bad === result.rows) throw new Error(result.firstError);
    },
  };
}

function messageOf(message: unknown): string {
  const filled = valueWithSecrets(message);
  return typeof filled === 'string' ? filled : JSON.stringify(filled);
}
