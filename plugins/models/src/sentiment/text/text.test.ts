import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featureIds, MOST_IDS, ROWS } from './features.ts';
import { hash32 } from './hash.ts';
import { mask, MOST_TOKENS, TARGET, tokensOf } from './tokens.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      { maxLength: 300 },
    )
    .map((units) => units.join('')),
  fc
    .array(fc.constantFrom('$AAPL', ' -6%', 'https://t.co/x', '’s', 'İ', '\u{E000}', 'ﬁ', '📈', ' up', '\u0000', '@who', ':'), {
      maxLength: 200,
    })
    .map((s) => s.join('')),
);

describe('the hash', () => {
  it('is the stated one', () => {
    // From the two algorithms as published, over UTF-16LE, in Python.
    expect([hash32(''), hash32('rate hike'), hash32('ré 📈', 2)]).toEqual([2_872_998_923, 888_756_033, 2_222_507_312]);
    expect(hash32('rate hike', 1)).not.toBe(hash32('rate hike'));
  });

  it('spreads words over a table', () => {
    const buckets = new Set(Array.from({ length: 4_096 }, (_, i) => hash32(`word${i}`) & 4_095));
    // A random function leaves 1/e of the places empty.
    expect(buckets.size).toBeGreaterThan(4_096 * 0.6);
    expect(buckets.size).toBeLessThan(4_096 * 0.66);
  });
});

describe('tokens', () => {
  it.each([
    ['Kellogg -6% after profit outlook disappoints https://t.co/x', 'kellogg -num% after profit outlook disappoints'],
    ['$BYND: JPMorgan’s target cut to $12.50', '$tag : jpmorgan target cut to $num'],
    ['@who ﬁnally ＵＰ 5 per cent 📈!', 'finally up num% 📈 !'],
    ['U.S. stocks, S&P 500: record high?', 'u.s stocks , s&p num : record high ?'],
    ['RBA raises 25 bps', 'rba raises numbp'],
  ])('%s', (text, expected) => expect(tokensOf(text).join(' ')).toBe(expected));

  it('has a target where a name stood, and nobody can write one', () => {
    expect(tokensOf(mask("Dollar's slide: \u{E000}yen up", [{ from: 0, to: 8 }]))).toEqual([TARGET, 'slide', ':', 'yen', 'up']);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(fc.record({ from: fc.integer({ min: -5, max: 400 }), to: fc.integer({ min: -5, max: 400 }) })),
        (text, spans) => {
          const tokens = tokensOf(
            mask(
              text,
              spans.filter(({ from }) => from >= 0),
            ),
          );
          expect(tokens.length).toBeLessThanOrEqual(MOST_TOKENS);
          for (const form of ['entity', 'whole'] as const) {
            const ids = featureIds(tokens, form);
            expect(ids).toEqual(featureIds(tokens, form));
            expect(ids.length).toBeLessThanOrEqual(MOST_IDS);
            expect(new Set(ids).size).toBe(ids.length);
            for (const id of ids) expect(id > 0 && id < ROWS && Number.isInteger(id)).toBe(true);
          }
        },
      ),
    );
  });
});
