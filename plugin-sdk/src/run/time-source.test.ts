import { describe, expect, it, vi } from 'vitest';
import { machineTime, preciseEpoch } from './time-source.ts';

describe('preciseEpoch', () => {
  it('agrees with the wall clock, and has a fraction', () => {
    const epoch = preciseEpoch();
    const readings = Array.from({ length: 200 }, () => epoch());
    expect(Math.abs((readings[0] ?? 0) - Date.now())).toBeLessThan(10);
    expect(readings.some((reading) => reading % 1 !== 0)).toBe(true);
    expect(readings).toEqual([...readings].sort((a, b) => a - b));
  });

  it('does not run backwards where the clock that has the fraction gets a little ahead', () => {
    const start = Date.UTC(2026, 10, 25);
    let elapsed = 0;
    const wall = (): number => start + elapsed - (elapsed > 0.5 ? 0.3 : 0);
    const epoch = preciseEpoch(
      () => Math.floor(wall()),
      () => start - performance.timeOrigin + elapsed,
    );
    const readings = Array.from({ length: 500 }, () => {
      elapsed += 0.01;
      return epoch();
    });
    expect(readings).toEqual([...readings].sort((a, b) => a - b));
    expect(Math.abs((readings.at(-1) ?? 0) - wall())).toBeLessThan(0.02);
  });

  it('follows a clock that was set, and a machine that slept, and finds the fraction again', () => {
    let [wall, elapsed] = [performance.timeOrigin + 10, 10];
    const epoch = preciseEpoch(
      () => Math.floor(wall),
      () => elapsed,
    );
    const error = (): number => epoch() - wall;
    expect(error()).toBe(0);
    for (const step of [3_600_000, -60_000, 2, 0.25]) {
      wall += step;
      expect(Math.abs(error())).toBeLessThan(1);
      for (let i = 0; i < 1_000; i++) {
        wall += 0.37;
        elapsed += 0.37;
        error();
      }
      expect(Math.abs(error())).toBeLessThan(0.05 + (Math.abs(step) < 1 ? 0.25 : 0));
    }
  });

  it('keeps its fraction when the process loses its turn in the middle of reading', () => {
    let [wall, elapsed, reads] = [performance.timeOrigin + 10.25, 10.25, 0];
    const epoch = preciseEpoch(
      () => {
        // The second read of the clock comes 20 ms late.
        if (reads++ === 1) wall += 20;
        return Math.floor(wall);
      },
      () => elapsed,
    );
    expect(epoch()).toBe(performance.timeOrigin + 10.25);
    elapsed += 20;
    expect(epoch()).toBe(performance.timeOrigin + 30.25);
  });
});

describe('machineTime', () => {
  it('waits longer than setTimeout can count', () => {
    vi.useFakeTimers();
    try {
      let ran = false;
      machineTime.timer(2_147_483_647 + 1_000, () => (ran = true));
      vi.advanceTimersByTime(2_147_483_647 + 999);
      expect(ran).toBe(false);
      vi.advanceTimersByTime(1);
      expect(ran).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
