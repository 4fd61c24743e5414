import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { importFile } from '../host/src/history-files/import-file.ts';
import { makeExport, scratch } from '../host/src/history-files/history-files.fixture.ts';

export interface ImportSpeed {
  readonly ticks: number;
  /** A MetaTrader 5 export into history: parsed, checked to be writable again byte for byte, hashed, and committed. Ticks a second, a run each. */
  readonly imported: readonly number[];
  /** The same file's lines read by `node:readline` and thrown away, right after each run. */
  readonly lines: readonly number[];
  /** CPU of the whole process a tick, and a line, over all runs, microseconds: what a busy machine does not change. */
  readonly cpuUs: { readonly imported: number; readonly lines: number };
}

/** How fast a tick export goes into history, beside a plain line reader in the same run. */
export async function importSpeed(atLeast: number, runs: number): Promise<ImportSpeed> {
  await using place = await scratch();
  const made = await makeExport(path.join(place.dir, 'EURUSD_1.csv'), { atLeast, serverTime: 'EET-EU' });
  const imported: number[] = [];
  const lines: number[] = [];
  const cpu = { imported: 0, lines: 0 };
  for (let run = 0; run < runs; run++) {
    const request = { file: made.file, source: `run:${run}`, symbol: 'EURUSD', serverTime: 'EET-EU' };
    const before = process.cpuUsage();
    const started = performance.now();
    const { added, exact } = await importFile(place.history, request, () => undefined);
    imported.push((made.ticks * 1_000) / (performance.now() - started));
    const between = process.cpuUsage();
    if (added !== made.ticks || !exact) throw new Error(`only ${added} of ${made.ticks} ticks were imported, exact: ${exact}`);
    lines.push(await linesPerSecond(made.file));
    cpu.imported += used(before, between);
    cpu.lines += used(between, process.cpuUsage());
  }
  const perRow = (microseconds: number): number => microseconds / (runs * made.ticks);
  return { ticks: made.ticks, imported, lines, cpuUs: { imported: perRow(cpu.imported), lines: perRow(cpu.lines) } };
}

function used(from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number {
  return to.user + to.system - from.user - from.system;
}

async function linesPerSecond(file: string): Promise<number> {
  const started = performance.now();
  let count = 0;
  for await (const _line of createInterface({ input: createReadStream(file) })) count++;
  return (count * 1_000) / (performance.now() - started);
}

/** `node scripts/run.mjs bench/import.ts`: this alone. */
if (import.meta.main) {
  const { ticks, imported, lines, cpuUs } = await importSpeed(1_100_000, 5);
  const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');
  console.log(`an export of ${grouped(ticks)} ticks:`);
  for (const [i, speed] of imported.entries()) {
    const plain = lines[i] ?? NaN;
    console.log(`imported ${grouped(speed)} ticks/s; node:readline ${grouped(plain)} lines/s; ratio ${(speed / plain).toFixed(2)}`);
  }
  console.log(
    `CPU: ${cpuUs.imported.toFixed(2)} us a tick, ${cpuUs.lines.toFixed(2)} us a line; ratio ${(cpuUs.lines / cpuUs.imported).toFixed(2)}`,
  );
}
