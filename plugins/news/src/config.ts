import { z } from '@tickhub/plugin-sdk';
import { PUBLIC_FEEDS } from './public-feeds.ts';
import { declaredLanguage } from './text/language.ts';
import { isZone } from '@tickhub/plugin-sdk/time';

const Name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, 'small letters, digits and . _ -, at most 60');
const Zone = z.string().refine(isZone, 'must be an IANA zone such as "Europe/Berlin"');
const Language = z.string().refine((text) => declaredLanguage(text) !== undefined, 'must be a language tag such as "en" or "pt-BR"');
const EveryMs = z.number().int().min(1_000).max(86_400_000);
const PublicName = Name.refine((name) => PUBLIC_FEEDS.some((feed) => feed.name === name), {
  error: ({ input }) => `there is no feed "${String(input)}" in the list; it has ${PUBLIC_FEEDS.map(({ name }) => name).join(', ')}`,
});

const Feed = z.strictObject({
  name: Name.describe('Name of the feed: its source is `news:<name>`. One of the public list is replaced by it.'),
  url: z.url({ protocol: /^https?$/ }).describe('Address of the RSS, Atom or JSON feed.'),
  zone: Zone.default('UTC').describe('Zone of dates that have none.'),
  language: Language.optional().describe(
    "Language, where the feed declares none or a wrong one. An item's own declaration goes before it.",
  ),
  everyMs: EveryMs.optional().describe(
    'How often, in milliseconds; the feed and its server may ask for longer pauses. Left out: `everyMs` of the plugin.',
  ),
});
export type ConfiguredFeed = z.infer<typeof Feed>;

/** The config of the news plugin. `npm run docs` writes the descriptions into README.md. */
export const Config = z.strictObject({
  contact: z
    .string()
    .regex(/^[\x21-\x7E]+(?: [\x21-\x7E]+)*$/, 'plain ASCII, on one line')
    .max(200)
    .optional()
    .describe(
      'Who asks: an e-mail or web address that goes into the User-Agent. Some servers want one (SEC, BLS); their feeds stay off without it.',
    ),
  on: z.array(PublicName).max(100).default([]).describe('Feeds of the public list to switch on besides those that are on.'),
  off: z.array(PublicName).max(100).default([]).describe('Feeds of the public list to switch off.'),
  publicFeeds: z.boolean().default(true).describe('False: only `on` and `feeds`.'),
  feeds: z.array(Feed).max(500).default([]).describe('Feeds of your own.'),
  everyMs: EveryMs.default(300_000).describe('How often feeds of your own are asked, in milliseconds.'),
  maxAgeDays: z.number().positive().max(3_650).default(30).describe('Items older than this are left out: some feeds go back for years.'),
  maxTextLength: z.number().int().min(0).max(20_000).default(2_000).describe("Characters kept of an item's text. 0: the title only."),
  rename: z
    .record(z.string().min(1).max(64), z.string().min(1).max(64))
    .default({})
    .describe('Symbols as they are named here to symbols as you name them: `{"USOIL": "XTIUSD"}`.'),
});
export type Config = z.infer<typeof Config>;
