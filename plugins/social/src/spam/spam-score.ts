import type { Post } from '../post.ts';
import { RecentTexts } from './duplicates.ts';
import { PostRates } from './post-rates.ts';

const DAY_MS = 86_400_000;

/** Weights of the rules. Those that hold are added up, to at most 1. README.md explains each. */
export const WEIGHTS = {
  /** The account says of itself that it is a bot. */
  declaredBot: 0.7,
  /** Two other authors, or more, said nearly the same within ten minutes; one did. */
  chorus: 0.6,
  echo: 0.3,
  /** The author said it before within ten minutes. */
  repeats: 0.4,
  /** More than 15 posts on symbols in ten minutes; more than 5. */
  flood: 0.6,
  frequent: 0.3,
  /** Three addresses or more; one that leads into a closed chat or hides where it goes; one with fewer than five words. */
  manyLinks: 0.3,
  inviteLink: 0.4,
  bareLink: 0.2,
  /** More than 10 symbols; more than 5. More than 8 hashtags. */
  stuffed: 0.6,
  crowded: 0.3,
  hashtags: 0.2,
  /** The account is younger than three days; than thirty. */
  newborn: 0.3,
  young: 0.1,
  /** One phrase of those that lure people; two or more. */
  lure: 0.5,
  lures: 0.9,
} as const;

export type SpamRule = keyof typeof WEIGHTS;

const LINK = /https?:\/\/[^\s)\]]+/gi;
const INVITE =
  /https?:\/\/(?:www\.)?(?:t\.me|telegram\.me|discord\.(?:gg|com\/invite)|wa\.me|chat\.whatsapp\.com|bit\.ly|cutt\.ly|tinyurl\.com|linktr\.ee)\b/i;
const LURES: readonly RegExp[] = [
  /\bjoin (?:us|our|my|the|now|today)\b.{0,40}\b(?:telegram|discord|whatsapp|vip|channel|group|signals?|community)\b/i,
  /\b(?:guaranteed|risk[- ]?free|100 ?%) (?:profits?|returns?|income|wins?|accura\w+)\b/i,
  /\b(?:dm|message|inbox|text|whatsapp) me\b/i,
  /\bfree (?:signals?|vip|trial|crypto|btc|bitcoin|money|giveaway)\b/i,
  /\b(?:giveaway|airdrop)\b/i,
  /\b(?:double|triple|10x|multiply) your (?:money|investment|bitcoin|btc|crypto|account)\b/i,
  /\b(?:recover|get back) your (?:lost |stolen )?(?:funds|money|crypto|bitcoin)\b/i,
  /\bclaim (?:your|now|free)\b/i,
  /\b(?:account manager|copy my trades|passive income|financial freedom|link in bio)\b/i,
  /\bturned \$?[\d,.]+k? into \$?[\d,.]+[km]?\b/i,
  /\bfollow(?:ers)? (?:me|back|for|4)\b.{0,20}\b(?:follow|signals?|alerts?|tips)\b/i,
];

/** Scores posts by rules that can be stated; remembers the texts and authors of the last ten minutes, within caps. */
export class SpamScore {
  readonly #texts = new RecentTexts();
  readonly #rates = new PostRates();

  /** The rules that hold for a post about so many symbols, and their score from 0 (a person, it seems) to 1. Each post is judged once. */
  judge(post: Post, author: string, symbols: number): { score: number; rules: SpamRule[] } {
    const rules: SpamRule[] = [];
    const { text } = post;
    if (post.automated === true) rules.push('declaredBot');

    const echoes = this.#texts.note(text, author, post.at);
    if (echoes.others >= 2) rules.push('chorus');
    else if (echoes.others === 1) rules.push('echo');
    if (echoes.own > 0) rules.push('repeats');

    const rate = this.#rates.note(author, post.at);
    if (rate > 15) rules.push('flood');
    else if (rate > 5) rules.push('frequent');

    const links = text.match(LINK)?.length ?? 0;
    if (links >= 3) rules.push('manyLinks');
    if (INVITE.test(text)) rules.push('inviteLink');
    else if (links > 0 && (text.replace(LINK, ' ').match(/[\p{L}\p{N}]{2,}/gu)?.length ?? 0) < 5) rules.push('bareLink');

    if (symbols > 10) rules.push('stuffed');
    else if (symbols > 5) rules.push('crowded');
    if ((text.match(/#\w+/g)?.length ?? 0) > 8) rules.push('hashtags');

    const age = post.accountCreatedAt === undefined ? Infinity : post.at - post.accountCreatedAt;
    if (age < 3 * DAY_MS) rules.push('newborn');
    else if (age < 30 * DAY_MS) rules.push('young');

    const lures = LURES.filter((lure) => lure.test(text)).length;
    if (lures >= 2) rules.push('lures');
    else if (lures === 1) rules.push('lure');

    const sum = rules.reduce((total, rule) => total + WEIGHTS[rule], 0);
    return { score: Math.min(1, Math.round(sum * 100) / 100), rules };
  }
}
