/** What models are measured by. */
export { bootstrap, pairedDifference, pooledMean, seededRandom } from './bootstrap.ts';
export type { Estimate } from './bootstrap.ts';
export {
  agreement,
  brier,
  brierOf,
  brierOfEvent,
  calibrationError,
  choiceOf,
  logLoss,
  logLossOf,
  reliability,
  topLabel,
} from './classification.ts';
export type { Agreement, Classified, ReliabilityBin } from './classification.ts';
export { christoffersenCoverage, christoffersenIndependence, fisslerZiegel, kupiec } from './value-at-risk.ts';
export type { BreachTest } from './value-at-risk.ts';
export { mincerZarnowitz, qlike } from './volatility.ts';
export type { Regression } from './volatility.ts';
