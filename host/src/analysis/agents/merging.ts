/**
 * Joins the local forecast of one question with those of agents. Values meet in log space, probabilities in a linear pool, so both losses (QLIKE of the log of a value, log-loss of a
 * probability) are convex in what is averaged. An agent's trust says how sure the host's own record is that the even mix of it and the local forecast beats the local one. The merged
 * forecast is a mean of such mixes and of the local forecast: by Jensen's inequality its loss is at most the mean of theirs. What an agent can do is at most half.
 */

/** A value is taken for at most this many times the local one, or its part. */
export const CLIP = 3;

export interface Voice<T> {
  readonly agent: string;
  /** 0: not proven, 1: beyond doubt. */
  readonly trust: number;
  readonly forecast: T;
}

export interface Merged<T> {
  readonly forecast: T;
  readonly localWeight: number;
  /** By agent; with `localWeight` they sum to 1. */
  readonly weights: ReadonlyMap<string, number>;
}

export type Probabilities = Readonly<Record<string, number>>;

/** @param local positive, as are the voices. */
export function mergeValues(local: number, voices: readonly Voice<number>[]): Merged<number> {
  const shares = sharesOf(voices);
  let log = Math.log(local);
  for (const { agent, forecast } of sorted(voices)) log += (shares.weights.get(agent) ?? 0) * Math.log(clipped(local, forecast) / local);
  // exp(log(x)) is not x to the last bit.
  return { forecast: shares.localWeight === 1 ? local : Math.exp(log), ...shares };
}

export function mergeProbabilities(local: Probabilities, voices: readonly Voice<Probabilities>[]): Merged<Probabilities> {
  const shares = sharesOf(voices);
  const order = sorted(voices);
  const forecast = Object.fromEntries(
    Object.entries(local).map(([name, share]) => [
      name,
      Math.min(
        1,
        order.reduce(
          (sum, voice) => sum + (shares.weights.get(voice.agent) ?? 0) * (voice.forecast[name] ?? 0),
          shares.localWeight * share,
        ),
      ),
    ]),
  );
  return { forecast, ...shares };
}

/** The even mix of the local value and an agent's: what its trust is won with. */
export function evenMixOfValues(local: number, forecast: number): number {
  return Math.sqrt(local) * Math.sqrt(clipped(local, forecast));
}

export function evenMixOfProbabilities(local: Probabilities, forecast: Probabilities): Probabilities {
  return Object.fromEntries(Object.entries(local).map(([name, share]) => [name, (share + (forecast[name] ?? 0)) / 2]));
}

function clipped(local: number, forecast: number): number {
  return Math.min(local * CLIP, Math.max(local / CLIP, forecast));
}

/** Agents of full trust share one half; less trust, less. */
function sharesOf(voices: readonly Voice<unknown>[]): Pick<Merged<unknown>, 'localWeight' | 'weights'> {
  const order = sorted(voices);
  const total = Math.max(
    1,
    order.reduce((sum, { trust }) => sum + trust, 0),
  );
  const weights = new Map(order.map(({ agent, trust }) => [agent, trust / total / 2]));
  let localWeight = 1;
  for (const weight of weights.values()) localWeight -= weight;
  return { localWeight, weights };
}

/** Sums in one order: the answers' order of arrival changes nothing, not even the last bit. */
function sorted<T>(voices: readonly Voice<T>[]): Voice<T>[] {
  return [...voices].sort((a, b) => (a.agent < b.agent ? -1 : 1));
}
