import type { CalendarValue } from '@tickhub/plugin-sdk';

const MAX_TEXT = 100;
/** Power of ten of each suffix; it goes into the exponent, so that `2.59T` is the double nearest to 2.59e12. */
const EXPONENTS: Readonly<Record<string, number>> = { K: 3, M: 6, B: 9, T: 12 };

/** `-$68.3B`, `$-68.3B`, `1,610B`, `0.25 %`, `-45`: sign, currency, digits, suffix, percent. */
const PLAIN = /^([+-]?)([$€£¥]?)([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?([KMBT]?)(%|bps?)?$/i;
/** A bound, not a figure: `<0.1%`. */
const BOUND = /^[<>≤≥]=?\s*[+-]?(?:\d+(?:\.\d+)?|\.\d+)\s*[KMBT]?\s*(%?)$/i;
/** `3.68|3.3`, the yield of an auction and how often it was covered. */
const PIPED = /^[+-]?\d+(?:\.\d+)?(?:\|[+-]?\d+(?:\.\d+)?)+$/;
/** `2-0-7`, the votes of a rate decision: raise, cut, hold. */
const VOTES = /^\d{1,2}(?:-\d{1,2}){2}$/;

/**
 * A figure as a calendar writes it, in the forms that Forex Factory's export uses (`#%`, `#K`, `#M`, `#B`, `#T`, `#`, `#|#`, `#-#-#`, `<#%`) and with the
 * currency signs and grouping of others. Whatever is no one number keeps its text and has the value null.
 * @returns null where the text is empty: the provider gives no figure.
 */
export function readFigure(text: string): CalendarValue | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const kept = trimmed.slice(0, MAX_TEXT);
  if (trimmed.length > MAX_TEXT) return { text: kept, value: null };
  // Figures are also written with a typographic minus and with spaces before their units.
  const plain = trimmed.replaceAll('\u2212', '-').replaceAll(/[\s\u00a0\u202f]+/g, '');
  const bound = BOUND.exec(plain);
  if (bound !== null) return { text: kept, value: null, ...(bound[1] !== '' && { unit: '%' }) };
  if (PIPED.test(plain)) return { text: kept, value: null, parts: plain.split('|').map(Number) };
  if (VOTES.test(plain)) return { text: kept, value: null, parts: plain.split('-').map(Number) };
  const match = PLAIN.exec(plain);
  if (match === null) return { text: kept, value: null };
  const [, sign = '', currency = '', innerSign = '', whole, fraction, suffix = '', percent] = match;
  if (whole === undefined && fraction === undefined) return { text: kept, value: null };
  if (sign !== '' && innerSign !== '') return { text: kept, value: null };
  const digits = `${(whole ?? '0').replaceAll(',', '')}${fraction === undefined ? '' : `.${fraction}`}`;
  const size = Number(`${digits}e${EXPONENTS[suffix.toUpperCase()] ?? 0}`);
  if (!Number.isFinite(size)) return { text: kept, value: null };
  // `-0.0%` is 0: a negative zero would be another content to a comparison.
  const value = size === 0 ? 0 : sign === '-' || innerSign === '-' ? -size : size;
  const unit = percent === undefined ? currency : percent.toLowerCase() === 'bp' ? 'bps' : percent.toLowerCase();
  return { text: kept, value, ...(unit !== '' && { unit }) };
}
