import type { MarketSymbol } from '@tickhub/plugin-sdk/markets';

/**
 * Which symbols a release moves, by its currency and its title. The names are those that the mt5 plugin gives brokers' symbols. README.md shows this table; a
 * config may replace the list of a currency.
 */
const BY_CURRENCY: Readonly<Record<string, readonly MarketSymbol[]>> = {
  USD: ['EURUSD', 'GBPUSD', 'USDJPY', 'USDCHF', 'AUDUSD', 'NZDUSD', 'USDCAD', 'XAUUSD', 'XAGUSD', 'US500', 'US30', 'US100'],
  EUR: ['EURUSD', 'EURGBP', 'EURJPY', 'EURCHF', 'EURAUD', 'EURCAD', 'EURNZD', 'EU50', 'DE40'],
  GBP: ['GBPUSD', 'EURGBP', 'GBPJPY', 'GBPCHF', 'GBPAUD', 'GBPCAD', 'GBPNZD', 'UK100'],
  JPY: ['USDJPY', 'EURJPY', 'GBPJPY', 'AUDJPY', 'CADJPY', 'CHFJPY', 'NZDJPY', 'JP225'],
  CHF: ['USDCHF', 'EURCHF', 'GBPCHF', 'CHFJPY', 'AUDCHF', 'CH20'],
  AUD: ['AUDUSD', 'EURAUD', 'GBPAUD', 'AUDJPY', 'AUDNZD', 'AUDCAD', 'AUDCHF', 'AU200'],
  NZD: ['NZDUSD', 'AUDNZD', 'NZDJPY', 'EURNZD', 'GBPNZD', 'NZDCAD'],
  CAD: ['USDCAD', 'EURCAD', 'GBPCAD', 'CADJPY', 'AUDCAD', 'NZDCAD'],
  CNY: ['USDCNH', 'AUDUSD', 'NZDUSD', 'CN50', 'HK50'],
  ALL: ['EURUSD', 'GBPUSD', 'USDJPY', 'USDCHF', 'AUDUSD', 'NZDUSD', 'USDCAD', 'XAUUSD'],
};

const OIL: readonly MarketSymbol[] = ['USOIL', 'UKOIL', 'USDCAD'];

interface Refinement {
  readonly title: RegExp;
  /** Only for releases of this currency. */
  readonly currency?: string;
  readonly symbols: readonly MarketSymbol[];
  /** The release moves these, and hardly the currency. */
  readonly alone?: true;
}

/** The first that fits is taken. */
const REFINEMENTS: readonly Refinement[] = [
  { title: /\bcrude oil|\boil (?:inventories|stocks)|\bOPEC\b|\bAPI weekly statistical|\brig count/i, symbols: OIL, alone: true },
  { title: /\bnatural gas/i, symbols: ['NATGAS'], alone: true },
  { title: /\bgold reserves\b/i, symbols: ['XAUUSD'] },
  { title: /\bGerman\b/i, currency: 'EUR', symbols: ['DE40'] },
  { title: /\bFrench\b/i, currency: 'EUR', symbols: ['FR40'] },
  { title: /\bItalian\b/i, currency: 'EUR', symbols: ['IT40'] },
  { title: /\bSpanish\b/i, currency: 'EUR', symbols: ['ES35'] },
  // China is the market of Australia's and New Zealand's mines and farms, and the largest buyer of oil.
  { title: /\b(?:GDP|industrial production|manufacturing PMI|trade balance)\b/i, currency: 'CNY', symbols: ['USOIL', 'XAUUSD'] },
];

export type AffectedSymbols = (currency: string, title: string) => string[];

/** @param replaced lists that go in place of the table's, by currency. */
export function affectedSymbols(replaced: Readonly<Record<string, readonly string[]>>): AffectedSymbols {
  return (currency, title) => {
    const usual = replaced[currency] ?? BY_CURRENCY[currency] ?? (currency === 'USD' ? [] : [`USD${currency}`, `EUR${currency}`]);
    const refinement = REFINEMENTS.find((it) => (it.currency === undefined || it.currency === currency) && it.title.test(title));
    if (refinement === undefined) return [...usual];
    return refinement.alone ? [...refinement.symbols] : [...new Set([...usual, ...refinement.symbols])];
  };
}

/** For the README. */
export const SYMBOL_TABLE = { byCurrency: BY_CURRENCY, refinements: REFINEMENTS };
