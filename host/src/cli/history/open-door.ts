import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { requestJob } from '../../control/job-client.ts';
import { HistoryError } from '../../history/errors.ts';
import { HistoryThread } from '../../history/history-thread.ts';
import { ImportProgress, ImportReport } from '../../history-files/import-report.ts';
import { ExportReportSchema, jobsOn, unpackItem, unpackSymbols } from '../../history-files/history-jobs.ts';
import type { HistoryJobs, ReplaySource } from '../../history-files/history-jobs.ts';
import type { ReplayItem, ReplayQuery } from '../../history/history.ts';
import { holderOf, lockDataDir } from '../../storage/data-dir-lock.ts';
import type { Arguments } from '../arguments.ts';
import { Handover } from './handover.ts';

/** A history that is open for one command; close it. */
export interface HistoryDoor extends HistoryJobs {
  close(): Promise<void>;
}

/**
 * The tenant's history: through the host that runs on the data folder, or, where none does, in this process.
 * @param make whether a history that is not there yet is made.
 * @param trouble is told what a person should know of a file that this process opens.
 * @throws {ConfigError | HistoryError | DataDirBusyError}
 */
export async function openHistoryDoor(args: Arguments, make: boolean, trouble: (message: string) => void): Promise<HistoryDoor> {
  if ((await holderOf(args.dataDir)) !== null) return new HostDoor(args.dataDir);
  const config = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  const file = path.join(args.dataDir, 'tenants', config.tenant, 'history.db');
  return openFileDoor(args.dataDir, file, make, trouble);
}

/** A history file that no host has open. The data folder is locked, so that no host starts on it meanwhile. */
export async function openFileDoor(dataDir: string, file: string, make: boolean, trouble: (message: string) => void): Promise<HistoryDoor> {
  if (!make && !existsSync(file)) {
    throw new HistoryError('HISTORY_NONE', `${file}: there is no history yet; run the host, import a file, or name its folder with --data`);
  }
  const unlock = await lockDataDir(dataDir);
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const history = await HistoryThread.open(file, {
      onTaken: () => undefined,
      onTrouble: (level, message) => void (level !== 'info' && trouble(message)),
      onFailure: (error) => trouble(error.message),
    });
    return {
      ...jobsOn(history),
      async close() {
        await history.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Asks the running host. */
class HostDoor implements HistoryDoor {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async importFile(...[request, onProgress]: Parameters<HistoryJobs['importFile']>): Promise<ImportReport> {
    const result = await requestJob(this.#dataDir, 'import', request, { progress: (value) => onProgress(ImportProgress.parse(value)) });
    return ImportReport.parse(result);
  }

  async exportTicks(...[request, write]: Parameters<HistoryJobs['exportTicks']>): ReturnType<HistoryJobs['exportTicks']> {
    return ExportReportSchema.parse(await requestJob(this.#dataDir, 'export', request, { data: write }));
  }

  async exportBars(...[request, write]: Parameters<HistoryJobs['exportBars']>): ReturnType<HistoryJobs['exportBars']> {
    return ExportReportSchema.parse(await requestJob(this.#dataDir, 'bars', request, { data: write }));
  }

  async replaySource(query: ReplayQuery): Promise<ReplaySource> {
    const pieces = new Handover<Uint8Array>();
    const gone = new AbortController();
    const done = requestJob(this.#dataDir, 'replay', query, { data: (bytes) => pieces.put(bytes), signal: gone.signal }).then(
      () => pieces.end(),
      (error: Error) => pieces.end(error),
    );
    const first = await pieces.take();
    const symbols = first === null ? [] : unpackSymbols(first);
    return {
      symbols: () => symbols,
      async *replay(): AsyncGenerator<ReplayItem> {
        for (let piece = await pieces.take(); piece !== null; piece = await pieces.take()) yield unpackItem(piece);
      },
      async close() {
        gone.abort();
        pieces.drop();
        await done;
      },
    };
  }

  async close(): Promise<void> {}
}
