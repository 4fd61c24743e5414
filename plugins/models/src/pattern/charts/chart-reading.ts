import { z } from '@tickhub/plugin-sdk';
import { CHART_CLASSES } from './classes.ts';
import type { ChartClass } from './classes.ts';

/** How many bars after it a turning point is believed by the rules whose calls are weighed with the network: hastier ones are wrong more often, later ones late. */
export const RULE_LAGS = [1, 2, 3] as const;

const PerClass = z.array(z.number()).length(CHART_CLASSES.length);

/** What was fitted on the validation year beside the weights. Per class in the order of {@link CHART_CLASSES}. */
export const ChartConstants = z.object({
  /** Calibration: logits times this, plus the offsets. */
  temperature: z.number().positive(),
  offsets: PerClass,
  /** Added to the class that the causal rules call, by {@link RULE_LAGS}. */
  rules: z.array(PerClass).length(RULE_LAGS.length),
  /** Added to the log probabilities before the largest names the pattern: the thresholds with the best mean F1. */
  decision: PerClass,
});

export interface ChartReading {
  readonly chosen: ChartClass;
  /** Calibrated; they sum to 1. */
  readonly probabilities: Record<ChartClass, number>;
}

/**
 * Weighs one row of the network's logits with what the causal rules call.
 * @param called a class, by its number, for each of {@link RULE_LAGS}.
 * @param from where the row begins.
 */
export function readChart(
  logits: Float32Array,
  called: ArrayLike<number>,
  constants: z.infer<typeof ChartConstants>,
  from = 0,
): ChartReading {
  const { temperature, offsets, rules, decision } = constants;
  const scores = CHART_CLASSES.map((_, i) => (logits[from + i] as number) * temperature + (offsets[i] as number));
  rules.forEach((weights, lag) => {
    const k = called[lag] as number;
    scores[k] = (scores[k] as number) + (weights[k] as number);
  });
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighed = scores.map((score, i) => score + (decision[i] as number));
  const chosen = CHART_CLASSES[weighed.indexOf(Math.max(...weighed))] as ChartClass;
  const probabilities = Object.fromEntries(CHART_CLASSES.map((name, i) => [name, (weights[i] as number) / total])) as Record<
    ChartClass,
    number
  >;
  return { chosen, probabilities };
}
