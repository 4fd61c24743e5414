import type { CoinCode, CurrencyCode, MetalCode } from './codes.ts';

/** Indices by country and number of shares; the dollar index and the volatility index by the names that markets have for them. */
export type IndexSymbol =
  | 'US30'
  | 'US100'
  | 'US500'
  | 'US2000'
  | 'DE40'
  | 'UK100'
  | 'FR40'
  | 'EU50'
  | 'ES35'
  | 'IT40'
  | 'CH20'
  | 'NL25'
  | 'JP225'
  | 'AU200'
  | 'HK50'
  | 'CN50'
  | 'IN50'
  | 'DXY'
  | 'VIX';

/** Crude oil of the United States and of the North Sea, natural gas, copper. */
export type CommoditySymbol = 'USOIL' | 'UKOIL' | 'NATGAS' | 'XCUUSD';

export type PairSymbol = `${CurrencyCode | MetalCode | CoinCode}${CurrencyCode}`;

/**
 * A canonical symbol that plugins know by name: what the mt5 plugin makes of a broker's name, and news, calendars and posts are tagged with. Where one says
 * `DE40` and another `GER40`, nobody would find the one by the other.
 */
export type MarketSymbol = IndexSymbol | CommoditySymbol | PairSymbol;
