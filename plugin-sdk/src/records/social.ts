import { z } from 'zod';

/** From -1 (bearish) to 1 (bullish). */
const Sentiment = z.number().min(-1).max(1);

/** One post. Raw text is in it only where the config lets it leave the machine; authors are pseudonyms, different in each installation. */
export const SocialPost = z.strictObject({
  kind: z.literal('post'),
  network: z.string().min(1).max(32),
  author: z.string().min(1).max(64),
  text: z.string().max(10_000).optional(),
  url: z.string().max(4_000).optional(),
  language: z.string().max(35).optional(),
  symbols: z.array(z.string().min(1).max(64)).max(50),
  sentiment: Sentiment.optional(),
  /** 0 (a person, it seems) to 1 (a bot or spam, it seems). */
  spam: z.number().min(0).max(1),
  /** Votes, replies, reposts together. */
  reactions: z.number().int().min(0).optional(),
  /** It was taken back: whoever keeps an earlier revision of this record is to forget its text. */
  deleted: z.literal(true).optional(),
});

/** What was said of one symbol within a window. The record's `time` is the window's end, UTC. */
export const SocialAggregate = z.strictObject({
  kind: z.literal('aggregate'),
  /** `all` for all networks together. */
  network: z.string().min(1).max(32),
  windowMs: z.number().int().positive(),
  posts: z.number().int().min(0),
  authors: z.number().int().min(0),
  bullish: z.number().int().min(0),
  bearish: z.number().int().min(0),
  neutral: z.number().int().min(0),
  /** Left out of the counts above as bots or spam. */
  spam: z.number().int().min(0),
  /** Mean over the posts that have a sentiment; null where none has. */
  sentiment: Sentiment.nullable(),
  /** The mean's distance from the symbol's own usual mean, in standard deviations; null while that is not known. */
  deviation: z.number().nullable(),
  /** Posts relative to the symbol's usual number in such a window; null while that is not known. */
  volumeRatio: z.number().min(0).nullable(),
  /** How much of the window was listened to, from 0 to 1: below 1 (an outage, a sleep) there may have been more posts than were counted. */
  coverage: z.number().min(0).max(1),
});

/** Body of a `social` record. */
export const SocialBody = z.discriminatedUnion('kind', [SocialPost, SocialAggregate]);
export type SocialPost = z.infer<typeof SocialPost>;
export type SocialAggregate = z.infer<typeof SocialAggregate>;
export type SocialBody = z.infer<typeof SocialBody>;
