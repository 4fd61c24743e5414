import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalName, possibleRawNames, type MappingRules } from './symbol-map.ts';

const auto: MappingRules = { map: {}, prefixes: [], suffixes: [], auto: true };

describe('what auto undresses', () => {
  it.each([
    ['EURUSD', 'EURUSD'],
    ['EURUSD.x', 'EURUSD'],
    ['EURUSDm', 'EURUSD'],
    ['EURUSDc', 'EURUSD'],
    ['EURUSD.', 'EURUSD'],
    ['EURUSD#', 'EURUSD'],
    ['EURUSD+', 'EURUSD'],
    ['EURUSD!', 'EURUSD'],
    ['EURUSD_i', 'EURUSD'],
    ['EURUSD-a', 'EURUSD'],
    ['EURUSD.A', 'EURUSD'],
    ['EURUSD.pro', 'EURUSD'],
    ['EURUSDpro', 'EURUSD'],
    ['EURUSD-ECN', 'EURUSD'],
    ['EURUSD.raw', 'EURUSD'],
    ['EURUSDmicro', 'EURUSD'],
    ['EURUSDm#', 'EURUSD'],
    ['m.EURUSD', 'EURUSD'],
    ['mEURUSD', 'EURUSD'],
    ['#EURUSD', 'EURUSD'],
    ['_EURUSD', 'EURUSD'],
    ['EUR/USD', 'EURUSD'],
    ['XAUUSDm', 'XAUUSD'],
    ['XAGEUR.x', 'XAGEUR'],
    ['USDJPY.r', 'USDJPY'],
  ])('%s is %s', (raw, canonical) => {
    expect(canonicalName(raw, auto)).toBe(canonical);
  });
});

describe('what auto leaves alone', () => {
  it.each([
    'US30.cash',
    'US30',
    'USTEC',
    'GER40.x',
    'BTCUSD',
    'BTCUSD.x',
    'EURUSD-SEP26',
    'EURUSD.fut',
    'EURUSD_1',
    'EURUSDT',
    'EURUSD.cash',
    'AAPL.NAS',
    'USDUSD.x',
    'eurusd',
    'XAUXAG',
    'XTIUSD',
    'GOLD',
    'EURUSDEUR',
    '',
    '.x',
  ])('%s', (raw) => {
    expect(canonicalName(raw, auto)).toBe(raw);
  });

  it('everything, when it is off', () => {
    fc.assert(fc.property(fc.string(), (raw) => void expect(canonicalName(raw, { ...auto, auto: false })).toBe(raw)));
  });
});

it('auto only ever cuts around six letters, and does so once and for all', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'EURUSDXAUm.#_-xpro1/'), maxLength: 12 }), (raw) => {
      const once = canonicalName(raw, auto);
      expect(canonicalName(once, auto)).toBe(once);
      if (once !== raw) {
        expect(once).toMatch(/^[A-Z]{6}$/);
        expect(raw.replace('/', '')).toContain(once);
      }
    }),
    { numRuns: 2_000 },
  );
});

describe('what the user says', () => {
  const rules: MappingRules = {
    map: { 'GOLD.spot': 'XAUUSD', 'EURUSD.x': 'EURUSD.x' },
    prefixes: ['FX:', 'F'],
    suffixes: ['.cash', 'cash', '.x'],
    auto: true,
  };
  it.each([
    ['GOLD.spot', 'XAUUSD', 'the map goes first'],
    ['EURUSD.x', 'EURUSD.x', 'the map may switch a rule off'],
    ['US30.cash', 'US30', 'a listed suffix is cut from anything'],
    ['FX:EURGBPm', 'EURGBP', 'the longest prefix, then auto'],
    ['BTCUSD.x', 'BTCUSD', 'a listed suffix'],
    ['.cash', '.cash', 'nothing is cut down to nothing'],
  ])('%s is %s: %s', (raw, canonical) => {
    expect(canonicalName(raw, rules)).toBe(canonical);
  });

  it('names of objects are no mapping', () => {
    expect(canonicalName('constructor', auto)).toBe('constructor');
    expect(canonicalName('__proto__', auto)).toBe('__proto__');
  });

  it('gives the names to look for on the terminal', () => {
    expect(possibleRawNames('XAUUSD', rules)).toEqual(['GOLD.spot']);
    expect(possibleRawNames('GBPUSD', { ...auto, suffixes: ['.x'], prefixes: ['m.'] })).toEqual([
      'GBPUSD',
      'GBPUSD.x',
      'm.GBPUSD',
      'm.GBPUSD.x',
    ]);
  });
});
