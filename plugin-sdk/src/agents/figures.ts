import type { AgentForecast } from '../protocol/agents.ts';

/** Probabilities that were rounded for the wire still sum to 1 within this. */
const SUM_WITHIN = 1e-6;

/** What is wrong with the figures of a forecast, in words; null where nothing is. Both backend and host refuse what it names. */
export function faultOfForecast({ question, value, unit, probabilities }: AgentForecast): string | null {
  if (value === null && probabilities === null) return `${question}: neither a value nor probabilities`;
  if (value !== null && !Number.isFinite(value)) return `${question}: a value of ${value}`;
  if (value !== null && unit === null) return `${question}: a value without a unit`;
  if (probabilities === null) return null;
  const shares = Object.values(probabilities);
  if (shares.length < 2) return `${question}: probabilities of ${shares.length} class${shares.length === 1 ? '' : 'es'}`;
  const sum = shares.reduce((total, share) => total + share, 0);
  return Math.abs(sum - 1) <= SUM_WITHIN ? null : `${question}: probabilities that sum to ${sum.toPrecision(6)}`;
}
