/** What instruments are called, the same in every plugin. */
export { COINS, CURRENCIES, METALS } from './codes.ts';
export type { CoinCode, CurrencyCode, MetalCode } from './codes.ts';
export type { CommoditySymbol, IndexSymbol, MarketSymbol, PairSymbol } from './symbols.ts';
