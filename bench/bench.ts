/**
 * `npm run bench`: the figures of the README, each with its peer or limit measured in the same run. Writes bench/results/latest.json.
 * Machines are noisy: read the ratios, not the third digit. `--quick` measures for a tenth of the time.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/node-runtime.mjs';
import { compiledEa, demoRecording, scratchDir } from '../test/system/market.ts';
import { importSpeed } from './import.ts';
import { historyFigures, historyLines } from './history.ts';
import { jsonPerTick } from './json-per-tick.ts';
import { latency } from './latency.ts';
import { median } from './median.ts';
import { besideModels, modelFigures } from './models.ts';
import { reloadGap } from './reload-gap.ts';
import { startUp } from './start-up.ts';
import { throughput } from './throughput.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const scale = values.quick ? 0.1 : 1;
const round = (value: number, digits = 0): number => Number(value.toFixed(digits));
const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');
const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(2)} ms`);

if ('missing' in compiledEa) {
  console.error(`npm run bench needs the compiled Expert Advisor: ${compiledEa.missing}`);
  process.exit(1);
}
const machine = `${os.cpus().length} x ${os.cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${os.type()} ${os.arch()}, Node ${process.version}`;
console.log(`Tickhub bench on ${machine}. Terminal, plugin, host, transport and gateway share these cores.\n`);
const dir = await scratchDir('bench-data');
const results: Record<string, unknown> = { machine, date: new Date().toISOString(), quick: values.quick };

const recordings = [await demoRecording('EURUSD', dir, { repeat: 4 }), await demoRecording('XAUUSD', dir, { repeat: 4 })];

// In turn, twice, so that a slow spell of the machine meets both.
const whole: number[] = [];
const plain: number[] = [];
for (let i = 0; i < 3; i++) {
  const { ticks, ticksPerSecond } = await throughput(recordings);
  whole.push(ticksPerSecond);
  plain.push(await jsonPerTick(Math.round(400_000 * scale)));
  console.log(
    `whole path, durable and acked: ${grouped(whole[i] as number)} ticks/s over ${grouped(ticks)}; one JSON message per tick over ws, neither: ${grouped(plain[i] as number)} ticks/s; ratio ${((whole[i] as number) / (plain[i] as number)).toFixed(2)}`,
  );
}
const ratios = whole.map((value, i) => value / (plain[i] as number)).sort((a, b) => a - b);
results['throughput'] = {
  ticksPerSecond: whole.map((v) => round(v)),
  jsonPerTick: plain.map((v) => round(v)),
  ratioMedian: round(median(ratios), 2),
};

for (const rate of [1_000, 15_000]) {
  const at = await latency(recordings, rate, 20_000 * scale);
  results[`latency${rate}`] = at;
  console.log(
    `at ${grouped(rate)} ticks/s (${grouped(at.acked)} acked/s): arrival to ack p50 ${ms(at.p50Ms)}, p99 ${ms(at.p99Ms)}; CPU a tick: host ${at.hostCpuUs?.toFixed(2) ?? '-'} us, host and isolates ${at.allCpuUs?.toFixed(2) ?? '-'} us`,
  );
}

const history = await historyFigures(values.quick ? 400_000 : 2_000_000);
results['history'] = history;
for (const line of historyLines(history)) console.log(line);

const models = await modelFigures(values.quick ? 400 : 2_000);
results['models'] = {
  ...models,
  barMs: { p50: round(models.barMs.p50, 2), p99: round(models.barMs.p99, 2) },
  emptyMs: { p50: round(models.emptyMs.p50, 2), p99: round(models.emptyMs.p99, 2) },
  togetherMs: models.togetherMs.map((v) => round(v, 1)),
  seedMs: round(models.seedMs, 1),
  rssMb: round(models.rssMb),
};
console.log(
  `${models.models} models, a closed bar of one symbol to all answers: p50 ${ms(models.barMs.p50)}, p99 ${ms(models.barMs.p99)}; no model asked: p50 ${ms(models.emptyMs.p50)}, p99 ${ms(models.emptyMs.p99)}; ${models.symbols} symbols at once: median ${ms(median(models.togetherMs))}, worst ${ms(models.togetherMs.at(-1) ?? null)}; seeding one with ${grouped(models.wanted)} bars ${ms(models.seedMs)}; the plugin's memory ${models.rssMb.toFixed(0)} MiB`,
);

const beside = await besideModels(() => latency(recordings, 15_000, 20_000 * scale));
const alone = await latency(recordings, 15_000, 20_000 * scale);
results['latencyBesideModels'] = { beside, alone };
console.log(
  `at 15,000 ticks/s while 50 symbols close a bar each second: p50 ${ms(beside.p50Ms)}, p99 ${ms(beside.p99Ms)}; right after it, without: p50 ${ms(alone.p50Ms)}, p99 ${ms(alone.p99Ms)}`,
);

const start = await startUp(values.quick ? 2 : 7);
results['startUpMs'] = { first: round(start.first), again: start.again.map((v) => round(v)), median: round(median(start.again)) };
console.log(`start to all plugins ready: first ${ms(start.first)}, then median ${ms(median(start.again))} of ${start.again.length}`);

const reload = await reloadGap(values.quick ? 3 : 20);
results['reloadGapMs'] = { longestWithout: reload.quiet, gaps: reload.gaps, median: median(reload.gaps), worst: reload.gaps.at(-1) };
console.log(
  `reload of a feed that ticks each ms: longest silence median ${median(reload.gaps)} ms, worst ${reload.gaps.at(-1)} ms of ${reload.gaps.length}; without a reload ${reload.quiet} ms`,
);

const imports = await importSpeed(Math.round(1_100_000 * scale), 5);
const importRatios = imports.imported.map((value, i) => value / (imports.lines[i] as number)).sort((a, b) => a - b);
results['import'] = {
  ticks: imports.ticks,
  ticksPerSecond: imports.imported.map((v) => round(v)),
  readline: imports.lines.map((v) => round(v)),
  ratioMedian: round(median(importRatios), 2),
  cpuUs: { tick: round(imports.cpuUs.imported, 2), line: round(imports.cpuUs.lines, 2) },
};
console.log(
  `an MT5 export of ${grouped(imports.ticks)} ticks into history: median ${grouped(median(imports.imported))} ticks/s; node:readline alone ${grouped(median(imports.lines))} lines/s; ratio ${median(importRatios).toFixed(2)}; CPU ${imports.cpuUs.imported.toFixed(2)} us a tick, ${imports.cpuUs.lines.toFixed(2)} us a line`,
);

const out = path.join(root, 'bench', 'results');
await mkdir(out, { recursive: true });
await writeFile(path.join(out, 'latest.json'), `${JSON.stringify(results, null, 2)}\n`);
await rm(dir, { recursive: true, force: true });
console.log(`\nwritten to ${path.relative(process.cwd(), path.join(out, 'latest.json'))}`);
