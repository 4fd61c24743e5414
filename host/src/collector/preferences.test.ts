import type { PublishedRecord } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namePattern, PreferenceFilter } from './preferences.ts';
import type { Preferences } from './preferences.ts';

const ALL: Preferences = {
  streams: { never: [] },
  sources: { never: [] },
  symbols: { only: [], never: [] },
  currencies: [],
  languages: [],
  impact: [],
};
const filter = (change: Partial<Preferences>): PreferenceFilter => new PreferenceFilter({ ...ALL, ...change });
const record = (body: Record<string, unknown>, symbol?: string): PublishedRecord => ({ time: 1, body, symbol });

describe('a preference', () => {
  it('that is not there wants everything', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.dictionary(fc.string(), fc.string()), (symbol, body) => {
        expect(filter({}).wantsSymbol(symbol)).toBe(true);
        expect(filter({}).wantsRecord('news', 'news:x', record(body, symbol))).toBe(true);
      }),
    );
  });

  it('for symbols takes what fits one of "only" and none of "never", whatever its case', () => {
    const some = filter({ symbols: { only: ['EUR*', 'xauusd'], never: ['*TRY'] } });
    expect(['EURUSD', 'eurgbp', 'XAUUSD', 'EURTRY', 'GBPUSD', 'AEURUSD'].map((name) => some.wantsSymbol(name))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('against a stream or a source leaves it out, but never what says that something is missing', () => {
    const some = filter({ streams: { never: ['social', 'gap'] }, sources: { never: ['news:cnbc*'] } });
    const wants = some.wantsRecord.bind(some);
    expect(wants('social', 'social', record({}))).toBe(false);
    expect(wants('news', 'news:cnbc-top', record({}))).toBe(false);
    expect(wants('news', 'news:fed', record({}))).toBe(true);
    expect(wants('gap', 'news:cnbc-top', record({}))).toBe(true);
  });

  it('for currencies takes what names one of them, all, or none', () => {
    const euro = filter({ currencies: ['EUR'] });
    const wants = (body: Record<string, unknown>): boolean => euro.wantsRecord('calendar', 'economic:ff', record(body));
    expect(
      [
        { currency: 'EUR' },
        { currency: 'USD' },
        { currency: 'ALL' },
        {},
        { currencies: ['USD', 'EUR'] },
        { currencies: ['USD'] },
        { currencies: [] },
      ].map(wants),
    ).toEqual([true, false, true, true, true, false, true]);
  });

  it('for languages and impact takes what has them, or has none', () => {
    const some = filter({ languages: ['en', 'PT-br'], impact: ['high'] });
    const wants = (body: Record<string, unknown>): boolean => some.wantsRecord('news', 'news:x', record(body));
    expect(
      [{ language: 'en' }, { language: 'en-GB' }, { language: 'pt-BR' }, { language: 'pt' }, { language: 'eng' }, {}].map(wants),
    ).toEqual([true, true, true, false, false, true]);
    expect([{ impact: 'high' }, { impact: 'low' }].map(wants)).toEqual([true, false]);
  });
});

describe('namePattern', () => {
  it('takes everything but * as it is written', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        fc.pre(!name.includes('*'));
        expect(namePattern([name])(name)).toBe(true);
        expect(namePattern([`${name}*`])(`${name}x`)).toBe(true);
        expect(namePattern([name])(`${name}x`)).toBe(false);
      }),
    );
  });
});
