import { TickBatch } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachTickEnd } from './tick-columns.ts';

describe('eachTickEnd', () => {
  it('finds, in every layout of the SDK’s batch, the last tick of each symbol', () => {
    const tick = fc.record({ symbol: fc.nat({ max: 5 }), time: fc.nat({ max: 2 ** 42 }), ordinal: fc.nat({ max: 2 ** 32 - 2 }) });
    fc.assert(
      fc.property(fc.array(tick, { minLength: 1, maxLength: 50 }), fc.boolean(), fc.boolean(), (ticks, last, volume) => {
        const batch = TickBatch.create(ticks.length, { last, volume });
        const expected = new Map<number, { time: number; same: number }>();
        ticks.forEach(({ symbol, time, ordinal }, i) => {
          batch.symbol[i] = symbol;
          batch.time[i] = time;
          batch.ordinal[i] = ordinal;
          expected.set(symbol, { time, same: ordinal + 1 });
        });
        const found = new Map<number, { time: number; same: number }>();
        expect(eachTickEnd(batch.bytes, (id, end) => found.set(id, end))).toBe(true);
        expect(found).toEqual(expected);
      }),
    );
  });

  it('answers false to what is no batch', () => {
    const batch = TickBatch.create(3).bytes;
    const never = (): never => {
      throw new Error('called');
    };
    expect(eachTickEnd(batch.subarray(0, 20), never)).toBe(false);
    expect(eachTickEnd(batch.subarray(0, batch.byteLength - 8), never)).toBe(false);
    expect(eachTickEnd(new Uint8Array(200), never)).toBe(false);
  });
});
