/**
 * `node scripts/run.mjs bench/bars.ts`: what the market monitor's bars cost a tick, and what they allocate, for one width and for three; beside it, in the same run, the host's
 * intake of the same ticks, which every tick passes before.
 */
import { getHeapStatistics } from 'node:v8';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { LiveBars } from '../host/src/analysis/bars/live-bars.ts';
import { TIER_LIMITS } from '../host/src/entitlement/limits.ts';
import { SymbolGate } from '../host/src/entitlement/symbol-gate.ts';
import { Intake } from '../host/src/streams/intake.ts';
import { SymbolDirectory } from '../host/src/streams/symbol-directory.ts';
import { median } from './median.ts';

const TICKS = 1_000_000;
const SYMBOLS = 50;
const ROUNDS = 7;
const BATCH_TICKS = 64;
const SECOND = 1_000;
const HOUR = 3_600_000;

const allocated = (): number => (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? NaN;

interface Cost {
  readonly nsPerTick: number;
  readonly intakeNs: number;
  readonly bytesPerBatch: number;
  readonly bars: number;
}

function measure(widths: readonly number[]): Cost {
  const directory = new SymbolDirectory({ sources: [], symbols: [] }, () => undefined);
  const source = directory.sourceId('bench');
  const gate = new SymbolGate({ tier: 'pro', limits: TIER_LIMITS.pro });
  const names = Array.from({ length: SYMBOLS }, (_, i) => `SYM${i}`);
  const ids = { sources: Uint32Array.of(source), symbols: new Uint32Array(SYMBOLS) };
  names.forEach((name, i) => (ids.symbols[i] = directory.symbolId(source, { name, rawName: name, digits: 5 })));
  gate.announce(names);
  let seq = 0;
  const intake = new Intake(directory, gate, { cursors: () => [], appendTicks: () => ++seq }, () => undefined);
  let now = HOUR * 400_000;
  let bars = 0;
  const live = new LiveBars({ symbols: directory, prefer: [], graceMs: 10_000, now: () => now, onBar: () => void bars++ });
  live.setWidths(widths);

  const batches = Array.from({ length: TICKS / BATCH_TICKS }, () => TickBatch.create(BATCH_TICKS));
  const [took, intakeTook, grown]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    let n = 0;
    for (const batch of batches) {
      for (let i = 0; i < batch.count; i++, n++) {
        // A round is 20 minutes of a lively market: 50 symbols with 17 ticks a second each.
        batch.symbol[i] = n % SYMBOLS;
        batch.time[i] = now + Math.floor((n / TICKS) * 1_200 * SECOND);
        batch.ordinal[i] = Math.floor(n / SYMBOLS) % 64;
        batch.bid[i] = 1 + ((n * 7_919) % 1_000) / 1e5;
        batch.ask[i] = (batch.bid[i] as number) + 1e-4;
      }
    }
    let from = performance.now();
    for (const batch of batches) intake.take(batch.bytes, ids);
    intakeTook.push(performance.now() - from);
    const bytes = allocated();
    from = performance.now();
    for (const batch of batches) {
      now = batch.time[BATCH_TICKS - 1] as number;
      live.take(batch);
    }
    took.push(performance.now() - from);
    grown.push(allocated() - bytes);
  }
  if (bars === 0 && widths[0] !== HOUR) throw new Error('no bar closed: the bench does not measure what it says');
  const perTick = (values: number[]): number => (median(values) * 1e6) / TICKS;
  return { nsPerTick: perTick(took), intakeNs: perTick(intakeTook), bytesPerBatch: median(grown) / batches.length, bars };
}

console.log(
  `bars of ${TICKS.toLocaleString('en-US')} ticks of ${SYMBOLS} symbols in batches of ${BATCH_TICKS}, Node ${process.version}; median of ${ROUNDS} rounds`,
);
for (const [name, widths] of [
  ['1 h', [HOUR]],
  ['1 min, 1 h, 1 day', [60 * SECOND, HOUR, 24 * HOUR]],
] as const) {
  const { nsPerTick, intakeNs, bytesPerBatch, bars } = measure(widths);
  console.log(
    `${name}: ${nsPerTick.toFixed(1)} ns/tick, the intake before it ${intakeNs.toFixed(1)} ns/tick, ratio ${(nsPerTick / intakeNs).toFixed(2)}; ${(bytesPerBatch / BATCH_TICKS).toFixed(2)} bytes/tick allocated, ${bars} bars closed`,
  );
}
