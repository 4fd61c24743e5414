import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { expect, it } from 'vitest';

// Node 24 does not count what was allocated.
it.skipIf(!('total_allocated_bytes' in getHeapStatistics()))('a push allocates nothing: what there is comes from the batches', () => {
  const program = fileURLToPath(new URL('push-cost.ts', import.meta.url));
  const { nsPerTick, heapBytesPerTick } = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' })) as {
    nsPerTick: number;
    heapBytesPerTick: number;
  };
  // A boxed number has 12 bytes or more.
  expect(heapBytesPerTick).toBeLessThan(6);
  expect(nsPerTick).toBeLessThan(2_000);
});
