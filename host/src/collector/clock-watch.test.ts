import { describe, expect, it } from 'vitest';
import { ClockWatch } from './clock-watch.ts';
import type { ClockJump, WatchedClocks } from './clock-watch.ts';

/** Two clocks that part when the test says so. */
class Clocks implements WatchedClocks {
  wallMs = Date.UTC(2026, 5, 1);
  monotonicMs = 500;
  task: () => void = () => undefined;
  wall = (): number => this.wallMs;
  monotonic = (): number => this.monotonicMs;
  every(_ms: number, task: () => void): () => void {
    this.task = task;
    return () => (this.task = () => undefined);
  }

  passes(wall: number, monotonic = wall): void {
    this.wallMs += wall;
    this.monotonicMs += monotonic;
    this.task();
  }
}

function watch(): { clocks: Clocks; jumps: ClockJump[]; watcher: ClockWatch } {
  const clocks = new Clocks();
  const jumps: ClockJump[] = [];
  const watcher = new ClockWatch(clocks, (jump) => jumps.push(jump));
  watcher.start();
  return { clocks, jumps, watcher };
}

describe('ClockWatch', () => {
  it('says nothing of clocks that go together, drift, or are held up a little', () => {
    const { clocks, jumps } = watch();
    for (let i = 0; i < 100; i++) clocks.passes(1_000.5, 1_000);
    clocks.passes(12_000);
    clocks.passes(2_000, 1_000);
    expect(jumps).toEqual([]);
  });

  it.each([
    ['the monotonic clock stood still (Linux)', 3_600_000, 1_000],
    ['the monotonic clock went on (Windows)', 3_600_000, 3_600_000],
  ])('calls it sleep when nothing ran for long: %s', (_what, wall, monotonic) => {
    const { clocks, jumps } = watch();
    clocks.passes(wall, monotonic);
    clocks.passes(1_000);
    expect(jumps).toEqual([{ byMs: wall - monotonic, kind: 'resumed', words: expect.stringContaining('60 min') as string }]);
  });

  it('calls it a step when the clock is set, in either direction', () => {
    const { clocks, jumps } = watch();
    clocks.passes(6_000, 1_000);
    clocks.passes(-3_599_000, 1_000);
    expect(jumps).toEqual([
      { byMs: 5_000, kind: 'stepped', words: 'the clock was set forward by 5.0 s' },
      { byMs: -3_600_000, kind: 'stepped', words: 'the clock was set back by 60 min' },
    ]);
  });

  it('says nothing once it is stopped', () => {
    const { clocks, jumps, watcher } = watch();
    watcher.stop();
    clocks.passes(3_600_000);
    expect(jumps).toEqual([]);
  });
});
