import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import { startHost } from '../host.ts';
import { hostPaths } from '../host-options.ts';
import type { RunningHost } from '../host.ts';
import { LogFile } from '../telemetry/log-file.ts';
import { createLog } from '../telemetry/log.ts';
import type { Log, LogLine } from '../telemetry/log.ts';
import type { Arguments } from './arguments.ts';
import { LiveSummary } from './live-summary.ts';
import { duration, grouped } from './numbers.ts';

/** Where the lines go: to stdout as JSON, or on a terminal to a file, with the live summary in their place. */
function openLog(
  args: Arguments,
  level: Parameters<typeof createLog>[0],
  onLine: (line: LogLine) => void,
): { log: Log; live: boolean; file: string | null } {
  const live = process.stdout.isTTY && !args.plain;
  if (!live) return { log: createLog(level, process.stdout), live, file: null };
  const file = path.join(args.dataDir, 'logs', 'tickhub.log');
  return { log: createLog(level, new LogFile(file), onLine), live, file };
}

/**
 * `tickhub run`: until Ctrl-C, SIGTERM or `tickhub stop`; then it drains and says what it did.
 * @returns the exit code.
 */
export async function runCommand(args: Arguments): Promise<number> {
  const config = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  let summary: LiveSummary | null = null;
  const { log, live, file } = openLog(args, config.log.level, (line) => {
    if (line.level !== 'debug') summary?.note(line);
  });
  const stopRequest = Promise.withResolvers<string>();
  const paths = hostPaths(args.dataDir, config, args.pluginRoots);
  const host = await startHost({ config, paths, env: process.env, log, onStopRequest: () => stopRequest.resolve('tickhub stop') });
  if (live) {
    process.stdout.write(`Tickhub works in ${args.dataDir}. Your plugins go to ${paths.userPlugins[0]}. The log is ${file}.\n\n`);
    summary = new LiveSummary(process.stdout, () => host.status());
    summary.start();
  }
  log.info('started', { pid: process.pid, dataDir: args.dataDir, tenant: config.tenant });
  onSignals((signal) => stopRequest.resolve(signal));
  const why = await stopRequest.promise;
  await summary?.stop();
  return drain(host, log, live, why);
}

/** The first signal drains; a second one means that the user will not wait. */
function onSignals(stop: (signal: string) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    let asked = false;
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      stop(signal);
    });
  }
}

async function drain(host: RunningHost, log: Log, live: boolean, why: string): Promise<number> {
  const started = performance.now();
  if (live) process.stdout.write('\nDraining: sources stop, the backend acknowledges what is left (again Ctrl-C ends at once) ...\n');
  log.info(`draining after ${why}`);
  const { spool, book, streams } = host.tenant;
  const failures = await host.stop();
  for (const { label, error } of failures) log.error(`${label} did not stop cleanly`, { error });
  const left = spool.lastSeq - Math.max(spool.ackedSeq, book.deliveredSeq);
  const did = `${grouped(streams.flow.takenTicks)} ticks taken; ${
    left === 0 ? 'all acknowledged' : `${grouped(left)} frames wait in the spool for the next start`
  }; stopped in ${duration(performance.now() - started)}`;
  log.info(did, { ticks: streams.flow.takenTicks, framesLeft: left });
  if (live) process.stdout.write(`${did}\n`);
  return failures.length === 0 ? 0 : 1;
}
