import { calendarFeatures } from './calendar.ts';
import { FeatureError } from './errors.ts';
import type { Feature } from './feature.ts';
import { indicatorFeatures } from './indicators.ts';
import { trendFeatures } from './trend.ts';
import { volatilityFeatures } from './volatility.ts';

/**
 * Of what the features compute: a model is served the features of the version that it was trained with, or not at all.
 * A feature that is added leaves it as it is; one that changes its value, or goes, raises it.
 */
export const FEATURES_VERSION = '1';

/** All there are. */
export const FEATURES: readonly Feature[] = [...volatilityFeatures, ...trendFeatures, ...indicatorFeatures, ...calendarFeatures];

const byName = new Map(FEATURES.map((feature) => [feature.name, feature]));

/** Some features, in the order in which a model takes them. */
export interface FeatureSet {
  readonly names: readonly string[];
  readonly features: readonly Feature[];
  /** Closed bars that the longest of them looks at. */
  readonly needs: number;
}

/** @throws {FeatureError} UNKNOWN_FEATURE, naming it and what there is of its kind. */
export function featureSet(names: readonly string[]): FeatureSet {
  const features = names.map((name) => byName.get(name) ?? unknown(name));
  return { names, features, needs: features.reduce((most, { needs }) => Math.max(most, needs), 0) };
}

function unknown(name: string): never {
  const kind = kindOf(name);
  const near = FEATURES.filter((feature) => kindOf(feature.name) === kind).map((feature) => feature.name);
  const there = near.length > 0 ? near : [...new Set(FEATURES.map((feature) => kindOf(feature.name)))].map((one) => `${one}...`);
  throw new FeatureError('UNKNOWN_FEATURE', `there is no feature "${name}"; there are ${there.join(', ')}`);
}

/** `slope_t` of `slope_t_49`. */
function kindOf(name: string): string {
  return name.replace(/(?:_\d+)+$/, '');
}
