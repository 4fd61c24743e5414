/** What the tagger knows by name. `symbolMap` in the config renames its symbols. */
import { METALS } from '@tickhub/plugin-sdk/markets';
import type { CoinCode, CurrencyCode, MarketSymbol, MetalCode } from '@tickhub/plugin-sdk/markets';

const wordsOf = (text: string): string[] => text.split(/\s+/);

/** ISO 4217 codes of currencies with a liquid market, and the metals that are quoted like one. */
export const CURRENCIES: readonly (CurrencyCode | MetalCode)[] = [
  'USD',
  'EUR',
  'GBP',
  'JPY',
  'CHF',
  'AUD',
  'NZD',
  'CAD',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'HUF',
  'TRY',
  'ZAR',
  'MXN',
  'BRL',
  'CNY',
  'CNH',
  'HKD',
  'SGD',
  'INR',
  'KRW',
  'THB',
  'ILS',
  'RUB',
  'IDR',
  ...METALS,
];

/** Coins that are quoted against the dollar. */
export const COINS: readonly CoinCode[] = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOGE', 'LTC', 'BNB', 'DOT', 'AVAX', 'LINK', 'SHIB', 'BCH'];

/** Roots of futures (StockTwits: `GC_F`), to the cash symbol that a broker quotes. */
export const FUTURES: Readonly<Record<string, MarketSymbol>> = {
  GC: 'XAUUSD',
  SI: 'XAGUSD',
  PL: 'XPTUSD',
  PA: 'XPDUSD',
  CL: 'USOIL',
  BZ: 'UKOIL',
  NG: 'NATGAS',
  ES: 'US500',
  NQ: 'US100',
  YM: 'US30',
  RTY: 'US2000',
  '6E': 'EURUSD',
  '6B': 'GBPUSD',
  '6A': 'AUDUSD',
  BTC: 'BTCUSD',
  DX: 'DXY',
};

/** Names of one thing only, wherever they are written. In lower case; matched as whole words. */
export const NAMES: Readonly<Record<string, MarketSymbol>> = {
  bitcoin: 'BTCUSD',
  btc: 'BTCUSD',
  ethereum: 'ETHUSD',
  xauusd: 'XAUUSD',
  xau: 'XAUUSD',
  xag: 'XAGUSD',
  dogecoin: 'DOGEUSD',
  litecoin: 'LTCUSD',
  nasdaq: 'US100',
  's&p 500': 'US500',
  's&p500': 'US500',
  sp500: 'US500',
  spx: 'US500',
  'dow jones': 'US30',
  dxy: 'DXY',
  'dollar index': 'DXY',
  wti: 'USOIL',
  'crude oil': 'USOIL',
  'brent crude': 'UKOIL',
  'natural gas': 'NATGAS',
};

/** Names of other things too: they count where the place, or another word of the post, is about markets. */
export const AMBIGUOUS: Readonly<Record<string, MarketSymbol>> = {
  gold: 'XAUUSD',
  silver: 'XAGUSD',
  platinum: 'XPTUSD',
  palladium: 'XPDUSD',
  crude: 'USOIL',
  brent: 'UKOIL',
  dow: 'US30',
  dax: 'DE40',
  eth: 'ETHUSD',
  solana: 'SOLUSD',
  ripple: 'XRPUSD',
};

/** Words that make a post one about markets. */
export const MARKET_WORDS: readonly string[] =
  wordsOf(`price prices ounce oz spot futures trade trading trader traders bullish bearish bull bulls bear bears rally selloff
  sell-off breakout resistance support fed fomc inflation hedge etf market markets stocks commodities commodity forex
  investors investing bullion comex chart usd long short calls puts yields ath crypto`);

/** After or before these the metal is a prize, a colour, or a way to speak. */
export const NOT_THE_METAL =
  /\b(?:gold|silver|platinum) (?:medal|medals|medallist|medalist|star|stars|album|record|ring|tooth|teeth|lining|screen|standard|rush|fish|member|tier|card|leaf)\b|\b(?:good as|heart of|worth .{0,12}in|olympic|won|winning|wins|white and|black and|blue and) (?:gold|silver)\b/gi;

/** What follows a dollar sign in programs and shells. */
export const NOT_CASHTAGS: ReadonlySet<string> = new Set(
  wordsOf(`PATH HOME USER SHELL PWD EDITOR ENV TERM LANG DISPLAY HOST TMP TEMP PS1 IFS GET POST USD EUR GBP JPY AUD CAD NZD CHF CNY
  HKD SGD MXN US AU NZ K M B`),
);
