import { afterEach, describe, expect, it } from 'vitest';
import { Clock, definePlugin, Log } from '../index.ts';
import { createHarness } from './harness.ts';
import type { Harness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

describe('a clock', () => {
  const ticking = definePlugin({
    kind: 'data-source',
    inject: { clock: Clock, log: Log },
    start({ clock, log }) {
      clock.every(1_000, () => log.info('turn', { now: clock.now(), monotonic: clock.monotonic() }));
      clock.after(5_000, () => log.info('once'));
    },
  });
  const now = 1_000_000;

  it.each<[boolean, unknown[]]>([
    [true, [3_601_000, 'once', 3_602_000]],
    [false, [2_000, 3_000]],
  ])('that sleeps while the monotonic one goes on (%s) runs what was due once, at the end', async (monotonic, expected) => {
    harness = createHarness(ticking, { now });
    await harness.start();
    await harness.advance(1_000);
    await harness.sleepMachine(3_600_000, { monotonic });
    expect(harness.now()).toBe(now + 3_601_000);
    await harness.advance(0);
    await harness.advance(monotonic ? 1_000 : 2_000);
    const seen = harness.logs.slice(1).map(({ message, fields }) => (message === 'once' ? message : fields?.['monotonic']));
    expect(seen).toEqual(expected);
  });

  it('that is set moves no timer', async () => {
    harness = createHarness(ticking, { now });
    await harness.start();
    harness.stepClock(-600_000);
    await harness.advance(1_000);
    expect(harness.logs.map(({ fields }) => fields)).toEqual([{ now: now - 599_000, monotonic: 1_000 }]);
  });
});
