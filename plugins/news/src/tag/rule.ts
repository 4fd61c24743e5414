import type { CurrencyCode, MarketSymbol } from '@tickhub/plugin-sdk/markets';

/** One way to mention something. */
export interface Rule {
  /**
   * Source of a regular expression; it is matched at word boundaries. Case counts: `[Gg]old`, not `gold`, where both are meant. It must not be able to match
   * itself in two ways, so that it takes linear time.
   */
  readonly match: string;
  /** Canonical symbols: `XAUUSD`. */
  readonly symbols?: readonly MarketSymbol[];
  /** ISO 4217 codes. */
  readonly currencies?: readonly CurrencyCode[];
  /** Regular expressions of what must not stand directly before or after. */
  readonly notAfter?: string;
  readonly notBefore?: string;
  /** One of which must stand directly before or after; either will do. */
  readonly after?: string;
  readonly before?: string;
}

/** A first letter in both cases: `gold` -> `[Gg]old`. */
export function either(word: string): string {
  const first = word[0] ?? '';
  return `[${first.toUpperCase()}${first.toLowerCase()}]${word.slice(1)}`;
}

export const anyOf = (words: readonly string[]): string => `(?:${words.map(either).join('|')})`;
