/** What brokers call instruments: pairs, and their names for indices, metals, energies and coins. */
import { COINS, CURRENCIES, METALS } from '@tickhub/plugin-sdk/markets';
import type { MarketSymbol } from '@tickhub/plugin-sdk/markets';

const ARE_CURRENCIES: ReadonlySet<string> = new Set(CURRENCIES);
const ARE_METALS: ReadonlySet<string> = new Set(METALS);
const ARE_COINS: ReadonlySet<string> = new Set(COINS);
/** What coins are quoted in, longest first: `BTCUSDT` is not `BTCUSD`. */
const COIN_QUOTES = ['USDT', 'USDC', 'USD', 'EUR', 'GBP', 'JPY', 'AUD', 'CAD', 'CHF', 'NZD', 'BTC', 'ETH'];

const PAIR = /^([A-Z]{3})[/._-]?([A-Z]{3})$/;

/** The canonical name of a pair of two currencies, of a metal or a coin and what it is quoted in; null of anything else. */
export function pairName(name: string): string | null {
  const [, base = '', quote = ''] = PAIR.exec(name) ?? [];
  if (base !== quote && (ARE_CURRENCIES.has(base) || ARE_METALS.has(base)) && ARE_CURRENCIES.has(quote)) return base + quote;
  for (const coinQuote of COIN_QUOTES) {
    if (!name.endsWith(coinQuote)) continue;
    const coin = name.slice(0, -coinQuote.length).replace(/[/._-]$/, '');
    if (coin !== coinQuote && ARE_COINS.has(coin)) return coin + coinQuote;
  }
  return null;
}

/**
 * Canonical name -> what brokers call the same thing. Not in here on purpose: names that are also those of a share or a fund (DAX, SPX, NDX, CL, GC), of
 * a future (ES, NQ, YM), or of several things (OIL).
 */
const ALIASES: Readonly<Partial<Record<MarketSymbol, string>>> = {
  XAUUSD: 'GOLD',
  XAGUSD: 'SILVER',
  XPTUSD: 'PLATINUM',
  XPDUSD: 'PALLADIUM',
  US30: 'DJ30 DJI30 DOW30 WS30 USA30 WALLSTREET30',
  US500: 'SPX500 SP500 S&P500 USA500',
  US100: 'NAS100 NASDAQ100 NDX100 NSDQ100 USTEC USTECH USTECH100 USATECH',
  US2000: 'RUSSELL2000 RUS2000 USA2000',
  DE40: 'GER40 DAX40 DEU40 GERMANY40 DE30 GER30 DAX30 DEU30 GERMANY30',
  UK100: 'FTSE100 GB100 GBR100',
  FR40: 'FRA40 CAC40 FRANCE40',
  EU50: 'EUSTX50 STOXX50 ESTX50 EUROSTOXX50 EUR50 EURO50',
  ES35: 'ESP35 SPA35 SPN35 IBEX35 SPAIN35',
  IT40: 'ITA40 MIB40 ITALY40',
  CH20: 'SWI20 SMI20 SWISS20',
  NL25: 'NETH25 AEX25 NED25',
  JP225: 'JPN225 JAP225 JAPAN225 NI225 NIKKEI225',
  AU200: 'AUS200 ASX200 AUSTRALIA200',
  HK50: 'HSI50 HONGKONG50',
  CN50: 'CHINA50 CHINAA50 CHN50 CNA50',
  USOIL: 'WTI XTIUSD WTIUSD USOUSD',
  UKOIL: 'BRENT XBRUSD UKOUSD BRENTUSD',
  NATGAS: 'XNGUSD NGAS NATGASUSD',
  BTCUSD: 'BITCOIN XBTUSD',
  ETHUSD: 'ETHEREUM',
};

const CANONICAL = new Map(
  Object.entries(ALIASES).flatMap(([canonical, names]) => [canonical, ...names.split(' ')].map((name) => [name, canonical] as const)),
);

/** The canonical name of an instrument that brokers have several names for; null of anything else. Capitals do not matter. */
export function aliasedName(name: string): string | null {
  return CANONICAL.get(name.toUpperCase()) ?? null;
}

/** What brokers may call a canonical name besides itself. */
export function aliasesOf(canonical: string): string[] {
  return Object.hasOwn(ALIASES, canonical) ? (ALIASES[canonical as MarketSymbol]?.split(' ') ?? []) : [];
}
