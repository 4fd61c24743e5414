import { SecretReference, z } from '@tickhub/plugin-sdk';

const Address = z.url({ protocol: /^https?$/ });
const Name = z.string().min(1).max(64);

const Reddit = z.strictObject({
  mode: z
    .enum(['oauth', 'rss'])
    .default('oauth')
    .describe('`oauth`: the API, signed in as your app; `rss`: the public feeds, which need no app, have 25 posts and are often refused'),
  user: z
    .string()
    .regex(/^[A-Za-z0-9_-]{3,20}$/, 'the name of a Reddit account')
    .describe('Your Reddit name, without `u/`: Reddit wants to know whom to ask about this client, so each request names it'),
  clientId: SecretReference.default('env:TICKHUB_REDDIT_CLIENT_ID').describe('Where the id of your Reddit app is'),
  clientSecret: SecretReference.optional().describe(
    'Where the secret of your Reddit app is, such as `env:TICKHUB_REDDIT_CLIENT_SECRET`; leave it out for an "installed app", which has none',
  ),
  subreddits: z
    .array(z.string().regex(/^[A-Za-z0-9_]{2,21}$/, 'a name without `r/`'))
    .min(1)
    .max(30)
    .describe('Which to read, without `r/`; at most 30'),
  everySeconds: z.number().int().min(30).max(86_400).default(60).describe('How often each is read; feeds (`rss`) every 120 s at most'),
  apiUrl: Address.default('https://oauth.reddit.com').describe('Where the API is'),
  signInUrl: Address.default('https://www.reddit.com').describe('Where tokens and feeds come from'),
});
export type RedditConfig = z.infer<typeof Reddit>;

const StockTwits = z.strictObject({
  symbols: z
    .array(Name)
    .min(1)
    .max(100)
    .describe('Which streams to read, as StockTwits spells them: `EURUSD`, `BTC.X`, `SPY`; at most 100'),
  everySeconds: z
    .number()
    .int()
    .min(30)
    .max(86_400)
    .default(120)
    .describe('How often each is read; slower where all together would be more than 150 requests an hour'),
  apiUrl: Address.default('https://api.stocktwits.com').describe('Where the API is'),
});
export type StockTwitsConfig = z.infer<typeof StockTwits>;

const Mastodon = z.strictObject({
  url: Address.describe('The instance: `https://mastodon.social`'),
  token: SecretReference.optional().describe(
    "Where your account's access token for this instance is, such as `env:TICKHUB_MASTODON_TOKEN`; without one nothing is streamed, and timelines are polled",
  ),
  hashtags: z
    .array(z.string().regex(/^[\p{L}\p{N}_]{1,100}$/u, 'a name without `#`'))
    .max(20)
    .default([])
    .describe('Hashtags to follow, without `#`'),
  timeline: z
    .enum(['none', 'local', 'public'])
    .default('none')
    .describe('Also everything public of the instance (`local`), or of all that it knows (`public`)'),
  everySeconds: z.number().int().min(30).max(86_400).default(120).describe('How often each timeline is polled, where nothing is streamed'),
  streamingUrl: z
    .url({ protocol: /^wss?$/ })
    .optional()
    .describe('Where the streaming API is, when the instance has it elsewhere (`configuration.urls.streaming` of `/api/v2/instance`)'),
});
export type MastodonConfig = z.infer<typeof Mastodon>;

const Bluesky = z.strictObject({
  url: z
    .url({ protocol: /^wss?$/ })
    .default('wss://jetstream2.us-east.bsky.network/subscribe')
    .describe('Which Jetstream to read'),
  languages: z
    .array(z.string().regex(/^[A-Za-z]{2,3}$/, 'a code such as `en`'))
    .max(20)
    .default(['en'])
    .describe('Posts in other languages are left out, those without one are not; empty: all. Sentiment is read in English only'),
});
export type BlueskyConfig = z.infer<typeof Bluesky>;

const DAY_MINUTES = 1_440;

/** The config of the social plugin. */
export const Config = z.strictObject({
  share: z
    .enum(['aggregates', 'posts', 'text'])
    .default('aggregates')
    .describe(
      'What leaves this machine. `aggregates`: counts and means only. `posts`: also each post, as pseudonyms, symbols, sentiment and spam score, without its text. `text`: with its text',
    ),
  symbols: z.array(Name).max(1_000).default([]).describe('Keep only these symbols, canonical names; empty: all that are tagged'),
  symbolMap: z.record(Name, Name).default({}).describe('Names of your own for symbols: `{"XAUUSD": "GOLD"}`'),
  windowMinutes: z
    .array(
      z
        .number()
        .int()
        .min(1)
        .max(DAY_MINUTES)
        .refine((minutes) => DAY_MINUTES % minutes === 0, 'must divide a day: 5, 15, 60, 240, 1440'),
    )
    .min(1)
    .max(6)
    .default([5, 60])
    .describe('Widths of the windows, in minutes; they are aligned to UTC midnight'),
  lateSeconds: z
    .number()
    .int()
    .min(0)
    .max(3_600)
    .default(60)
    .describe('How long after its end a window still takes posts; networks that are polled have one and a half of their interval more'),
  spamThreshold: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.6)
    .describe('Posts with this spam score or more are counted as spam, and in nothing else'),
  reddit: Reddit.optional().describe('Subreddits; needs an app of your own at Reddit'),
  stocktwits: StockTwits.optional().describe('Streams of symbols at StockTwits; needs nothing'),
  mastodon: z.array(Mastodon).max(5).default([]).describe('Mastodon instances, at most five'),
  bluesky: Bluesky.optional().describe('All public posts of Bluesky; `{}` will do'),
});
export type Config = z.infer<typeof Config>;
