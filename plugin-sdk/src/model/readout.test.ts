import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelOutput } from '../manifest/model.ts';
import { readOutput } from './readout.ts';

const read = (output: unknown, numbers: readonly number[]) => readOutput(ModelOutput.parse(output), numbers, 'model.onnx: the output "y"');
const CLASSES = ['down', 'range', 'up'];

describe('what an output means', () => {
  it('two classes out of one number: the second one is it', () => {
    const two = { kind: 'probabilities', classes: ['down', 'up'] };
    expect(read(two, [0.75])).toMatchObject({ probabilities: { down: 0.25, up: 0.75 } });
    const { probabilities } = read({ ...two, softmax: true }, [Math.log(3)]);
    expect(probabilities?.['up']).toBeCloseTo(0.75, 12);
    expect(read(two, [0.5]).certainty).toBe(0);
    expect(read(two, [1]).certainty).toBe(1);
  });

  it('probabilities of any logits sum to 1', () => {
    const logit = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(logit, logit, logit), (logits) => {
        const { probabilities, certainty } = read({ kind: 'probabilities', classes: CLASSES, softmax: true }, logits);
        const shares = Object.values(probabilities ?? {});
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
        expect(certainty >= 0 && certainty <= 1).toBe(true);
        // The largest logit is the likeliest class.
        expect(shares[logits.indexOf(Math.max(...logits))]).toBe(Math.max(...shares));
      }),
    );
  });

  it('single precision is no reason to refuse probabilities, and logits are', () => {
    const float = Array.from(Float32Array.of(0.1, 0.2, 0.7));
    expect(Object.values(read({ kind: 'probabilities', classes: CLASSES }, float).probabilities ?? {}).reduce((a, b) => a + b)).toBe(1);
    for (const numbers of [
      [0.5, 0.6, 0.7],
      [-0.5, 0.5, 1],
      [0.1, 0.1, 0.1],
    ]) {
      expect(() => read({ kind: 'probabilities', classes: CLASSES }, numbers)).toThrow(
        expect.objectContaining({ code: 'MODEL_NOT_PROBABILITIES' }) as Error,
      );
    }
  });

  it('quantiles that cross are sorted, and a logarithm is undone', () => {
    const levels = [0.1, 0.5, 0.9];
    expect(read({ kind: 'quantiles', levels, unit: '%' }, [1, 3, 2])).toMatchObject({
      quantiles: [1, 2, 3].map((value, i) => ({ level: levels[i], value })),
      unit: '%',
    });
    const { value } = read({ kind: 'value', exp: true, scale: 100, offset: -1 }, [Math.log(0.02)]);
    expect(value).toBeCloseTo(1, 12);
  });

  it.each([NaN, Infinity, -Infinity])('%s is refused, with its place', (number) => {
    expect(() => read({ kind: 'quantiles', levels: [0.1, 0.9] }, [0, number])).toThrow(
      `model.onnx: the output "y" is ${number} at place 1`,
    );
  });
});
