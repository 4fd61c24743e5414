import { describe, expect, it } from 'vitest';
import { compare } from './oracle.ts';
import type { DeliveredTick } from './oracle.ts';
import type { RecordedTicks } from './recorded-ticks.ts';

const ticks: DeliveredTick[] = [
  { time: 1, ordinal: 0, bid: 1, ask: 2 },
  { time: 1, ordinal: 1, bid: 1, ask: 3 },
  { time: 2, ordinal: 0, bid: 1, ask: 4 },
];
const recorded: RecordedTicks = {
  count: 3,
  time: Float64Array.of(1, 1, 2),
  ordinal: Uint32Array.of(0, 1, 0),
  bid: Float64Array.of(1, 1, 1),
  ask: Float64Array.of(2, 3, 4),
};

// The oracle of the chaos tests has to be able to say no.
describe('compare', () => {
  it('finds no difference where there is none', () => {
    expect(compare('S', recorded, ticks).difference).toBeNull();
  });

  it.each([
    ['one lost at the end', ticks.slice(0, 2)],
    ['one lost in the middle', [ticks[0], ticks[2]]],
    ['one doubled', [...ticks, ticks[2]]],
    ['two swapped', [ticks[1], ticks[0], ticks[2]]],
    ['another price', [ticks[0], ticks[1], { ...ticks[2], bid: 9 }]],
    ['none at all', []],
  ])('finds %s', (_what, delivered) => {
    expect(compare('S', recorded, delivered as DeliveredTick[]).difference).not.toBeNull();
  });
});
