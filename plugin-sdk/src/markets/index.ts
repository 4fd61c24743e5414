/** What instruments are called, and what a pip of them is, the same in every plugin. */
export { COINS, CURRENCIES, METALS } from './codes.ts';
export type { CoinCode, CurrencyCode, MetalCode } from './codes.ts';
export { pipOf } from './pips.ts';
export type { CommoditySymbol, IndexSymbol, MarketSymbol, PairSymbol } from './symbols.ts';
