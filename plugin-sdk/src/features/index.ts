/** Features of closed bars, the same for training, evaluation and live analysis: `@tickhub/plugin-sdk/features`. */
export { BAR_COLUMNS, emptyBars, sliceBars } from './bars.ts';
export type { Bars } from './bars.ts';
export { FEATURES, FEATURES_VERSION, featureSet } from './catalogue.ts';
export type { FeatureSet } from './catalogue.ts';
export { FeatureError } from './errors.ts';
export type { FeatureErrorCode } from './errors.ts';
export type { Feature } from './feature.ts';
export { featureMatrix } from './feature-matrix.ts';
export type { FeatureMatrix } from './feature-matrix.ts';
export { FeatureState, MOST_BARS } from './feature-state.ts';
