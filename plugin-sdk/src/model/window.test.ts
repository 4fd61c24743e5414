import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelInput } from '../manifest/model.ts';
import type { WindowField, WindowInput } from '../manifest/model.ts';
import { barsOf } from './own-model.fixture.ts';
import { barsOfWindow, writeWindow } from './window.ts';

const FIELDS: readonly WindowField[] = ['open', 'high', 'low', 'close', 'volume'];

function written(given: Partial<WindowInput>, closes: readonly number[]): { numbers: number[]; why: string | null } {
  const input = ModelInput.parse({ window: 4, ...given }) as WindowInput;
  const out = new Float64Array(input.window * input.fields.length).fill(NaN);
  const why = writeWindow(input, barsOf(closes.slice(-barsOfWindow(input))), out);
  return { numbers: Array.from(out), why };
}

const CLOSES = [1.1, 1.2, 1.15, 1.3, 1.25];

describe('a window of bars', () => {
  it.each<[scaling: WindowInput['scaling'], expected: number[]]>([
    ['raw', [1.2, 1.15, 1.3, 1.25]],
    ['log-return', [Math.log(1.2 / 1.1), Math.log(1.15 / 1.2), Math.log(1.3 / 1.15), Math.log(1.25 / 1.3)]],
    ['relative', [Math.log(1.2 / 1.25), Math.log(1.15 / 1.25), Math.log(1.3 / 1.25), 0]],
    // numpy: (log(c) - log(c[-1])) / diff(log(c)).std() and (c - c.mean()) / c.std()
    ['volatility', [-0.5295838904491601, -1.0817099304626814, 0.5088104611742879, 0]],
    ['z-score', [-0.447213595499956, -1.3416407864998718, 1.3416407864998758, 0.4472135954999599]],
  ])('%s', (scaling, expected) => {
    const { numbers, why } = written({ scaling }, CLOSES);
    expect(why).toBeNull();
    expected.forEach((number, i) => expect(numbers[i]).toBeCloseTo(number, 12));
  });

  it('lays its fields out bars first or fields first', () => {
    const rows = written({ fields: ['high', 'close'], scaling: 'raw' }, CLOSES).numbers;
    const columns = written({ fields: ['high', 'close'], scaling: 'raw', layout: 'fields-first' }, CLOSES).numbers;
    const pair = (numbers: number[], i: number): unknown[] => [numbers[2 * i], numbers[2 * i + 1]];
    for (let i = 0; i < 4; i++) expect(pair(rows, i)).toEqual([columns[i], columns[4 + i]]);
    expect(rows.filter((_, i) => i % 2 === 1)).toEqual([1.2, 1.15, 1.3, 1.25]);
  });

  it('compares prices of one bar with the close before it, and volumes with volumes', () => {
    const { numbers } = written({ fields: ['open', 'volume'], scaling: 'log-return' }, CLOSES);
    // Each bar opens at the close before.
    expect(numbers.filter((_, i) => i % 2 === 0)).toEqual([0, 0, 0, 0]);
    expect(numbers[1]).toBeCloseTo(Math.log(102 / 101), 12);
  });

  it('is finite, whatever the prices, or says why it is not', () => {
    const price = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    const scaling = fc.constantFrom('raw', 'log-return', 'relative', 'volatility', 'z-score');
    fc.assert(
      fc.property(fc.array(price, { minLength: 5, maxLength: 20 }), scaling, fc.boolean(), (closes, how, isFlat) => {
        const prices = isFlat ? closes.map(() => closes[0] ?? 1) : closes;
        const { numbers, why } = written({ scaling: how, fields: [...FIELDS] }, prices);
        if (why === null) expect(numbers.every(Number.isFinite)).toBe(true);
        else expect(why).toMatch(/did not move/);
      }),
    );
  });
});
