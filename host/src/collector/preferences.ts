import type { PublishedRecord, RecordStream } from '@tickhub/plugin-sdk/host';

/** What the user wants to see, as the config has it. An empty list of `only` means all. `*` stands for anything in names. */
export interface Preferences {
  readonly streams: { readonly never: readonly string[] };
  readonly sources: { readonly never: readonly string[] };
  readonly symbols: { readonly only: readonly string[]; readonly never: readonly string[] };
  readonly currencies: readonly string[];
  readonly languages: readonly string[];
  readonly impact: readonly string[];
}

/** Streams that say what is missing or wrong: whoever gets anything gets these. */
const ALWAYS: ReadonlySet<RecordStream> = new Set(['gap', 'notice']);

/** Whether a name fits one of the patterns, whatever its case. */
export function namePattern(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => false;
  const alternatives = patterns.map((pattern) => pattern.split('*').map(literally).join('.*'));
  const fits = new RegExp(`^(?:${alternatives.join('|')})$`, 'is');
  return (name) => fits.test(name);
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Holds the streams against the user's preferences. What is not wanted is neither delivered nor kept nor counted for the tier. */
export class PreferenceFilter {
  readonly #preferences: Preferences;
  readonly #never: Record<'streams' | 'sources' | 'symbols', (name: string) => boolean>;
  readonly #only: ((symbol: string) => boolean) | null;
  readonly #languages: readonly string[];

  constructor(preferences: Preferences) {
    this.#preferences = preferences;
    const { streams, sources, symbols } = preferences;
    this.#never = {
      streams: namePattern(streams.never),
      sources: namePattern(sources.never),
      symbols: namePattern(symbols.never),
    };
    this.#only = symbols.only.length === 0 ? null : namePattern(symbols.only);
    this.#languages = preferences.languages.map((language) => language.toLowerCase());
  }

  wantsSymbol(symbol: string): boolean {
    return (this.#only?.(symbol) ?? true) && !this.#never.symbols(symbol);
  }

  wantsRecord(stream: RecordStream, source: string, record: PublishedRecord): boolean {
    if (ALWAYS.has(stream)) return true;
    if (this.#never.streams(stream) || this.#never.sources(source)) return false;
    if (record.symbol !== undefined && !this.wantsSymbol(record.symbol)) return false;
    const { currency, currencies, language, impact } = record.body;
    return this.#wantsCurrency(currency, currencies) && this.#wantsLanguage(language) && this.#wantsImpact(impact);
  }

  /** A record that names no currency, or all of them, concerns everybody. */
  #wantsCurrency(one: unknown, several: unknown): boolean {
    const wanted = this.#preferences.currencies;
    if (wanted.length === 0) return true;
    const named = typeof one === 'string' ? [one] : Array.isArray(several) ? several : [];
    return named.length === 0 || named.some((currency) => currency === 'ALL' || wanted.includes(String(currency)));
  }

  /** `en` wants `en-GB`, too. */
  #wantsLanguage(language: unknown): boolean {
    if (this.#languages.length === 0 || typeof language !== 'string') return true;
    const tag = language.toLowerCase();
    return this.#languages.some((wanted) => tag === wanted || tag.startsWith(`${wanted}-`));
  }

  #wantsImpact(impact: unknown): boolean {
    const wanted = this.#preferences.impact;
    return wanted.length === 0 || typeof impact !== 'string' || wanted.includes(impact);
  }
}
