/**
 * `npm run test:chaos`: at least a million recorded ticks through everything, with kills -9 of every part.
 * Options: --seed N, --kills N, --ticks N.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../scripts/node-runtime.mjs';
import { compileEa, recordTicks } from '../counterparts/ea/index.ts';
import type { Instrument } from '../system/deployment.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, kills: { type: 'string', default: '25' }, ticks: { type: 'string', default: '1000000' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const kills = Number(values.kills);
const wanted = Number(values.ticks);

const ea = await compileEa();
if ('missing' in ea) {
  console.error(`test:chaos needs the compiled Expert Advisor: ${ea.missing}`);
  process.exit(1);
}
const dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-recording-'));
try {
  const recordings: Instrument[] = [];
  let ticks = 0;
  let spanMs = 0;
  for (const [symbol, digits] of [
    ['EURUSD', 5],
    ['XAUUSD', 3],
  ] as const) {
    const demo = path.join(root, 'plugins', 'mt5', 'demo', `${symbol}.csv.zst`);
    const file = path.join(dir, `${symbol}.ticks`);
    const once = await recordTicks(demo, file, { symbolDigits: digits });
    const share = symbol === 'EURUSD' ? 0.2 : 0.8;
    const repeat = Math.ceil((wanted * share) / once.ticks);
    const all = await recordTicks(demo, file, { symbolDigits: digits, repeat });
    ticks += all.ticks;
    spanMs = Math.max(spanMs, all.lastMsc - all.firstMsc);
    recordings.push({ symbol, digits, file });
  }
  // Time to come back, and to be in full flow again.
  const lastsMs = kills * 2_500;
  const speed = spanMs / lastsMs;
  console.log(
    `seed ${seed}: ${ticks} ticks, ${kills} kills, market time ${Math.round(speed)} times as fast, about ${Math.round(lastsMs / 1000)} s`,
  );
  const report = await storm({ recordings, seed, kills, speed, lastsMs, say: (line) => console.log(line) });
  const killed = Object.entries(report.kills)
    .map(([victim, n]) => `${victim} ${n}`)
    .join(', ');
  console.log(
    `${report.differences.length === 0 ? 'PASS' : 'FAIL'} seed ${seed}: ${report.ticks} ticks (${report.sameMillisecond} in the millisecond of the one before), ` +
      `kills -9: ${killed} (${report.killsInFlow} in full flow); usage ${report.usage}; ${report.seconds.toFixed(0)} s`,
  );
  for (const difference of report.differences) console.log(`  ${difference}`);
  process.exitCode = report.differences.length === 0 ? 0 : 1;
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
