import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFigure } from './read-figure.ts';

describe('a figure', () => {
  it.each([
    ['178K', 178_000, undefined],
    ['2.59T', 2_590_000_000_000, undefined],
    ['-294.6B', -294_600_000_000, undefined],
    ['-3.02B', -3_020_000_000, undefined],
    ['7.42M', 7_420_000, undefined],
    ['0.3%', 0.3, '%'],
    ['-0.15%', -0.15, '%'],
    ['-0.0%', 0, '%'],
    ['50.6', 50.6, undefined],
    ['-45', -45, undefined],
    ['+1.5%', 1.5, '%'],
    ['.25 %', 0.25, '%'],
    ['1,610B', 1_610_000_000_000, undefined],
    ['\u22120.4%', -0.4, '%'],
    ['$-68.3B', -68_300_000_000, '$'],
    ['-€1.2B', -1_200_000_000, '€'],
    ['25bp', 25, 'bps'],
    ['3.5 %', 3.5, '%'],
  ])('%s is %d', (text, value, unit) => {
    expect(readFigure(text)).toEqual({ text, value, ...(unit !== undefined && { unit }) });
  });

  it.each([
    ['<0.1%', '%'],
    ['>5', undefined],
    ['≤ 0.10%', '%'],
  ])('%s is a bound, which has no value', (text, unit) => {
    expect(readFigure(text)).toEqual({ text, value: null, ...(unit !== undefined && { unit }) });
  });

  it.each([
    ['3.68|3.3', [3.68, 3.3]],
    ['-0.05|1.1', [-0.05, 1.1]],
    ['2-0-7', [2, 0, 7]],
  ])('%s has parts', (text, parts) => {
    expect(readFigure(text)).toEqual({ text, value: null, parts });
  });

  it.each(['Pass', '-', '%', 'K', '.', '1.2.3', '--5', '-$-5', '1,23', '12K34', '1e5', 'NaN', 'Infinity', '|', '3.1|'])(
    '%s is text',
    (text) => {
      expect(readFigure(text)).toEqual({ text, value: null });
    },
  );

  it.each(['', '  ', '\u00a0'])('%j is none', (text) => {
    expect(readFigure(text)).toBeNull();
  });

  it('has the value that was written, in all forms of the export', () => {
    const exponent: Record<string, number> = { '': 0, K: 3, M: 6, B: 9, T: 12, '%': 0 };
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(999_999),
        fc.option(fc.stringMatching(/^\d{1,3}$/), { nil: undefined }),
        fc.constantFrom('', 'K', 'M', 'B', 'T', '%'),
        (negative, whole, fraction, suffix) => {
          const text = `${negative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`;
          // By whole numbers, which is another way than the parser's.
          const scaled = BigInt(`${whole}${fraction ?? ''}`) * 10n ** BigInt(exponent[suffix] ?? 0);
          const expected = (Number(scaled) / 10 ** (fraction?.length ?? 0)) * (negative ? -1 : 1) + 0;
          const figure = readFigure(text);
          expect(figure?.text).toBe(text);
          expect(figure?.unit).toBe(suffix === '%' ? '%' : undefined);
          // Divided once more than the parser does, it may be off by its last bit.
          expect(Math.abs((figure?.value ?? Number.NaN) - expected)).toBeLessThanOrEqual(Math.abs(expected) * 1e-15);
        },
      ),
    );
  });

  it('never throws, and never has a value that is not finite', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: fc.constantFrom(...'0123456789.,-+%KMBT|<>$€ \u2212xe') }), (text) => {
        const figure = readFigure(text);
        if (figure === null) expect(text.trim()).toBe('');
        else {
          expect(figure.text.length).toBeLessThanOrEqual(100);
          expect(figure.value === null || Number.isFinite(figure.value)).toBe(true);
          expect(figure.parts?.every(Number.isFinite) ?? true).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
