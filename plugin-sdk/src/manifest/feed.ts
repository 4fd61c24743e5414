/**
 * `feed` in plugin.json: a data source without code. What it says is held here against what can be known without running it; the mapping is compiled, and
 * its expressions are checked, where the feed is loaded (`../feed`).
 */
import { z } from 'zod';

const SELECTOR =
  'a JSON Pointer where it begins with "/" ("/data/0/bid"), the whole where it is empty, otherwise a JMESPath expression ("data[0].bid")';
const Selector = z.string().max(2_000);
const Constant = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Text in which `{env:NAME}` stands for an environment variable. */
const WithSecrets = z.string().max(4_000);

export const ValueType = z.enum(['string', 'number', 'integer', 'boolean', 'plain-text', 'json']);
export type ValueType = z.infer<typeof ValueType>;

/** Where the value of one field comes from, and what is made of it. */
export interface FeedMapping {
  at?: string | undefined;
  const?: string | number | boolean | null | undefined;
  template?: string | undefined;
  now?: true | undefined;
  fields?: Record<string, string | FeedMapping> | undefined;
  list?: (string | FeedMapping)[] | undefined;
  type?: ValueType | undefined;
  decimal?: '.' | ',' | undefined;
  scale?: number | undefined;
  time?: string | undefined;
  zone?: string | undefined;
  values?: Record<string, string | number | boolean | null> | undefined;
  default?: string | number | boolean | null | undefined;
}

export const FeedMapping: z.ZodType<FeedMapping, FeedMapping> = z
  .strictObject({
    at: Selector.optional().describe(`Where the value is in the row: ${SELECTOR}.`),
    const: Constant.optional().describe('The value itself, the same for each row.'),
    template: z.string().max(4_000).optional().describe('Text with selectors in braces: `{/base}{/quote}`.'),
    now: z.literal(true).optional().describe('The time at which it was received.'),
    get fields() {
      return z.record(z.string(), FeedValue).optional().describe('An object, field by field.');
    },
    get list() {
      return z.array(FeedValue).max(100).optional().describe('A list, value by value.');
    },
    type: ValueType.optional().describe(
      'What to make of the value. Left out: what the field wants. `plain-text` is HTML without its markup; `json` is text that is JSON.',
    ),
    decimal: z.enum(['.', ',']).optional().describe('The sign before the decimals of a number in text; the other one groups thousands.'),
    scale: z.number().optional().describe('A number is multiplied by it: 0.01 makes percent a share.'),
    time: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'It is a time: `iso` (the default of fields that are times), `rfc822`, `seconds`, `milliseconds`, `microseconds`, `nanoseconds` since 1970, or a pattern such as `yyyy-MM-dd HH:mm:ss.SSS`.',
      ),
    zone: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('IANA zone of a time that has none of its own, such as `America/New_York`; UTC when left out.'),
    values: z
      .record(z.string(), Constant)
      .optional()
      .describe('Translates the value: `{ "Hoch": "high" }`. One that is not named is an error, unless there is a default.'),
    default: Constant.optional().describe('Used where there is no value, or an empty text.'),
  })
  .describe('Exactly one of `at`, `const`, `template`, `now`, `fields` and `list` says where the value comes from.');

export const FeedValue: z.ZodType<string | FeedMapping, string | FeedMapping> = z
  .union([Selector, FeedMapping])
  .describe(`Where the value comes from: ${SELECTOR}; or an object that says more.`);

const Headers = z
  .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'a name of a header'), WithSecrets)
  .default({})
  .describe('Headers to send. `{env:NAME}` stands for an environment variable that `permissions.env` names.');

const Schedule = z.strictObject({
  times: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'a time such as 08:30 or 08:30:05'))
    .min(1)
    .max(100)
    .describe('Times of day to ask at: `["08:30", "14:00:05"]`.'),
  zone: z.string().min(1).max(64).default('UTC').describe('IANA zone of the times.'),
  days: z
    .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
    .min(1)
    .optional()
    .describe('Days of the week; every day when left out.'),
});

const Csv = z.strictObject({
  delimiter: z.string().length(1).default(',').describe('The sign between two columns.'),
  header: z
    .union([z.boolean(), z.array(z.string().min(1)).min(1)])
    .default(true)
    .describe('Whether the first line names the columns, or the names of the columns. Without names a row is a list: `/0`, `/1`.'),
  quote: z.string().length(1).default('"').describe('The sign around a column that contains the delimiter.'),
  comment: z.string().length(1).optional().describe('Lines that begin with it are left out.'),
  skipLines: z.number().int().min(0).max(1_000).default(0).describe('Lines before the header that are left out.'),
});

const HttpSource = z.strictObject({
  type: z.literal('http'),
  url: WithSecrets.min(1).describe('http or https address. Its host need not be named in `permissions.hosts`.'),
  format: z.enum(['json', 'csv', 'rss']).describe('What it gives; `rss` is RSS, Atom and JSON Feed.'),
  everyMs: z
    .number()
    .int()
    .min(250)
    .max(604_800_000)
    .default(60_000)
    .describe('How often it is asked, in milliseconds. What the server asks for goes over it.'),
  at: Schedule.optional().describe('Asks at these times of day, besides once at the start, instead of each `everyMs`.'),
  method: z.enum(['GET', 'POST']).default('GET').describe('How it is asked.'),
  headers: Headers,
  body: WithSecrets.optional().describe('What a POST sends.'),
  encoding: z.string().max(40).optional().describe('Charset of the document, where the server says none or a wrong one: `windows-1252`.'),
  csv: Csv.prefault({}).describe('How the CSV is written.'),
});

const SocketSource = z.strictObject({
  type: z.literal('websocket'),
  url: WithSecrets.min(1).describe('ws or wss address. Its host need not be named in `permissions.hosts`.'),
  headers: Headers,
  protocols: z.array(z.string().min(1).max(256)).max(16).default([]).describe('Subprotocols to offer.'),
  subscribe: z
    .array(z.unknown())
    .max(100)
    .default([])
    .describe('Sent when it is open, each as a message: text as it is, anything else as JSON.'),
  keepAlive: z
    .strictObject({
      everyMs: z.number().int().min(1_000).max(3_600_000).describe('How often, in milliseconds.'),
      send: z.unknown().describe('The message: text as it is, anything else as JSON.'),
    })
    .optional()
    .describe('A message that the server wants to see now and then, besides the pings of the protocol, which are answered anyway.'),
  staleAfterMs: z.number().int().min(1_000).max(86_400_000).default(60_000).describe('Silent for so long, it is connected anew.'),
});

export const FeedStream = z.enum(['ticks', 'bars', 'book', 'news', 'calendar', 'social', 'custom']);
export type FeedStream = z.infer<typeof FeedStream>;

const value = (text: string): z.ZodOptional<typeof FeedValue> => FeedValue.optional().describe(text) as z.ZodOptional<typeof FeedValue>;

const FeedMap = z.strictObject({
  symbol: value('The canonical symbol: `EURUSD`. Ticks need it.'),
  time: value('When it happened.'),
  bid: value('Ticks: the bid.'),
  ask: value('Ticks: the ask.'),
  last: value('Ticks: the last trade price.'),
  volume: value("Ticks: the last trade's volume."),
  ordinal: value('Ticks: which tick of its symbol within its millisecond, from 0. Polled feeds count it from the document.'),
  key: value('Records: the identity. What is seen again with the same content is a duplicate, with other content a revision.'),
  sourceTime: value('Records: the time as the source wrote it.'),
  body: z.record(z.string(), FeedValue).optional().describe("Records: the fields of the stream's body."),
});

export const Feed = z.strictObject({
  source: z.discriminatedUnion('type', [HttpSource, SocketSource]).describe('Where it comes from.'),
  rows: Selector.optional().describe(
    `Where the rows are in the document or message: ${SELECTOR}. Left out: the list that it is, or the one row that it is.`,
  ),
  where: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .describe(
      'JMESPath expression; rows for which it is false, null or empty are left out without a word: answers to subscriptions, heartbeats.',
    ),
  order: z.enum(['oldest-first', 'newest-first']).default('oldest-first').describe('How the rows of a document are sorted.'),
  digits: z.number().int().min(0).max(15).optional().describe('Ticks: decimal digits of the prices; 5 when left out.'),
  to: FeedStream.describe('The stream it publishes to.'),
  map: FeedMap.describe('Field by field, where it comes from.'),
});
export type Feed = z.infer<typeof Feed>;
export type HttpFeedSource = z.infer<typeof HttpSource>;
export type SocketFeedSource = z.infer<typeof SocketSource>;
