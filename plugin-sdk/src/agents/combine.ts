/** What a set of answers says together, each agent counting the same: computed by the backend, and again by the host, which takes no consensus on trust. */
import type { AgentAnswer, AgentForecast, CombinedForecast } from '../protocol/agents.ts';

/** Figures of the two computations may differ by so much, relative: logarithms are not the same to the last bit everywhere. */
export const SAME_WITHIN = 1e-9;

/**
 * One forecast for each question, sorted by it. Positive values meet in their geometric median, others in the plain one; probabilities in the mean. The result does not
 * depend on the order of the answers. Forecasts whose unit, horizon or classes are not those of most are left out.
 */
export function combineForecasts(answers: readonly AgentAnswer[]): CombinedForecast[] {
  const byQuestion = new Map<string, AgentForecast[]>();
  for (const { forecasts } of [...answers].sort((a, b) => (a.agent < b.agent ? -1 : 1))) {
    for (const forecast of forecasts) byQuestion.set(forecast.question, [...(byQuestion.get(forecast.question) ?? []), forecast]);
  }
  return [...byQuestion].sort(([a], [b]) => (a < b ? -1 : 1)).map(([question, forecasts]) => combineOne(question, mostAlike(forecasts)));
}

/** Whether two computations of it agree. */
export function isSameCombination(a: readonly CombinedForecast[], b: readonly CombinedForecast[]): boolean {
  return a.length === b.length && a.every((one, i) => isSameForecast(one, b[i]));
}

function combineOne(question: string, forecasts: readonly AgentForecast[]): CombinedForecast {
  const [first] = forecasts;
  const values = forecasts.flatMap(({ value }) => (value === null ? [] : [value]));
  const spread = forecasts.flatMap(({ probabilities }) => (probabilities === null ? [] : [probabilities]));
  const classes = Object.keys(spread[0] ?? {}).sort();
  return {
    question,
    horizonMs: first?.horizonMs ?? 0,
    value: values.length === 0 ? null : medianOf(values),
    unit: first?.unit ?? null,
    probabilities:
      spread.length === 0
        ? null
        : Object.fromEntries(
            classes.map((name) => [name, Math.min(1, spread.reduce((sum, one) => sum + (one[name] ?? 0), 0) / spread.length)]),
          ),
  };
}

function mostAlike(forecasts: readonly AgentForecast[]): AgentForecast[] {
  const groups = new Map<string, AgentForecast[]>();
  for (const forecast of forecasts) {
    const { horizonMs, unit, value, probabilities } = forecast;
    const terms = JSON.stringify([horizonMs, unit, value === null, Object.keys(probabilities ?? {}).sort()]);
    groups.set(terms, [...(groups.get(terms) ?? []), forecast]);
  }
  return [...groups].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))[0]?.[1] ?? [];
}

/** Of an even number the mean of the two in the middle: the geometric one where all are positive. */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (low === high) return low;
  return (sorted[0] ?? 0) > 0 ? Math.sqrt(low) * Math.sqrt(high) : low / 2 + high / 2;
}

function isSameForecast(a: CombinedForecast, b: CombinedForecast | undefined): boolean {
  if (b === undefined || a.question !== b.question || a.horizonMs !== b.horizonMs || a.unit !== b.unit) return false;
  if (!isNear(a.value, b.value) || (a.probabilities === null) !== (b.probabilities === null)) return false;
  const [mine, other] = [a.probabilities ?? {}, b.probabilities ?? {}];
  const classes = Object.keys(mine);
  return classes.length === Object.keys(other).length && classes.every((name) => isNear(mine[name] ?? null, other[name] ?? null));
}

function isNear(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= SAME_WITHIN * Math.max(1e-300, Math.abs(a), Math.abs(b));
}
