import type { AgentForecast, AgentRequest } from '@tickhub/plugin-sdk';

type Local = AgentRequest['local'][number];

/** What a logarithmic return is in each unit that a volatility may be asked in. */
const UNITS: Readonly<Record<string, number>> = { '%': 100, fraction: 1 };

/** The questions for the volatility of a horizon: how many bars it has, and what a logarithmic return is in its unit. */
export function volatilityQuestions({
  local,
  market,
}: AgentRequest): { readonly local: Local; readonly bars: number; readonly unitOf: number }[] {
  return local.flatMap((one) => {
    const unitOf = UNITS[one.unit ?? ''];
    const bars = Math.round(one.horizonMs / market.widthMs);
    return one.value === null || unitOf === undefined || bars < 1 ? [] : [{ local: one, bars, unitOf }];
  });
}

/** The questions whether the price is higher after a horizon. */
export function directionQuestions({ local }: AgentRequest): Local[] {
  return local.filter(({ horizonMs, probabilities }) => {
    const classes = Object.keys(probabilities ?? {});
    return horizonMs > 0 && classes.length === 2 && classes.includes('up') && classes.includes('down');
  });
}

export function volatilityForecast({ model, horizonMs, unit }: Local, value: number, confidence: number): AgentForecast {
  return { question: model, horizonMs, value, unit, probabilities: null, confidence };
}

export function directionForecast({ model, horizonMs }: Local, up: number, confidence: number): AgentForecast {
  return { question: model, horizonMs, value: null, unit: null, probabilities: { down: 1 - up, up }, confidence };
}
