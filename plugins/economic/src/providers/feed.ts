import type { HttpRequest, HttpResponse } from '@tickhub/plugin-sdk';
import type { Listing } from '../events/listing.ts';

/** One address that a feed asks. */
export interface FeedPoll {
  /** `economic:<name>`, as its health names it. */
  readonly name: string;
  readonly everyMs: number;
  /** It is asked out of turn where a release is near. */
  readonly eager: boolean;
  request(now: number): { url: string } & HttpRequest;
  /** @throws {UnreadableAnswer} where the answer as a whole is not what it should be. */
  read(answer: HttpResponse, now: number): Listing | Promise<Listing>;
}

/** Events that are one provider's, and known by one book. */
export interface Feed {
  /** `provider` of its records. */
  readonly provider: string;
  /** Its name in the store. */
  readonly scope: string;
  readonly polls: readonly FeedPoll[];
  /** Two requests to one address are at least so far apart, whatever is due. */
  readonly minGapMs: number;
  /** Which events get an actual: none, those that have a forecast or a figure before, or all. After a release it is asked again until that is there. */
  readonly actuals: 'none' | 'where-figures' | 'all';
}

/** Parsers put what they could not read into their words, however long that is. */
const MAX_WORDS = 300;

/** The answer is no calendar, or one in another form. */
export class UnreadableAnswer extends Error {
  constructor(message: string, cause?: unknown) {
    super(message.slice(0, MAX_WORDS), { cause });
    this.name = 'UnreadableAnswer';
  }
}
