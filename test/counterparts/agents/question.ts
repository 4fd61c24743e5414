import { randomBytes } from 'node:crypto';
import type { AgentRequest, ModelAnswer } from '@tickhub/plugin-sdk';

const HOUR = 3_600_000;
export const AT = Date.UTC(2020, 5, 3, 12);

/** A local answer of the volatility of a day, in percent. */
export function localVolatility(value = 0.5, over: Partial<ModelAnswer> = {}): ModelAnswer {
  return {
    model: 'volatility_v1',
    version: '1.0.0',
    symbol: 'EURUSD',
    at: AT,
    horizonMs: 24 * HOUR,
    value,
    unit: '%',
    probabilities: null,
    quantiles: null,
    confidence: 0.2,
    abstained: null,
    inputs: { from: AT - 480 * HOUR, to: AT - HOUR, count: 480 },
    details: {},
    ...over,
  };
}

/** What is known of a market: a walk of 120 bars, and levels of volatility that fit it. */
export function marketOf(at = AT, closes: readonly number[] = walk(120)): AgentRequest['market'] {
  return {
    symbol: 'EURUSD',
    digits: 5,
    widthMs: HOUR,
    times: closes.map((_, i) => at - (closes.length - i) * HOUR),
    closes: [...closes],
    features: { logrv_24: -13.6, logrv_120: -13.5, logrv_480: -13.4 },
    context: { spread: 0.0001, minutesToEvent: 90, minutesSinceEvent: null, lastSurprise: null },
  };
}

export function requestFor(agents: readonly string[], over: Partial<AgentRequest> = {}): AgentRequest {
  return {
    id: randomBytes(16).toString('base64url'),
    user: 'trader',
    tier: 'pro',
    market: marketOf(),
    at: AT,
    local: [localVolatility()],
    reason: 'volatility',
    agents: [...agents],
    deadlineMs: 20_000,
    ...over,
  };
}

/** The same each time: steps of about a tenth of a percent. */
export function walk(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1.1 * Math.exp(0.001 * Math.sin(i * 12.9898) + 0.001 * Math.cos(i * 4.1414)));
}
