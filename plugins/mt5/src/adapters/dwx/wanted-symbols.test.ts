import { expect, it } from 'vitest';
import { WantedSymbols } from './wanted-symbols.ts';

const mapping = { map: {}, rules: [], prefixes: [], suffixes: ['.x'], auto: true, aliases: true };

it('asks for one after the other, under each name that it could have, and gives up what is refused', () => {
  const wanted = new WantedSymbols(['EURUSD', 'GBPUSD', 'NONE'], mapping);
  const present = new Set(['GBPUSD.x']);
  expect(wanted.next(present, 0)).toBe('EURUSD');
  wanted.asked('EURUSD', 0);
  expect(wanted.refuse('EURUSD')).toBe(true);
  expect(wanted.next(present, 1)).toBe('EURUSD.x');
  wanted.asked('EURUSD.x', 1);
  present.add('EURUSD.x');
  for (const name of ['NONE', 'NONE.x']) {
    expect(wanted.next(present, 2)).toBe(name);
    wanted.asked(name, 2);
    wanted.refuse(name);
  }
  expect(wanted.next(present, 3)).toBeNull();
  expect(wanted.missing(present)).toEqual(['NONE']);
});

it('takes a refusal only of what it asked for', () => {
  const wanted = new WantedSymbols(['EURUSD'], { ...mapping, suffixes: [] });
  expect(wanted.refuse('EURUSD')).toBe(false);
  expect(wanted.next(new Set(), 0)).toBe('EURUSD');
});

it('asks again after a pause that doubles, up to a minute, and at once when the EA began anew', () => {
  const wanted = new WantedSymbols(['EURUSD'], { ...mapping, suffixes: [] });
  const none = new Set<string>();
  let now = 0;
  for (const wait of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    expect(wanted.next(none, now)).toBe('EURUSD');
    wanted.asked('EURUSD', now);
    expect(wanted.next(none, now + wait - 1)).toBeNull();
    now += wait;
  }
  wanted.asked('EURUSD', now);
  wanted.forget();
  expect(wanted.next(none, now)).toBe('EURUSD');
});

it('asks at once for what came and was taken away by another client', () => {
  const wanted = new WantedSymbols(['EURUSD'], { ...mapping, suffixes: [] });
  wanted.asked('EURUSD', 0);
  expect(wanted.next(new Set(['EURUSD']), 100)).toBeNull();
  expect(wanted.next(new Set(['GBPUSD']), 200)).toBe('EURUSD');
});

it('wants nothing in particular where nothing is named', () => {
  const wanted = new WantedSymbols([], mapping);
  expect(wanted.next(new Set(), 0)).toBeNull();
  expect(wanted.missing(new Set())).toEqual([]);
});
