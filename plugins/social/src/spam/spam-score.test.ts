import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Post } from '../post.ts';
import { RecentTexts } from './duplicates.ts';
import { PostRates } from './post-rates.ts';
import { SpamScore } from './spam-score.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const post = (text: string, more: Partial<Post> = {}): Post => ({
  network: 'bluesky',
  id: '1',
  author: 'a',
  text,
  at: NOW,
  marketPlace: false,
  ...more,
});
const judged = (text: string, more: Partial<Post> = {}, symbols = 1) => new SpamScore().judge(post(text, more), 'a', symbols);

describe('SpamScore', () => {
  it.each([
    ['EURUSD looks heavy to me, waiting for the close', {}, 1, []],
    ['Join our free Telegram channel for signals https://t.me/x', {}, 1, ['inviteLink', 'lure']],
    ['Guaranteed profits! DM me for free signals', {}, 1, ['lures']],
    ['$A $B $C $D $E $F', {}, 6, ['crowded']],
    ['too many', {}, 11, ['stuffed']],
    ['https://example.com/a', {}, 1, ['bareLink']],
    ['read this long analysis of gold https://a.example https://b.example https://c.example', {}, 1, ['manyLinks']],
    ['gold', { automated: true }, 1, ['declaredBot']],
    ['gold', { accountCreatedAt: NOW - 3_600_000 }, 1, ['newborn']],
    ['gold', { accountCreatedAt: NOW - 10 * 86_400_000 }, 1, ['young']],
    ['#a1 #a2 #a3 #a4 #a5 #a6 #a7 #a8 #a9', {}, 1, ['hashtags']],
  ] as const)('%s', (text, more, symbols, rules) => expect(judged(text, more, symbols).rules).toEqual(rules));

  it('hears a chorus: one text, many authors, other numbers and addresses', () => {
    const spam = new SpamScore();
    const say = (author: string, text: string) => spam.judge(post(text), author, 1);
    expect(say('a', 'Massive gains today with this method, thank me later $BTC https://x.example/1').rules).toEqual([]);
    expect(say('b', 'Massive gains today with this method, thank me later $ETH https://y.example/2').rules).toEqual(['echo']);
    expect(say('c', 'massive gains TODAY with this method: thank me later! 123').rules).toEqual(['chorus']);
    expect(say('a', 'massive gains today with this method thank me later').rules).toEqual(['chorus', 'repeats']);
    expect(say('d', 'The ECB left its rates where they were, and the euro hardly moved on it').rules).toEqual([]);
  });

  it('does not take what anybody says for a chorus', () => {
    const spam = new SpamScore();
    for (const author of ['a', 'b', 'c']) expect(spam.judge(post('$EURUSD going long'), author, 1).rules).toEqual([]);
    for (const author of ['a', 'b']) spam.judge(post('this one goes to the moon'), author, 1);
    expect(spam.judge(post('this one goes to the moon'), 'c', 1).rules).toEqual(['chorus']);
  });

  it('notices a flood', () => {
    const spam = new SpamScore();
    const rules = Array.from({ length: 17 }, (_, at) => spam.judge(post(`number ${'x'.repeat(at + 1)}`), 'a', 1).rules);
    expect(rules[4]).toEqual([]);
    expect(rules[5]).toEqual(['frequent']);
    expect(rules[16]).toEqual(['flood']);
  });

  it('gives a score from 0 to 1 for anything', () => {
    const spam = new SpamScore();
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 500 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 60 }),
        (text, automated, symbols) => {
          const { score } = spam.judge(post(text, { automated }), 'a', symbols);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('what is remembered', () => {
  it('is forgotten after ten minutes', () => {
    const texts = new RecentTexts();
    const rates = new PostRates();
    texts.note('one two three four five six seven', 'a', NOW);
    rates.note('a', NOW);
    expect(texts.note('one two three four five six seven', 'b', NOW + 600_001)).toEqual({ others: 0, own: 0 });
    expect(rates.note('a', NOW + 600_001)).toBe(1);
  });

  it('stays within its caps under a flood of authors and texts', () => {
    const texts = new RecentTexts();
    const rates = new PostRates();
    for (let at = 0; at < 12_000; at++) rates.note(`a${at}`, NOW + at);
    for (let at = 0; at < 6_000; at++)
      texts.note(
        `x${at}`.replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? ''),
        'a',
        NOW + at,
      );
    // The first author was forgotten, the last was not.
    expect(rates.note('a0', NOW + 12_000)).toBe(1);
    expect(rates.note('a11999', NOW + 12_000)).toBe(2);
  });
});
