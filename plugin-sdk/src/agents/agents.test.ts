import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentAnswer } from '../protocol/agents.ts';
import {
  answerBytes,
  answerDigest,
  canonicalJson,
  combineForecasts,
  consensusBytes,
  faultOfForecast,
  isSameCombination,
  isSigned,
  publicKeyOf,
  signBytes,
} from './index.ts';

const forecast = { question: 'volatility_v1', horizonMs: 86_400_000, value: 0.5, unit: '%', probabilities: null, confidence: 0.5 };
const answerOf = (agent: string, value: number): AgentAnswer => ({
  agent,
  version: '1.0.0',
  request: 'A'.repeat(22),
  user: 'trader',
  symbol: 'EURUSD',
  at: 1,
  forecasts: [{ ...forecast, value }],
  claims: [],
  abstained: null,
  signature: 'A'.repeat(86),
});

describe('canonicalJson', () => {
  it('is one text for one value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        const text = canonicalJson(value);
        expect(canonicalJson(turned)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('writes what RFC 8785 has as an example of order, and of numbers', () => {
    expect(canonicalJson({ '\u20ac': 1, '\r': 2, 1: 3, '\u0080': 4, '\ud83d\ude00': 5 })).toBe('{"\\r":2,"1":3,"\u0080":4,"€":1,"😀":5}');
    expect(canonicalJson([1e21, -0, 4.5, 2e-3, 1e-27, null])).toBe('[1e+21,0,4.5,0.002,1e-27,null]');
  });

  it('refuses what JSON has no word for', () => {
    for (const value of [NaN, Infinity, { a: [-Infinity] }, () => 1]) expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

describe('signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const known = publicKeyOf(publicKey.export({ format: 'jwk' }).x ?? '');

  it('hold for what was signed, and for nothing else of it', () => {
    const answer = answerOf('a', 0.5);
    const signature = signBytes(answerBytes(answer), privateKey);
    expect(isSigned(answerBytes(answer), signature, known)).toBe(true);
    const changes: Partial<AgentAnswer>[] = [
      { user: 'other' },
      { request: 'B'.repeat(22) },
      { symbol: 'USDJPY' },
      { at: 2 },
      { forecasts: [] },
      { agent: 'b' },
    ];
    for (const change of changes) expect(isSigned(answerBytes({ ...answer, ...change }), signature, known)).toBe(false);
  });

  it('of one kind count for no other', () => {
    const answer = answerOf('a', 0.5);
    const signature = signBytes(answerBytes(answer), privateKey);
    expect(isSigned(consensusBytes(answer as never), signature, known)).toBe(false);
  });

  it('are no part of the digest of what was signed', () => {
    expect(answerDigest({ ...answerOf('a', 1), signature: 'B'.repeat(86) } as AgentAnswer)).toBe(answerDigest(answerOf('a', 1)));
  });
});

describe('combineForecasts', () => {
  it('lies between the extremes, and does not depend on the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 }),
        fc.infiniteStream(fc.nat()),
        (values, order) => {
          const answers = values.map((value, i) => answerOf(`a${i}`, value));
          const shuffled = answers
            .map((answer) => ({ answer, key: order.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ answer }) => answer);
          const combined = combineForecasts(answers);
          expect(combineForecasts(shuffled)).toEqual(combined);
          const value = combined[0]?.value ?? NaN;
          expect(value).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-12));
          expect(value).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-12));
        },
      ),
    );
  });

  it('takes no notice of one that is far out', () => {
    const value = (outlier: number): number | null | undefined =>
      combineForecasts([answerOf('a', 0.5), answerOf('b', 0.6), answerOf('c', outlier)])[0]?.value;
    expect(value(1e9)).toBe(0.6);
    expect(value(1e-9)).toBe(0.5);
  });

  it('leaves out who answers in other terms than most', () => {
    const other = { ...answerOf('c', 50), forecasts: [{ ...forecast, unit: 'pips', value: 50 }] };
    const combined = combineForecasts([answerOf('a', 0.5), answerOf('b', 0.5), other]);
    expect(combined).toEqual([{ question: 'volatility_v1', horizonMs: 86_400_000, value: 0.5, unit: '%', probabilities: null }]);
    expect(isSameCombination(combined, [{ ...combined[0], value: 0.5 * (1 + 1e-6) } as never])).toBe(false);
  });
});

describe('faultOfForecast', () => {
  it('names figures that cannot be', () => {
    expect(faultOfForecast(forecast)).toBeNull();
    expect(faultOfForecast({ ...forecast, value: NaN })).toContain('NaN');
    expect(faultOfForecast({ ...forecast, unit: null })).toContain('unit');
    expect(faultOfForecast({ ...forecast, value: null })).toContain('neither');
    expect(faultOfForecast({ ...forecast, value: null, probabilities: { up: 0.7, down: 0.7 } })).toContain('sum to 1.4');
    expect(faultOfForecast({ ...forecast, value: null, probabilities: { up: 1 } })).toContain('1 class');
  });
});
