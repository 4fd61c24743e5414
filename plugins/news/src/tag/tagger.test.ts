import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { score } from '../../test/tagger/score.ts';
import { tag } from './tagger.ts';

describe('the tagger', () => {
  it('finds in the headlines made for it what they mention, and nothing else', () => {
    expect(score('own.tsv').faults).toEqual([]);
  });

  it('is right in real headlines as often as the README says', () => {
    const { precision, recall, count } = score('sentfin.tsv');
    expect(count).toBe(180);
    expect(precision).toBeGreaterThanOrEqual(0.98);
    expect(recall).toBeGreaterThanOrEqual(0.97);
  });

  it.each([
    ['EUR/USD', ['EURUSD'], ['EUR', 'USD']],
    ['eur-usd outlook', [], []],
    ['Euro-dollar trades sideways', ['EURUSD'], ['EUR', 'USD']],
    ['yen/dollar', ['USDJPY'], ['JPY', 'USD']],
    ['XAUUSD and BTC/USD', ['BTCUSD', 'XAUUSD'], ['USD']],
    ['USDTRY', ['USDTRY'], ['TRY', 'USD']],
    ['$USD', [], []],
  ])('reads the pair in %j', (text, symbols, currencies) => {
    expect(tag(text)).toEqual({ symbols, currencies });
  });

  it('takes codes and pairs alone in other languages', () => {
    expect(tag('Gold und EUR/USD: Pound nach dem Fed-Entscheid', 'de')).toEqual({ symbols: ['EURUSD'], currencies: ['EUR', 'USD'] });
  });

  it('says the same each time, sorted, of any text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.constantFrom('Dollar', 'the pound', 'Gold', 'Fed', 'EUR/USD', 'US', '$', '/', 'oil'), fc.string({ maxLength: 6 })),
        ),
        (words) => {
          const text = words.join(' ');
          const tags = tag(text);
          expect(tags).toEqual(tag(text));
          expect(tags.currencies).toEqual([...tags.currencies].sort());
          expect(tags.currencies.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
        },
      ),
    );
  });
});
