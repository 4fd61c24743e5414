import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { RecordStream } from '@tickhub/plugin-sdk/host';
import { loadConfig } from '../config/load.ts';
import { hostPaths } from '../host-options.ts';
import type { ReplayQuery } from '../history/history.ts';
import { playThroughHost } from '../replay/session.ts';
import type { ReplaySummary } from '../replay/session.ts';
import { createLog } from '../telemetry/log.ts';
import { UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { openFileDoor, openHistoryDoor } from './history/open-door.ts';
import type { HistoryDoor } from './history/open-door.ts';
import { reportText } from './history/import.ts';
import { importRequests } from './history/import-arguments.ts';
import { duration, grouped } from './numbers.ts';
import { printable } from './printable.ts';
import { ProgressLine } from './progress-line.ts';
import { timeArgument } from './time-argument.ts';

/** What the host and its models made themselves is made anew; state streams have no past. */
const NOT_REPLAYED: readonly RecordStream[] = ['analysis', 'notice', 'gap', 'book', 'account', 'positions'];
const REPLAYED = RecordStream.options.filter((stream) => !NOT_REPLAYED.includes(stream));
/** Source of ticks that come from a file. */
const SOURCE = 'file';

/**
 * `tickhub replay`: plays files, or a part of the tenant's own history, through a whole host of its own.
 * @returns the exit code.
 */
export async function replayCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  const speed = speedOf(args.options.speed);
  const query = queryOf(args);
  const complain = (message: string): void => void process.stderr.write(`${printable(message)}\n`);
  const config = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'tickhub-replay-'));
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (): void => (stop.signal.aborted ? process.exit(130) : stop.abort());
  for (const signal of signals) process.on(signal, onSignal);
  const line = new ProgressLine(process.stderr);
  const output = openOutput(args);
  let door: HistoryDoor | null = null;
  try {
    door = args.options.history === true ? await openHistoryDoor(args, false, complain) : await recordingOf(args, scratch, line, complain);
    const snapshot = await door.replaySource(query);
    const started = performance.now();
    const summary = await playThroughHost({
      snapshot,
      query,
      speed,
      config,
      paths: { ...hostPaths(await ownFolder(scratch), config, args.pluginRoots), userPlugins: args.pluginRoots },
      env: process.env,
      // Its host comes and goes with the command; what is not wrong is of no interest, unless somebody asks.
      log: createLog(args.options['log-level'] === undefined ? 'error' : config.log.level, process.stderr),
      take: output.take,
      onProgress: ({ at, ticks, records }) => line.show(() => progressText(at, ticks, records, performance.now() - started)),
      stop: stop.signal,
    });
    line.clear();
    await snapshot.close();
    await output.end();
    const tell = args.json ? complain : print;
    tell(args.json ? JSON.stringify(summary) : summaryText(summary, performance.now() - started).join('\n'));
    return summary.stopped ? 130 : 0;
  } finally {
    line.clear();
    for (const signal of signals) process.off(signal, onSignal);
    await door?.close();
    await rm(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function ownFolder(scratch: string): Promise<string> {
  const folder = path.join(scratch, 'host');
  await mkdir(folder);
  return folder;
}

function speedOf(text = 'max'): number {
  if (text === 'max') return Infinity;
  const speed = Number(text.replace(/x$/, ''));
  if (!(speed > 0 && speed <= 1e6)) throw new UsageError(`--speed takes a factor such as 1 or 100, or max, not "${text}".`);
  return speed;
}

function queryOf({ operands, options }: Arguments): ReplayQuery {
  const isHistory = options.history === true;
  for (const stream of options.stream ?? []) {
    if (!RecordStream.options.includes(stream as RecordStream))
      throw new UsageError(`There is no stream "${stream}"; there are ${RecordStream.options.join(', ')}.`);
  }
  if (isHistory && (options.zone !== undefined || options.offset !== undefined || options.digits !== undefined))
    throw new UsageError('--zone, --offset and --digits are for files; what is in history has its times in UTC already.');
  return {
    from: options.from === undefined ? 0 : timeArgument('from', options.from),
    to: options.to === undefined ? Number.MAX_SAFE_INTEGER : timeArgument('to', options.to),
    streams: (options.stream as RecordStream[] | undefined) ?? REPLAYED,
    ...(isHistory && operands.length > 0 && { symbols: [...operands, ...(options.symbol ?? [])] }),
    ...(isHistory && options.source !== undefined && { sources: options.source }),
  };
}

/** The files, in a history that goes with the replay. */
async function recordingOf(
  args: Arguments,
  scratch: string,
  line: ProgressLine,
  complain: (message: string) => void,
): Promise<HistoryDoor> {
  const requests = importRequests(args, SOURCE);
  const folder = path.join(scratch, 'recording');
  const door = await openFileDoor(folder, path.join(folder, 'history.db'), true, complain);
  try {
    for (const request of requests) {
      const report = await door.importFile(request, ({ rows }) =>
        line.show(() => `reading ${path.basename(request.file)}  ${grouped(rows)} rows`),
      );
      line.clear();
      if (report.setAside > 0 || report.damage !== null) for (const text of reportText(report)) complain(text);
    }
    return door;
  } catch (error) {
    await door.close();
    throw error;
  }
}

interface Output {
  readonly take: (text: string) => void;
  end(): Promise<void>;
}

/** Where the stream goes: with --out into a file, with --json to stdout, else nowhere. */
function openOutput({ json, options }: Arguments): Output {
  if (options.out !== undefined) {
    const file = createWriteStream(path.resolve(options.out));
    const failed = new Promise<never>((_, reject) => file.once('error', reject));
    failed.catch(() => undefined);
    return {
      take: (text) => void file.write(text),
      async end() {
        file.end();
        await Promise.race([once(file, 'close'), failed]);
      },
    };
  }
  return { take: json ? (text) => void process.stdout.write(text) : () => undefined, end: () => Promise.resolve() };
}

function progressText(at: number, ticks: number, records: number, elapsedMs: number): string {
  if (at === 0) return 'starting the replay’s own host';
  const moment = new Date(at).toISOString().slice(0, 23).replace('T', ' ');
  return `${moment} UTC  ${grouped(ticks)} ticks  ${grouped(records)} records  ${grouped((ticks * 1_000) / Math.max(elapsedMs, 1))} ticks a second`;
}

function summaryText(summary: ReplaySummary, elapsedMs: number): string[] {
  const { ticks, bars, records, derived, sha256, heldBack, notRunning, stopped } = summary;
  return [
    `${stopped ? 'Stopped early' : 'Replayed'}: ${grouped(ticks)} ticks, ${grouped(bars)} one-minute bars, ${grouped(records)} records${
      derived > 0 ? `, and ${grouped(derived)} records that plugins made of them` : ''
    } in ${duration(elapsedMs)}.`,
    ...(heldBack.length === 0 ? [] : [`The tier held back ${heldBack.join(', ')}; --tier names another.`]),
    ...notRunning.map((what) => `Not running: ${what}`),
    `sha256 ${sha256}`,
  ].map((text) => printable(text));
}
