import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMINGS } from '../timings.ts';
import { CrashTally } from './crash-tally.ts';
import { Heartbeat } from './heartbeat.ts';
import { StepLoop } from './step-loop.ts';

const MINUTE = 60_000;

describe('CrashTally', () => {
  it('doubles the backoff with each crash, and gives up at the fifth', () => {
    const tally = new CrashTally(DEFAULT_TIMINGS, () => 0);
    expect([1, 2, 3, 4, 5].map((s) => tally.crash(s * 1_000))).toEqual([
      { count: 1, backoffMs: 250 },
      { count: 2, backoffMs: 500 },
      { count: 3, backoffMs: 1_000 },
      { count: 4, backoffMs: 2_000 },
      { count: 5, backoffMs: null },
    ]);
  });

  it('forgets crashes that are ten minutes old', () => {
    const tally = new CrashTally(DEFAULT_TIMINGS);
    for (let i = 0; i < 4; i++) tally.crash(i);
    expect(tally.crash(10 * MINUTE + 5)).toMatchObject({ count: 1 });
  });

  it('forgives one crash per two minutes of health', () => {
    const tally = new CrashTally(DEFAULT_TIMINGS);
    for (let i = 0; i < 4; i++) tally.crash(i);
    for (let s = 1; s <= 250; s++) tally.healthy(s * 1_000);
    expect(tally.count).toBe(2);
  });

  it('begins to count health anew after a crash', () => {
    const tally = new CrashTally(DEFAULT_TIMINGS);
    tally.crash(0);
    tally.healthy(1_000);
    tally.crash(119_000);
    tally.healthy(122_000);
    expect(tally.count).toBe(2);
  });

  it('keeps every backoff between first and most, whatever the dice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(20 * MINUTE), dice: fc.double({ min: 0, max: 0.999, noNaN: true }) }), { maxLength: 50 }),
        (steps) => {
          let dice = 0;
          let now = 0;
          const tally = new CrashTally({ ...DEFAULT_TIMINGS, crashLimit: 20 }, () => dice);
          for (const step of steps) {
            dice = step.dice;
            const { count, backoffMs } = tally.crash((now += step.wait));
            if (backoffMs === null) expect(count).toBeGreaterThanOrEqual(20);
            else expect(backoffMs).toSatisfy((ms: number) => ms >= 250 && ms <= 60_000);
          }
        },
      ),
    );
  });
});

describe('Heartbeat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reports silence once, after so many looks without a beat', () => {
    const silence = vi.fn();
    const heartbeat = new Heartbeat(1_000, 5, silence);
    heartbeat.start();
    vi.advanceTimersByTime(4_000);
    heartbeat.beat();
    vi.advanceTimersByTime(4_999);
    expect(silence).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(silence).toHaveBeenCalledTimes(1);
  });

  it('says nothing after it was stopped', () => {
    const silence = vi.fn();
    const heartbeat = new Heartbeat(1_000, 5, silence);
    heartbeat.start();
    heartbeat.stop();
    vi.advanceTimersByTime(60_000);
    expect(silence).not.toHaveBeenCalled();
  });
});

describe('StepLoop', () => {
  it('steps until nothing is left, after the call that kicked it', async () => {
    let left = 3;
    const loop = new StepLoop(
      () => left-- > 0,
      () => undefined,
    );
    loop.kick();
    loop.kick();
    expect(left).toBe(3);
    expect(loop.idle).toBe(false);
    await loop.settled();
    expect(left).toBe(-1);
    expect(loop.idle).toBe(true);
  });

  it('looks again when it was kicked during a step, once for many kicks', async () => {
    let steps = 0;
    const loop: StepLoop = new StepLoop(
      async () => {
        if (++steps > 1) return false;
        loop.kick();
        loop.kick();
        await Promise.resolve();
        return false;
      },
      () => undefined,
    );
    loop.kick();
    await loop.settled();
    expect(steps).toBe(2);
  });

  it('tells what a step threw, rests, and goes on when it is kicked', async () => {
    const errors: unknown[] = [];
    let steps = 0;
    const loop = new StepLoop(
      () => {
        if (++steps === 1) throw new Error('bug');
        return false;
      },
      (error) => errors.push(error),
    );
    loop.kick();
    await loop.settled();
    expect(errors).toMatchObject([{ message: 'bug' }]);
    loop.kick();
    await loop.settled();
    expect(steps).toBe(2);
  });
});
