import path from 'node:path';
import { inspectSpool } from '../delivery/inspect.ts';
import type { SpoolSummary } from '../delivery/inspect.ts';
import { loadConfig } from '../config/load.ts';
import type { Arguments } from './arguments.ts';
import { bytes, grouped } from './numbers.ts';

/** There is no spool file. Code `NO_SPOOL`. */
class NoSpoolError extends Error {
  readonly code = 'NO_SPOOL';

  constructor(file: string) {
    super(`${file}: there is no spool; name the file, or the host's folder with --data`);
    this.name = 'NoSpoolError';
  }
}

/** `tickhub spool check [FILE]`: changes nothing, and works beside a running host. @returns 1 when the file is damaged. */
export async function spoolCheckCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  const [named] = args.operands;
  const summary = readSummary(named === undefined ? await tenantSpool(args) : path.resolve(named));
  print(args.json ? JSON.stringify(summary, null, 2) : summaryText(summary).join('\n'));
  return summary.isSound ? 0 : 1;
}

/** The spool of the tenant that the config names. */
async function tenantSpool(args: Arguments): Promise<string> {
  const { tenant } = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  return path.join(args.dataDir, 'tenants', tenant, 'spool.db');
}

function readSummary(file: string): SpoolSummary {
  try {
    return inspectSpool(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new NoSpoolError(file);
  }
}

function summaryText(summary: SpoolSummary): string[] {
  const streams = Object.entries(summary.byStream).map(([stream, frames]) => `${stream} ${grouped(frames ?? 0)}`);
  return [
    `${summary.path}: ${bytes(summary.bytes)}, and ${bytes(summary.logBytes)} of log`,
    `epoch ${summary.epoch ?? 'lost'}, acknowledged to ${grouped(summary.ackedSeq)} of ${grouped(summary.lastSeq)}`,
    `${grouped(summary.frames)} frames wait (${streams.join(', ') || 'none'}): ${grouped(summary.ticks)} ticks, ${bytes(summary.bodyBytes)}`,
    `${summary.symbols} symbols of ${summary.sources} sources`,
    ...summary.missing.map(({ from, to }) => `MISSING: frames ${grouped(from)} to ${grouped(to)}`),
    summary.isSound ? 'sound' : 'damaged: the host salvages what is intact at its next start, sets the file aside, and reports the gap',
  ];
}
