import { decodeText } from '@tickhub/plugin-sdk/documents';
import type { Feed } from '../feed.ts';
import { readJsonExport } from './json-export.ts';

export interface ForexFactoryTerms {
  readonly name: string;
  readonly url: string;
  readonly everyMs: number;
}

/** A week is about 30 kB; what is much larger is something else, and parsing it would take seconds. */
const MAX_BYTES = 1_048_576;
/** The export answers two requests in five minutes, and refuses what comes oftener. */
const MIN_GAP_MS = 160_000;

/** Forex Factory's weekly export, in its JSON or its XML form: the answer itself says which. */
export function forexFactory({ name, url, everyMs }: ForexFactoryTerms): Feed {
  return {
    provider: name,
    scope: name,
    minGapMs: MIN_GAP_MS,
    actuals: 'none',
    polls: [
      {
        name: `economic:${name}`,
        eager: true,
        everyMs,
        request: () => ({ url, maxBytes: MAX_BYTES }),
        async read({ body }) {
          const text = decodeText(body);
          if (!/^\s*<\?xml|^\s*<weeklyevents/i.test(text)) return readJsonExport(text);
          // The XML parser is loaded by those who need it.
          const { readXmlExport } = await import('./xml-export.ts');
          return readXmlExport(text);
        },
      },
    ],
  };
}
