/**
 * `npm start`: a recorded market through the real link. The Expert Advisor is compiled from the source that a terminal runs and fed with recorded ticks where g++ is there;
 * elsewhere the mt5 plugin replays the same recording through the same decoder. The host delivers to the embedded gateway. Options after `--` go to
 * `tickhub run`, for example `npm start -- --tier free`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compileEa, recordTicks, startEa } from '../test/counterparts/ea/index.ts';
import type { Recording } from '../test/counterparts/ea/record.ts';
import { readLink } from '../test/system/host-process.ts';
import { root } from './node-runtime.mjs';

/** Market time runs this much faster than the clock, so that there is something to see. */
const SPEED = 100;
const SYMBOLS = [
  { name: 'EURUSD', digits: 5 },
  { name: 'XAUUSD', digits: 3 },
];

const given = process.argv.slice(2);
const dataDir = path.resolve(root, optionValue('--data', '-d') ?? 'tickhub-data');
const demoDir = path.join(root, 'plugins', 'mt5', 'demo');

function optionValue(...names: string[]): string | undefined {
  const at = given.findIndex((argument) => names.includes(argument));
  return at < 0 ? undefined : given[at + 1];
}

/** A market that goes on over restarts: the same start gives the same ticks at the same times, and a new number is a new terminal. */
interface Market {
  readonly number: number;
  readonly startedAt: number;
}

async function market(lastsMs: number): Promise<Market> {
  const file = path.join(dataDir, 'demo-market.json');
  const kept = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Market,
    () => null,
  );
  if (kept !== null && Date.now() < kept.startedAt + lastsMs) return kept;
  const next: Market = { number: (kept?.number ?? 0) + 1, startedAt: Date.now() };
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, JSON.stringify(next));
  return next;
}

function startHost(settings: readonly string[]): ChildProcess {
  const sets = settings.flatMap((setting) => ['--set', setting]);
  const data = optionValue('--data', '-d') === undefined ? ['--data', dataDir] : [];
  return spawn(process.execPath, [path.join(root, 'host', 'bin', 'tickhub.mjs'), 'run', ...data, ...sets, ...given], { stdio: 'inherit' });
}

/** The whole recording of each symbol as the terminal's tick base, kept beside the compiled Expert Advisor. */
async function recordings(): Promise<(Recording & { name: string; digits: number; file: string })[]> {
  const cache = path.join(root, 'node_modules', '.cache', 'tickhub-demo');
  await mkdir(cache, { recursive: true });
  return Promise.all(
    SYMBOLS.map(async ({ name, digits }) => {
      const file = path.join(cache, `${name}.ticks`);
      return { name, digits, file, ...(await recordTicks(path.join(demoDir, `${name}.csv.zst`), file, { symbolDigits: digits })) };
    }),
  );
}

/** The real link: the Expert Advisor's own source, compiled, in a simulated terminal. */
async function playByLink(binary: string): Promise<void> {
  const symbols = await recordings();
  const lastsMs = (Math.max(...symbols.map(({ lastMsc }) => lastMsc)) - Math.min(...symbols.map(({ firstMsc }) => firstMsc))) / SPEED;
  const { number, startedAt } = await market(lastsMs);
  const host = startHost(['plugins.mt5.port=0', 'plugins.mt5.maxBackfillMs=all']);
  const ended = once(host, 'exit');
  const link = await Promise.race([readLink(dataDir).catch(() => null), ended.then(() => null)]);
  if (link !== null) {
    const ea = startEa({ binary, ...link, eaId: `demo-${number}`, symbols, marketStart: startedAt, speed: SPEED });
    await ended;
    ea.kill();
  }
  const [code] = await ended;
  process.exitCode = typeof code === 'number' ? code : 1;
}

/** The same recording through the plugin's replay mode, where the Expert Advisor cannot be compiled. */
async function playByReplay(why: string): Promise<void> {
  console.error(`demo: ${why}; the mt5 plugin replays the recording itself`);
  const files = SYMBOLS.map(({ name, digits }) => ({ path: path.join(demoDir, `${name}.csv.zst`), symbol: name, digits }));
  const host = startHost([
    'plugins.mt5.mode=replay',
    `plugins.mt5.files=${JSON.stringify(files)}`,
    `plugins.mt5.speed=${SPEED}`,
    'plugins.mt5.loop=true',
  ]);
  const [code] = await once(host, 'exit');
  process.exitCode = typeof code === 'number' ? code : 1;
}

// Ctrl-C reaches the host as well, which drains; this process only has to outlive it.
process.on('SIGINT', () => undefined);
const ea = await compileEa();
if ('missing' in ea) await playByReplay(ea.missing);
else await playByLink(ea.path);
