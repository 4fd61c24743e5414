import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlushSchedule } from './flush-schedule.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] }));
afterEach(() => void vi.useRealTimers());

interface Bench {
  schedule: FlushSchedule;
  /** How long after its request each flush came, in milliseconds. */
  waits: number[];
  request: () => void;
}

function bench(): Bench {
  const waits: number[] = [];
  let requestedAt: number | null = null;
  const schedule = new FlushSchedule(() => {
    waits.push(performance.now() - (requestedAt ?? NaN));
    requestedAt = null;
    schedule.flushed();
  });
  const request = (): void => {
    requestedAt ??= performance.now();
    schedule.request();
  };
  return { schedule, waits, request };
}

describe('what was requested', () => {
  it('is sent once, at the end of the turn', () => {
    const { waits, request } = bench();
    for (let i = 0; i < 100; i++) request();
    expect(waits).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(waits).toEqual([0]);
    vi.advanceTimersByTime(100);
    expect(waits).toEqual([0]);
  });

  it('never waits when it comes each millisecond', () => {
    const { waits, request } = bench();
    for (let i = 0; i < 50; i++) {
      request();
      vi.advanceTimersByTime(1);
    }
    expect(waits).toHaveLength(50);
    expect(Math.max(...waits)).toBe(0);
  });

  it('waits for at most a millisecond when it comes again and again, and is sent a few times a millisecond', () => {
    let now = 0;
    const waits: number[] = [];
    let since: number | null = null;
    const schedule = new FlushSchedule(
      () => {
        waits.push(now - (since ?? NaN));
        since = null;
        schedule.flushed();
      },
      () => now,
    );
    for (let i = 0; i < 2_000; i++) {
      since ??= now;
      schedule.request();
      now += 0.05;
      vi.advanceTimersByTime(i % 20 === 19 ? 1 : 0);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(2);
    // 100 ms in all.
    expect(waits.length).toBeGreaterThan(90);
    expect(waits.length).toBeLessThan(350);
    schedule.close();
  });

  it('is sent no more when the schedule is closed', () => {
    const { schedule, waits, request } = bench();
    request();
    schedule.close();
    vi.advanceTimersByTime(100);
    request();
    vi.advanceTimersByTime(100);
    expect(waits).toEqual([]);
  });
});
