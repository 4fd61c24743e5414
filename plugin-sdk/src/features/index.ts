/** Features of closed bars, the same for training, evaluation and live analysis: `@tickhub/plugin-sdk/features`. */
export { BAR_COLUMNS, emptyBars, sliceBars } from './bars.ts';
export type { Bars } from './bars.ts';
