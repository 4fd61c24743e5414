import { expect, it } from 'vitest';
import { TickBatch } from '../batch/tick-batch.ts';
import { encodeJson } from './json-frame.ts';
import { MarketFeed } from './market-feed.ts';

it('gives batches with how many ticks were missed before, and knows their symbols', () => {
  const market = new MarketFeed();
  const got: [number, number][] = [];
  market.onTicks((batch, missed) => got.push([batch.count, missed]));
  const entry = { id: 2, sourceId: 0, name: 'EURUSD', rawName: 'EURUSD', digits: 5 };
  market.takeSymbols(encodeJson({ sources: [{ id: 0, name: 'mt5:a' }], symbols: [entry] }));
  market.takeTicks(TickBatch.create(3).bytes);
  market.takeMissed(new Uint8Array(new Float64Array([40]).buffer));
  market.takeMissed(new Uint8Array(new Float64Array([2]).buffer));
  market.takeTicks(TickBatch.create(1).bytes);
  market.takeTicks(TickBatch.create(1).bytes);
  expect(got).toEqual([
    [3, 0],
    [1, 42],
    [1, 0],
  ]);
  expect([market.symbol(2), market.symbol(0)]).toEqual([entry, undefined]);
  expect(() => market.takeMissed(new Uint8Array(7))).toThrow(/8 bytes, not 7/);
});
