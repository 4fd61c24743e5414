import { describe, expect, it } from 'vitest';
import { hintsIn, leaningOf } from './lexicon.ts';
import { legsOf, mentionsIn } from './mentions.ts';

const read = (text: string): string =>
  hintsIn(text, mentionsIn(text, new Set()))
    .map(({ term, currency, sign }) => `${term}:${currency}${sign > 0 ? '+' : '-'}`)
    .join(' ');
const lean = (text: string, symbol: string): number =>
  leaningOf(hintsIn(text, mentionsIn(text, new Set([symbol]))), symbol, legsOf(symbol));

describe('the lexicon of foreign exchange', () => {
  it.each([
    ['Fed turns hawkish', 'hawkish:USD+'],
    ['ECB hawks push for more', 'hawkish:EUR+'],
    ['Dovish BoE surprises', 'dovish:GBP-'],
    ['RBA hikes rates', 'rate hike:AUD+'],
    ['Bank of Japan raises its key interest rate', 'rate hike:JPY+'],
    ['RBNZ cuts cash rate', 'rate cut:NZD-'],
    ['Euro falls on Fed rate hike', 'rate hike:USD+'],
    ['Powell rules out a rate cut', 'not rate cut:USD+'],
    ['Less hawkish Fed', 'not hawkish:USD-'],
    ['Fed less hawkish', 'not hawkish:USD-'],
    ['SNB intervenes to weaken', 'intervention to weaken:CHF-'],
    ['Fed hikes rates while ECB cuts rates', 'rate hike:USD+ rate cut:EUR-'],
    ['A hawk was seen over the dovecote', ''],
    ['Company cuts costs', ''],
    ['Rate cut hopes lift shares', ''],
  ])('%s: %s', (text, expected) => expect(read(text)).toBe(expected));

  it('helps the base of a pair and hurts its quote', () => {
    expect(lean('Hawkish ECB', 'EURUSD')).toBe(1);
    expect(lean('Hawkish Fed', 'EURUSD')).toBe(-1);
    expect(lean('Hawkish Fed', 'USDJPY')).toBe(1);
    expect(lean('Hawkish Fed', 'DXY')).toBe(1);
    expect(lean('Hawkish Fed', 'GBPJPY')).toBe(0);
    expect(lean('Fed hikes rates while ECB cuts rates', 'EURUSD')).toBe(-2);
  });
});

describe('mentions', () => {
  const named = (text: string, ...concerned: string[]): string =>
    mentionsIn(text, new Set(concerned))
      .map(({ of }) => of)
      .join(' ');
  it.each([
    ['EUR/USD slips as dollar firms', [], 'EURUSD USD'],
    ['Australian dollar falls', [], 'AUD'],
    ['Loonie and greenback', [], 'CAD USD'],
    ['Cable TV', [], ''],
    ['Cable slips', ['GBPUSD'], 'GBPUSD'],
    ['He won the cup', [], ''],
    ['$AAPL beats, AAPLE not', ['AAPL'], 'AAPL'],
    ['Gold Coast storm', [], ''],
  ] as const)('%s (%s): %s', (text, concerned, expected) => expect(named(text, ...concerned)).toBe(expected));
});
