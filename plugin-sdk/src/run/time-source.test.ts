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

  it('follows a clock that was set, and a machine that slept', () => {
    let [wall, elapsed] = [performance.timeOrigin + 10, 10];
    const epoch = preciseEpoch(
      () => Math.floor(wall),
      () => elapsed,
    );
    expect(epoch()).toBe(performance.timeOrigin + 10);
    wall += 3_600_000;
    expect(Math.abs(epoch() - wall)).toBeLessThan(2);
    wall += 1.5;
    elapsed += 1.5;
    expect(Math.abs(epoch() - wall)).toBeLessThan(2);
    wall -= 60_000;
    expect(Math.abs(epoch() - wall)).toBeLessThan(2);
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
