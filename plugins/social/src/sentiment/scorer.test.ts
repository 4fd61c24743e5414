import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { score, STANCE_FROM } from './scorer.ts';

const stance = (text: string): 'bullish' | 'bearish' | 'neutral' | null => {
  const value = score(text);
  if (value === null) return null;
  return value >= STANCE_FROM ? 'bullish' : value <= -STANCE_FROM ? 'bearish' : 'neutral';
};

describe('score', () => {
  it.each([
    ['going long here', 'bullish'],
    ['loaded up on calls', 'bullish'],
    ['$SPY 🚀🚀🚀', 'bullish'],
    ['TO THE MOON', 'bullish'],
    ['buy the dip', 'bullish'],
    ['short squeeze incoming', 'bullish'],
    ['not bearish at all', 'bullish'],
    ['shorting this, puts are cheap today', 'bearish'],
    ['📉 it is over', 'bearish'],
    ['dead cat bounce', 'bearish'],
    ["don't buy this", 'bearish'],
    ['this is not bullish', 'bearish'],
    ['strong quarter but shares plunge', 'bearish'],
    ['buy or sell?', null],
    ['in the long term', null],
    ['EURUSD is at 1.08', null],
    ['', null],
    ['https://example.com/buy-now-soaring', null],
    ['$LONG $MOON @bullish #bearish', null],
  ] as const)('%s: %s', (text, expected) => expect(stance(text)).toBe(expected));

  it('weighs capitals, degrees and repetition', () => {
    const of = (text: string): number => score(text) ?? Number.NaN;
    expect(of('it is BULLISH')).toBeGreaterThan(of('it is bullish'));
    expect(of('very bullish')).toBeGreaterThan(of('bullish'));
    expect(of('slightly bullish')).toBeLessThan(of('bullish'));
    expect(of('🚀🚀')).toBeGreaterThan(of('🚀'));
    expect(of('THIS WHOLE POST IS BULLISH TODAY')).toBe(of('this whole post is bullish today'));
  });

  it('lies between -1 and 1 for any text', () => {
    const piece = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('not ', 'bullish ', 'crash ', '🚀', 'but ', 'very ', 'LONG '));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 300 }), (pieces) => {
        const value = score(pieces.join(''));
        if (value !== null) expect(Math.abs(value)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
