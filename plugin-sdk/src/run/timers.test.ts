import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Timers } from './timers.ts';

function bench(): { timers: Timers; crashes: unknown[]; advance: (ms: number) => Promise<void>; time: VirtualTime } {
  const time = new VirtualTime(1_000);
  const crashes: unknown[] = [];
  const timers = new Timers(time, (error) => crashes.push(error));
  return { timers, crashes, time, advance: (ms) => time.advance(ms, () => new Promise((resolve) => setImmediate(resolve))) };
}

describe('the clock', () => {
  it('runs a task once, when its time has come', async () => {
    const { timers, advance } = bench();
    const ran: number[] = [];
    timers.after(10, () => void ran.push(timers.now()));
    await advance(9);
    expect(ran).toEqual([]);
    await advance(100);
    expect(ran).toEqual([1_010]);
  });

  it('runs a task again and again, at even distances', async () => {
    const { timers, advance } = bench();
    const ran: number[] = [];
    const cancel = timers.every(10, () => void ran.push(timers.monotonic()));
    await advance(35);
    cancel();
    cancel();
    await advance(100);
    expect(ran).toEqual([10, 20, 30]);
  });

  it('skips the turns of a task that is still going', async () => {
    const { timers, advance } = bench();
    let finish: () => void = () => undefined;
    let runs = 0;
    timers.every(10, () => {
      runs++;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await advance(55);
    expect(runs).toBe(1);
    finish();
    await advance(10);
    expect(runs).toBe(2);
  });

  it('can be cancelled from within the task', async () => {
    const { timers, advance } = bench();
    let runs = 0;
    const cancel = timers.every(10, () => {
      if (++runs === 2) cancel();
    });
    await advance(100);
    expect(runs).toBe(2);
  });

  it('hands on what a task throws, or rejects with', async () => {
    const { timers, advance, crashes } = bench();
    timers.after(1, () => {
      throw new Error('thrown');
    });
    timers.after(2, async () => {
      await Promise.resolve();
      throw new Error('rejected');
    });
    await advance(5);
    expect(crashes.map((error) => (error as Error).message)).toEqual(['thrown', 'rejected']);
  });

  it('runs nothing when it is closed, and lets what was going fail in peace', async () => {
    const { timers, advance, crashes } = bench();
    let fail: (error: Error) => void = () => undefined;
    let runs = 0;
    timers.after(1, () => new Promise<void>((_, reject) => (fail = reject)));
    timers.every(2, () => void runs++);
    await advance(3);
    timers.close();
    fail(new Error('cut off'));
    timers.after(1, () => void runs++);
    timers.every(1, () => void runs++);
    await advance(50);
    expect([runs, crashes]).toEqual([1, []]);
  });

  it.each([[NaN], [-1], [Infinity], ['5']])('takes no %j for milliseconds', (ms) => {
    const { timers } = bench();
    expect(() => timers.after(ms as number, () => undefined)).toThrow(/milliseconds from 0 up/);
    expect(() => timers.every(ms as number, () => undefined)).toThrow(expect.objectContaining({ code: 'CLOCK_ARGUMENT' }) as Error);
    expect(() => timers.after(1, 5 as unknown as () => void)).toThrow(/takes a function/);
  });
});
