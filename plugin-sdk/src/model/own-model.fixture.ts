import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { emptyBars } from '../features/index.ts';
import type { Bars } from '../features/index.ts';
import { NO_CONTEXT } from '../protocol/analysis.ts';
import type { BarsTask, SeedTask } from '../protocol/analysis.ts';
import type { Harness } from '../testing/index.ts';
import { createHarness, readModel } from '../testing/index.ts';

export const HOUR = 3_600_000;
const MODELS = fileURLToPath(new URL('../../../test/fixtures/own-models/', import.meta.url));

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

/** A plugin folder with one of the files of test/fixtures/own-models as model.onnx; `good/last-two`, say. */
export function folderOf(onnx: string | null, model: unknown, rest: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tickhub-own-model-'));
  made.push(folder);
  const manifest = { id: 'mine', version: '1.2.0', kind: 'model', sdk: '^0.1.0', model, ...rest };
  writeFileSync(path.join(folder, 'plugin.json'), JSON.stringify(manifest, null, 2));
  if (onnx !== null) cpSync(path.join(MODELS, `${onnx}.onnx`), path.join(folder, 'model.onnx'));
  return folder;
}

/** A running plugin of such a folder, allowed to answer. */
export async function running(onnx: string, model: unknown, rest: Record<string, unknown> = {}): Promise<Harness> {
  const harness = createHarness(await readModel(path.join(folderOf(onnx, model, rest), 'plugin.json')), { plugin: { id: 'mine' } });
  await harness.start();
  harness.analyst.allow();
  return harness;
}

/** Bars of an hour: each opens at the close before, and reaches a tenth of a percent beyond both. */
export function barsOf(closes: readonly number[], from = Date.UTC(2026, 0, 5)): Bars {
  const bars = emptyBars(closes.length);
  closes.forEach((close, i) => {
    const open = closes[i - 1] ?? close;
    bars.time[i] = from + i * HOUR;
    bars.open[i] = open;
    bars.high[i] = Math.max(open, close) * 1.001;
    bars.low[i] = Math.min(open, close) * 0.999;
    bars.close[i] = close;
    bars.volume[i] = 100 + i;
  });
  return bars;
}

export function seedTask(bars: Bars, symbol = 'EURUSD'): SeedTask {
  return { type: 'seed', symbol, digits: 5, widthMs: HOUR, bars };
}

export function barsTask(bars: Bars, { symbol = 'EURUSD', models = null }: { symbol?: string; models?: string[] | null } = {}): BarsTask {
  return { type: 'bars', symbol, digits: 5, widthMs: HOUR, bars, context: NO_CONTEXT, models };
}

/** A walk of closes that is the same each time. */
export function walk(count: number): number[] {
  let close = 1.1;
  return Array.from({ length: count }, (_, i) => (close *= Math.exp(Math.sin(i * 12.9898) * 1e-3)));
}
