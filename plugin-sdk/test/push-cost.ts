/**
 * Measures what one `push` costs: nanoseconds, and bytes that V8 allocated on its heap. Prints one JSON line; `node plugin-sdk/test/push-cost.ts`.
 * It runs in a process of its own because a test runner's instrumentation allocates.
 */
import { getHeapStatistics } from 'node:v8';
import { SymbolIds } from '../src/run/publish/symbol-ids.ts';
import { Publisher } from '../src/run/publish/publisher.ts';
import { preciseEpoch } from '../src/run/time-source.ts';
import type { TickSymbol } from '../src/capabilities/publish.ts';
import type { FrameChannel } from '../src/run/frame-channel.ts';

const BURST = 4_096;
const BURSTS = 250;
const ROUNDS = 8;

const channel: FrameChannel = {
  send: () => undefined,
  backlogBytes: 0,
  congested: false,
  onDrained: () => () => undefined,
  flushed: () => Promise.resolve(),
  resume: () => undefined,
  pause: () => undefined,
};
const publisher = new Publisher({
  plugin: 'cost',
  cursors: [],
  channel,
  ids: new SymbolIds(),
  allows: () => true,
  epoch: preciseEpoch(),
  crash: (error) => {
    throw error;
  },
});
const symbol: TickSymbol = publisher.source().symbol('EURUSD');
// The numbers come out of typed arrays, as they come out of a feed's buffer: a caller that makes them up boxes them itself.
const time = new Float64Array(BURST);
const bid = new Float64Array(BURST);
const ask = new Float64Array(BURST);
let clock = 1_700_000_000_000;

function fill(): void {
  for (let i = 0; i < BURST; i++) {
    time[i] = clock + (i >> 1);
    bid[i] = 1.1 + i * 1e-9;
    ask[i] = 1.2 + i * 1e-9;
  }
  clock += BURST;
}

function burst(): number {
  let taken = 0;
  for (let i = 0; i < BURST; i++) {
    if (symbol.push(time[i] as number, -1, bid[i] as number, ask[i] as number, 0, 0, 6) === 'taken') taken++;
  }
  return taken;
}

function bursts(count: number): number {
  let taken = 0;
  for (let n = 0; n < count; n++) {
    fill();
    taken += burst();
  }
  return taken;
}

let leastBytes = Infinity;
let leastNs = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  // Asked for once a round only: asking makes V8 give up the rest of its allocation area, which counts as allocated.
  const before = getHeapStatistics().total_allocated_bytes;
  const from = performance.now();
  const taken = bursts(BURSTS);
  const ms = performance.now() - from;
  leastBytes = Math.min(leastBytes, (getHeapStatistics().total_allocated_bytes - before) / taken);
  leastNs = Math.min(leastNs, (ms * 1e6) / taken);
}
publisher.close();
process.stdout.write(`${JSON.stringify({ nsPerTick: leastNs, heapBytesPerTick: leastBytes })}\n`);
