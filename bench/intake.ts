/**
 * `node scripts/run.mjs bench/intake.ts`: what the host's intake costs a tick (check, dedupe, gate, cursor, counters, durable tracker, flow meter), without
 * pipe, spool and wire, and what it allocates. The limit it is held against, in the same run: one copy of the same bytes.
 *
 * What is allocated is V8's own count (`total_allocated_bytes`, Node 26): the views over a batch, so bytes a batch and not a tick, which batches of
 * several sizes show.
 */
import { getHeapStatistics } from 'node:v8';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { TIER_LIMITS } from '../host/src/entitlement/limits.ts';
import { SymbolGate } from '../host/src/entitlement/symbol-gate.ts';
import { DurableTracker } from '../host/src/streams/durable-tracker.ts';
import { Intake } from '../host/src/streams/intake.ts';
import { SymbolDirectory } from '../host/src/streams/symbol-directory.ts';
import { FlowMeter } from '../host/src/telemetry/flow-meter.ts';
import { median } from './median.ts';

const TICKS = 1_000_000;
const SYMBOLS = 28;
const ROUNDS = 5;
/** Frames between append and commit, as a spool has them. */
const COMMIT_EVERY = 64;

const allocated = (): number => (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? NaN;

/** A stream of `TICKS` ticks over all symbols, two to a millisecond, in batches as they come from the pipe. */
function stream(batchTicks: number): TickBatch[] {
  return Array.from({ length: Math.ceil(TICKS / batchTicks) }, () => TickBatch.create(batchTicks));
}

/** Stamps the batches anew: the intake writes host ids over the local ones, and takes no tick twice. */
function fill(batches: readonly TickBatch[], round: number): void {
  let n = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i++, n++) {
      batch.symbol[i] = n % SYMBOLS;
      batch.time[i] = 1 + round * TICKS + Math.floor(n / (2 * SYMBOLS));
      batch.ordinal[i] = Math.floor(n / SYMBOLS) % 2;
    }
  }
}

function measure(batchTicks: number): { nsPerTick: number; copyNs: number; bytesPerBatch: number } {
  const directory = new SymbolDirectory({ sources: [], symbols: [] }, () => undefined);
  const source = directory.sourceId('bench');
  const gate = new SymbolGate({ tier: 'pro', limits: TIER_LIMITS.pro });
  const ids = { sources: Uint32Array.of(source), symbols: new Uint32Array(SYMBOLS) };
  const names = Array.from({ length: SYMBOLS }, (_, i) => `SYM${i}`);
  names.forEach((name, i) => (ids.symbols[i] = directory.symbolId(source, { name, rawName: name, digits: 5 })));
  gate.announce(names);
  let seq = 0;
  const durable = new DurableTracker([]);
  const intake = new Intake(directory, gate, { cursors: () => [], appendTicks: () => ++seq }, (at, batch) => {
    durable.appended(at, batch);
    flow.taken(at, batch);
    if (at % COMMIT_EVERY === 0) {
      durable.durableUpTo(at);
      flow.acked(at);
    }
  });
  const flow = new FlowMeter(intake.counters);

  const batches = stream(batchTicks);
  const target = new Uint8Array(batches[0]?.bytes.byteLength ?? 0);
  const [took, copied, grown]: [number[], number[], number[]] = [[], [], []];
  let expected = 0;
  for (let round = 0; round < ROUNDS; round++) {
    fill(batches, round);
    expected += batches.length * batchTicks;
    const bytes = allocated();
    let from = performance.now();
    for (const batch of batches) intake.take(batch.bytes, ids);
    took.push(performance.now() - from);
    grown.push(allocated() - bytes);
    from = performance.now();
    for (const batch of batches) target.set(batch.bytes);
    copied.push(performance.now() - from);
    if (flow.takenTicks !== expected)
      throw new Error(`${flow.takenTicks} of ${expected} ticks were taken: the bench does not measure what it says`);
  }
  const ticks = batches.length * batchTicks;
  return { nsPerTick: (median(took) * 1e6) / ticks, copyNs: (median(copied) * 1e6) / ticks, bytesPerBatch: median(grown) / batches.length };
}

console.log(`intake of ${TICKS.toLocaleString('en-US')} ticks of ${SYMBOLS} symbols, Node ${process.version}; median of ${ROUNDS} rounds`);
for (const batchTicks of [1, 16, 256, 4_096]) {
  const { nsPerTick, copyNs, bytesPerBatch } = measure(batchTicks);
  const perBatch = Number.isNaN(bytesPerBatch) ? '-' : `${Math.round(bytesPerBatch)}`;
  const perTick = Number.isNaN(bytesPerBatch) ? '-' : (bytesPerBatch / batchTicks).toFixed(2);
  console.log(
    `${String(batchTicks).padStart(5)} ticks a batch: ${nsPerTick.toFixed(1)} ns/tick (copying its bytes once: ${copyNs.toFixed(1)} ns), ${perTick} bytes/tick allocated, ${perBatch} a batch`,
  );
}
