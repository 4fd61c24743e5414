import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/node-runtime.mjs';
import { compileEa, recordTicks } from '../counterparts/ea/index.ts';

/** An empty folder below the system's temporary one. */
export function scratchDir(name: string): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), `tickhub-${name}-`));
}

/** The compiled Expert Advisor, or why there is none on this machine. */
export const compiledEa = await compileEa();

/** For the title of a suite that needs the Expert Advisor. */
export const eaTitle = 'missing' in compiledEa ? ` (skipped: ${compiledEa.missing})` : '';

export function eaBinary(): string {
  if ('missing' in compiledEa) throw new Error(compiledEa.missing);
  return compiledEa.path;
}

export interface DemoRecording {
  readonly symbol: string;
  readonly digits: number;
  readonly file: string;
  readonly ticks: number;
  readonly firstMsc: number;
  readonly lastMsc: number;
}

/** A piece of the demo recording as raw MqlTicks. */
export async function demoRecording(
  symbol: 'EURUSD' | 'XAUUSD',
  dir: string,
  options: { skip?: number; limit?: number; repeat?: number } = {},
): Promise<DemoRecording> {
  const digits = symbol === 'EURUSD' ? 5 : 3;
  const file = path.join(dir, `${symbol}-${options.skip ?? 0}-${options.limit ?? 'all'}.ticks`);
  const { ticks, firstMsc, lastMsc } = await recordTicks(path.join(root, 'plugins', 'mt5', 'demo', `${symbol}.csv.zst`), file, {
    symbolDigits: digits,
    ...options,
  });
  return { symbol, digits, file, ticks, firstMsc, lastMsc };
}
