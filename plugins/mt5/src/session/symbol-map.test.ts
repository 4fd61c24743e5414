import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKER_SYMBOLS } from '../../test/broker-symbols.ts';
import { canonicalName, collide, possibleRawNames, type MappingRules } from './symbol-map.ts';

const auto: MappingRules = { map: {}, rules: [], prefixes: [], suffixes: [], auto: true, aliases: false };
const all: MappingRules = { ...auto, aliases: true };

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

describe.each(Object.entries(BROKER_SYMBOLS))('brokers: %s', (_group, names) => {
  it.each(Object.entries(names))('%s is %s', (raw, canonical) => {
    expect(canonicalName(raw, all)).toBe(canonical);
  });
});

describe('whatever a name is', () => {
  const Part = fc.constantFrom(...'EUR USD XAU BTC US30 GOLD NAS100 cash Cash SEP26 m .x # _i - / .pro ECN frx cry [ ] . f F 1'.split(' '));
  const Raw = fc.oneof(
    fc.array(Part, { maxLength: 5 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 80 }),
  );

  it('its canonical name is canonical', () => {
    fc.assert(
      fc.property(Raw, fc.boolean(), fc.boolean(), (raw, undress, aliases) => {
        const rules = { ...all, auto: undress, aliases };
        const once = canonicalName(raw, rules);
        expect(canonicalName(once, rules)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it('auto alone takes away and never puts something else in its place', () => {
    fc.assert(
      fc.property(Raw, (raw) => {
        const name = canonicalName(raw, auto);
        if (name !== raw) expect(raw.replaceAll(/[/._-]/g, '')).toContain(name);
      }),
      { numRuns: 3_000 },
    );
  });

  it('a future keeps its month', () => {
    const Month = fc.constantFrom('-SEP26', '_Z6', 'Z6', '.fut', '-DEC', '_H2027', ' 2026', '-2606', '.fs', 'M');
    fc.assert(
      fc.property(fc.constantFrom('EURUSD', 'XAUUSD', 'US30', 'NAS100', 'GOLD', 'BTCUSD', 'WTI'), Month, (body, month) => {
        expect(canonicalName(body + month, all)).toBe(body + month);
      }),
    );
  });

  it('each switch stands for itself', () => {
    expect(canonicalName('NAS100', { ...all, aliases: false })).toBe('NAS100');
    expect(canonicalName('US30m', { ...all, aliases: false })).toBe('US30m');
    expect(canonicalName('NAS100', { ...all, auto: false })).toBe('US100');
    expect(canonicalName('NAS100m', { ...all, auto: false })).toBe('NAS100m');
    expect(canonicalName('EURUSDm', { ...all, auto: false })).toBe('EURUSDm');
  });
});

describe('what the user says', () => {
  const rules: MappingRules = {
    map: { 'GOLD.spot': 'XAUUSD', 'EURUSD.x': 'EURUSD.x' },
    rules: [
      { match: '^(.+)_otc$', to: '$1.OTC' },
      { match: '^SYN(\\d+)', to: 'V$1' },
    ],
    prefixes: ['FX:', 'F'],
    suffixes: ['.cash', 'cash', '.x'],
    auto: true,
    aliases: true,
  };
  it.each([
    ['GOLD.spot', 'XAUUSD', 'the map goes first'],
    ['EURUSD_otc', 'EURUSD.OTC', 'a rule says the last word'],
    ['SYN75-x', 'V75-x', 'a rule replaces what it matches'],
    ['NAS100.cash', 'US100', 'an alias of what is left'],
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

  it('goes before the name itself, that before affixes, and those before the general rules; of equals the first does', () => {
    const ranked = ['GOLD.spot', 'XAUUSD', 'XAUUSD.cash', 'XAUUSDm'];
    for (const name of ranked) expect(canonicalName(name, rules)).toBe('XAUUSD');
    const whys = ['you name in the config', 'is the very name', 'your prefixes and suffixes lead to'];
    for (const [i, strong] of ranked.entries()) {
      for (const weak of ranked.slice(i + 1)) {
        expect(collide(weak, strong, 'XAUUSD', rules)).toEqual({ laterWins: true, why: whys[i] });
        expect(collide(strong, weak, 'XAUUSD', rules)).toEqual({ laterWins: false, why: whys[i] });
      }
    }
    expect(collide('XAUUSDm', 'GOLD', 'XAUUSD', rules)).toEqual({ laterWins: false, why: 'was announced first' });
    expect(collide('A_otc', 'A.OTC', 'A.OTC', rules)).toEqual({ laterWins: false, why: 'you name in the config' });
  });

  it('gives the names to look for on the terminal', () => {
    expect(possibleRawNames('XAGUSD', { ...all, suffixes: ['m'] })).toEqual(['XAGUSD', 'XAGUSDm', 'SILVER', 'SILVERm']);
    expect(possibleRawNames('XAUUSD', rules)).toEqual(['GOLD.spot']);
    expect(possibleRawNames('GBPUSD', { ...auto, suffixes: ['.x'], prefixes: ['m.'] })).toEqual([
      'GBPUSD',
      'GBPUSD.x',
      'm.GBPUSD',
      'm.GBPUSD.x',
    ]);
  });
});
