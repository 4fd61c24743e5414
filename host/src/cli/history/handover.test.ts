import { expect, it } from 'vitest';
import { Handover } from './handover.ts';

it('hands values over one at a time, and then the end', async () => {
  const handover = new Handover<number>();
  const order: string[] = [];
  const putting = (async () => {
    for (const n of [1, 2, 3]) {
      await handover.put(n);
      order.push(`taken ${n}`);
    }
    handover.end();
  })();
  for (let n = await handover.take(); n !== null; n = await handover.take()) order.push(`got ${n}`);
  await putting;
  expect(order.filter((what) => what.startsWith('got'))).toEqual(['got 1', 'got 2', 'got 3']);
  expect(order.indexOf('taken 1')).toBeLessThan(order.indexOf('got 2'));
});

it('tells the error that it ended with, and lets go of whoever puts when nobody takes any more', async () => {
  const failed = new Handover<number>();
  failed.end(new Error('broken off'));
  await expect(failed.take()).rejects.toThrow('broken off');
  const dropped = new Handover<number>();
  const putting = dropped.put(1);
  dropped.drop();
  await putting;
  await dropped.put(2);
  expect(await dropped.take()).toBeNull();
});
