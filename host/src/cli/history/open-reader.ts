import path from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { NoHostError } from '../../control/control-client.ts';
import { ControlHistory } from '../../control/history-client.ts';
import { FileHistory } from '../../history/file-history.ts';
import type { HistoryInfo, HistoryReader } from '../../history/history.ts';
import type { Arguments } from '../arguments.ts';

/** A history to read from for one command; close it. */
export interface OpenReader {
  readonly reader: HistoryReader;
  readonly info: HistoryInfo;
  close(): void;
}

/** The tenant's history: asked of the host that runs on the data folder, or read from the file where none does. @throws {ConfigError | HistoryError} */
export async function openReader(args: Arguments): Promise<OpenReader> {
  const running = new ControlHistory(args.dataDir);
  try {
    return { reader: running, info: await running.info(), close: () => undefined };
  } catch (error) {
    if (!(error instanceof NoHostError)) throw error;
  }
  const { tenant } = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  const file = FileHistory.open(path.join(args.dataDir, 'tenants', tenant, 'history.db'));
  return { reader: file, info: await file.info(), close: () => file.close() };
}
