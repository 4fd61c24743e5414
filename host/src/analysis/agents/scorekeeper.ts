import { z } from 'zod';
import { CalibrationBook, Score } from './calibration.ts';
import type { Standing } from './calibration.ts';
import { evenMixOfProbabilities, evenMixOfValues } from './merging.ts';
import { isScored, logLoss, outcomeOf, qlike } from './realised.ts';
import type { Closes, Outcome } from './realised.ts';

const Shares = z.record(z.string(), z.number());

/** A forecast whose outcome is not known yet, with the local one it is held against. */
const Pending = z.object({
  key: z.string(),
  symbol: z.string(),
  widthMs: z.number(),
  at: z.number(),
  horizonMs: z.number(),
  unit: z.string().nullable(),
  local: z.object({ value: z.number().nullable(), probabilities: Shares.nullable() }),
  agent: z.object({ value: z.number().nullable(), probabilities: Shares.nullable() }),
});
type Pending = z.infer<typeof Pending>;

/** What is kept over restarts. */
export const KeptScores = z.object({ scores: z.record(z.string(), z.array(Score)), pending: z.array(Pending) });
export type KeptScores = z.infer<typeof KeptScores>;

export interface Forecast {
  readonly value: number | null;
  readonly probabilities: Readonly<Record<string, number>> | null;
}

/** A forecast that is to be scored when its horizon is over. */
export interface Noted {
  readonly agent: string;
  readonly version: string;
  readonly question: string;
  readonly symbol: string;
  readonly widthMs: number;
  readonly at: number;
  readonly horizonMs: number;
  readonly unit: string | null;
  readonly local: Forecast;
  readonly forecast: Forecast;
}

const DAY_MS = 86_400_000;
const MOST_PENDING = 10_000;
/** Bars that have not come by then were not seen: the host was off. */
const FORGOTTEN_MS = 30 * DAY_MS;

/** Notes what agents forecast, and scores it when the bars of the horizon have closed. */
export class Scorekeeper {
  readonly #book = new CalibrationBook();
  #pending: Pending[] = [];

  standing(agent: string, version: string, question: string): Standing {
    return this.#book.standing(CalibrationBook.keyOf(agent, version, question));
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  get kept(): KeptScores {
    return { scores: this.#book.all as KeptScores['scores'], pending: this.#pending };
  }

  load({ scores, pending }: KeptScores): void {
    this.#book.load(scores);
    this.#pending = pending.slice(-MOST_PENDING);
  }

  /** @returns whether it can be scored; a second forecast of the same moment is not noted again. */
  note({ agent, version, question, symbol, widthMs, at, horizonMs, unit, local, forecast }: Noted): boolean {
    const classes = forecast.value === null && forecast.probabilities !== null ? Object.keys(forecast.probabilities) : null;
    const hasBoth = classes === null ? (local.value ?? 0) > 0 && (forecast.value ?? 0) > 0 : local.probabilities !== null;
    if (!hasBoth || !isScored({ horizonMs, unit, classes })) return false;
    const key = CalibrationBook.keyOf(agent, version, question);
    if (this.#pending.some((one) => one.at === at && one.symbol === symbol && one.key === key)) return false;
    const agentSaid = { value: forecast.value, probabilities: forecast.probabilities };
    this.#pending.push({
      key,
      symbol,
      widthMs,
      at,
      horizonMs,
      unit,
      local: { value: local.value, probabilities: local.probabilities },
      agent: agentSaid,
    });
    if (this.#pending.length > MOST_PENDING) this.#pending.shift();
    return true;
  }

  /** Scores what these bars decide. @returns how many. */
  learn(symbol: string, bars: Closes): number {
    const newest = (bars.times.at(-1) ?? -Infinity) + bars.widthMs;
    let scored = 0;
    this.#pending = this.#pending.filter((one) => {
      if (one.symbol !== symbol || one.widthMs !== bars.widthMs) return true;
      const { at, horizonMs, unit, agent } = one;
      const classes = agent.value === null && agent.probabilities !== null ? Object.keys(agent.probabilities) : null;
      const outcome = outcomeOf({ at, horizonMs, unit, classes }, bars);
      if (outcome === null) return newest - at < FORGOTTEN_MS;
      const score = scoreOf(one, outcome);
      if (score !== null) this.#book.add(one.key, { ...score, block: Math.floor(at / Math.max(DAY_MS, horizonMs)) });
      scored++;
      return false;
    });
    return scored;
  }
}

function scoreOf({ local, agent }: Pending, outcome: Outcome): Omit<Score, 'block'> | null {
  if (outcome.kind === 'sigma') {
    if (local.value === null || agent.value === null) return null;
    const without = qlike(local.value, outcome.sigma);
    const mixed = qlike(evenMixOfValues(local.value, agent.value), outcome.sigma);
    const loss = qlike(agent.value, outcome.sigma);
    return without === null || mixed === null || loss === null ? null : { gain: without - mixed, loss };
  }
  if (local.probabilities === null || agent.probabilities === null) return null;
  const mixed = evenMixOfProbabilities(local.probabilities, agent.probabilities);
  return {
    gain: logLoss(local.probabilities, outcome.name) - logLoss(mixed, outcome.name),
    loss: logLoss(agent.probabilities, outcome.name),
  };
}
