import { describe, expect, it } from 'vitest';
import { Cadence } from './cadence.ts';

/** A symbol whose ticks come so many a second, measured each second. */
function run(cadence: Cadence, taken: Float64Array, seconds: readonly number[], from: number): number {
  let now = from;
  for (const came of seconds) {
    now += 1_000;
    taken[0] = (taken[0] ?? 0) + came;
    cadence.measure(taken, now);
  }
  return now;
}

const times = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

describe('Cadence', () => {
  it('knows nothing of a symbol that never ticked', () => {
    const cadence = new Cadence(0);
    cadence.measure(new Float64Array(2), 60_000);
    expect([cadence.silentFor(0), cadence.isSilent(0), cadence.isSilent(9)]).toEqual([null, false, false]);
  });

  it('calls a quick symbol silent after half a minute, and not when it ticks again', () => {
    const cadence = new Cadence(0);
    const taken = new Float64Array(1);
    let now = run(cadence, taken, times(60, 10), 0);
    now = run(cadence, taken, times(30, 0), now);
    expect(cadence.isSilent(0)).toBe(false);
    now = run(cadence, taken, [0], now);
    expect([cadence.isSilent(0), cadence.silentFor(0)]).toEqual([true, 31_000]);
    run(cadence, taken, [1], now);
    expect(cadence.isSilent(0)).toBe(false);
  });

  it('lets a slow symbol be quiet for twenty of its pauses', () => {
    const cadence = new Cadence(0);
    const taken = new Float64Array(1);
    const slow = times(40, 0).flatMap(() => [...times(9, 0), 1]);
    let now = run(cadence, taken, slow, 0);
    now = run(cadence, taken, times(150, 0), now);
    expect(cadence.isSilent(0)).toBe(false);
    run(cadence, taken, times(60, 0), now);
    expect(cadence.isSilent(0)).toBe(true);
  });

  it('learns symbols that come later', () => {
    const cadence = new Cadence(0);
    cadence.measure(new Float64Array([1]), 1_000);
    cadence.measure(new Float64Array([1, 5]), 2_000);
    expect([cadence.silentFor(0), cadence.silentFor(1)]).toEqual([1_000, 0]);
  });
});
