import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIP, evenMixOfValues, mergeProbabilities, mergeValues } from './merging.ts';

const value = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const trust = fc.double({ min: 0, max: 1, noNaN: true });
const voices = fc.uniqueArray(fc.record({ agent: fc.stringMatching(/^[a-z]{1,3}$/), trust, forecast: value }), {
  selector: ({ agent }) => agent,
  maxLength: 8,
});
const pair = trust.map((up) => ({ up, down: 1 - up }));

describe('mergeValues', () => {
  it('stays between the extremes and near the local figure, with weights that sum to 1, whatever the order', () => {
    fc.assert(
      fc.property(value, voices, (local, all) => {
        const merged = mergeValues(local, all);
        const figures = [local, ...all.map(({ forecast }) => forecast)];
        expect(merged.forecast).toBeGreaterThanOrEqual(Math.max(Math.min(...figures), local / CLIP) * (1 - 1e-12));
        expect(merged.forecast).toBeLessThanOrEqual(Math.min(Math.max(...figures), local * CLIP) * (1 + 1e-12));
        expect([...merged.weights.values()].reduce((sum, one) => sum + one, merged.localWeight)).toBeCloseTo(1, 12);
        expect(merged.localWeight).toBeGreaterThanOrEqual(0.5 - 1e-12);
        expect(mergeValues(local, all.toReversed())).toEqual(merged);
      }),
    );
  });

  it('is the local figure itself where nobody has proven to help', () => {
    fc.assert(
      fc.property(value, value, (local, forecast) => {
        expect(mergeValues(local, [{ agent: 'a', trust: 0, forecast }]).forecast).toBe(local);
      }),
    );
  });

  it('is the even mix with one that is beyond doubt', () => {
    expect(mergeValues(1, [{ agent: 'a', trust: 1, forecast: 2 }]).forecast).toBeCloseTo(evenMixOfValues(1, 2), 12);
  });
});

describe('mergeProbabilities', () => {
  it('gives probabilities between the extremes that sum to 1, whatever the order', () => {
    fc.assert(
      fc.property(pair, fc.array(fc.tuple(trust, pair), { maxLength: 6 }), (local, said) => {
        const all = said.map(([trust, forecast], i) => ({ agent: `a${i}`, trust, forecast }));
        const { forecast } = mergeProbabilities(local, all);
        const ups = [local.up, ...said.map(([, { up }]) => up)];
        expect((forecast['up'] ?? 0) + (forecast['down'] ?? 0)).toBeCloseTo(1, 9);
        expect(forecast['up']).toBeGreaterThanOrEqual(Math.min(...ups) - 1e-12);
        expect(forecast['up']).toBeLessThanOrEqual(Math.max(...ups) + 1e-12);
        expect(mergeProbabilities(local, all.toReversed()).forecast).toEqual(forecast);
      }),
    );
  });
});
