import type { ModelAnswer } from '@tickhub/plugin-sdk';

/** What the stack takes of the members' answers, in this order. */
export const MEMBER_INPUTS = ['network', 'har', 'p_range', 'p_one_way'] as const;
/** What it takes of the bars themselves, after the members'. */
export const FEATURE_INPUTS = ['rv_24', 'rv_120', 'park_4', 'park_24', 'park_120', 'hour_sin', 'hour_cos'] as const;

type Said = Pick<ModelAnswer, 'abstained' | 'value' | 'probabilities' | 'details'>;

/** The members' answers as of one bar, as the stack takes them. */
export interface MemberInputs {
  /** In the order of {@link MEMBER_INPUTS}: log variance forecasts relative to the trailing 480 bars', of the network and of HAR (the network's again where the history is too short), P(range), and the distance of P(up) and P(down). */
  readonly values: readonly number[];
  /** Standard deviation of a 24-bar log return by the last 480 bars, in percent. */
  readonly trailingSigma: number;
  /** log(P(down)), log(P(range)), log(P(up)) of trend_v1. */
  readonly stateLogs: readonly [number, number, number];
}

/** The same for training and for serving. Null where a member abstained or is not what the stack was fitted on. */
export function memberInputs(volatility: Said, trend: Said): MemberInputs | null {
  const { network, har, ratioToTrailing } = volatility.details;
  const { value } = volatility;
  const p = trend.probabilities;
  if (volatility.abstained !== null || trend.abstained !== null || value === null || p === null) return null;
  if (typeof network !== 'number' || typeof ratioToTrailing !== 'number') return null;
  const { down, range, up } = p;
  if (down === undefined || range === undefined || up === undefined) return null;
  const trailingSigma = value / ratioToTrailing;
  const byNetwork = 2 * Math.log(network / trailingSigma);
  const byHar = typeof har === 'number' ? 2 * Math.log(har / trailingSigma) : byNetwork;
  const log = (share: number): number => Math.log(Math.max(share, 1e-6));
  return { values: [byNetwork, byHar, range, Math.abs(up - down)], trailingSigma, stateLogs: [log(down), log(range), log(up)] };
}
