import type { Clock } from '../capabilities/clock.ts';
import type { HttpFeedSource } from '../manifest/feed.ts';
import type { PolledSource } from '../sources/poll.ts';
import type { CompiledFeed } from './compiled-feed.ts';
import { readDocument } from './document.ts';
import type { Document } from './document.ts';
import type { RowPublisher } from './publish-rows.ts';
import { withSecrets } from './secrets.ts';
import type { ToldErrors } from './told-errors.ts';

export interface FeedTerms {
  /** The plugin's id, which its one source is named by. */
  readonly name: string;
  readonly compiled: CompiledFeed;
  readonly rows: RowPublisher;
  readonly errors: ToldErrors;
  readonly clock: Clock;
}

/** A feed that asks at times of day is woken at them; by itself it asks this seldom. */
const SELDOM_MS = 604_800_000;

/** A feed's document, as what a poller asks for. */
export function polledFeed(source: HttpFeedSource, { name, compiled, rows, errors, clock }: FeedTerms): PolledSource {
  return {
    name,
    // A mapping that was corrected is for what was read with the wrong one, too; what is known already is dropped by its key or cursor.
    contentAtStart: true,
    everyMs: source.at === undefined ? source.everyMs : SELDOM_MS,
    request: () => ({
      url: withSecrets(source.url),
      method: source.method,
      headers: Object.fromEntries(Object.entries(source.headers).map(([header, text]) => [header, withSecrets(text)])),
      ...(source.body === undefined ? {} : { body: withSecrets(source.body) }),
    }),
    async take({ body, headers }) {
      const document = read(body, headers['content-type'] ?? '', source);
      const found = compiled.rows(document.value, clock.now(), { optional: false });
      const result = await rows.takeDocument(found);
      rows.counters.bad += document.unreadable;
      const bad = result.bad + document.unreadable;
      if (result.bad > 0) errors.tell(result.firstError);
      if (bad > 0 && result.bad === result.rows)
        throw new Error(result.firstError === '' ? 'not one of its lines could be read' : result.firstError);
      const words = `${result.rows} ${result.rows === 1 ? 'row' : 'rows'}`;
      return { note: bad === 0 ? words : `${words}, ${bad} bad: ${result.firstError || 'a line that could not be read'}` };
    },
  };
}

function read(body: Uint8Array, contentType: string, source: HttpFeedSource): Document {
  try {
    return readDocument(body, contentType, source);
  } catch (error) {
    throw new Error(`its document ${(error as Error).message}`, { cause: error });
  }
}
