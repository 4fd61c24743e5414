import { Worker } from 'node:worker_threads';
import { DurableSpool } from './durable-spool.ts';
import type { SpoolClock } from './durable-spool.ts';
import { SpoolError } from './errors.ts';
import type { Spool } from './spool.ts';
import type { FromWorker, WorkerOptions } from './worker-messages.ts';

const DEFAULT_MEMORY_BYTES = 16 * 1_048_576;
const WINDOW_BYTES = 8 * 1_048_576;
const WINDOW_FRAMES = 4_096;
const MIN_BUDGET_BYTES = 65_536;

export interface SpoolOptions {
  /** The database file. Beside it: its log, a reserve of disk space, damaged files set aside. Its folder is made. */
  readonly path: string;
  /** How much may be queued, bodies and 96 bytes a frame; at least 64 KiB. The oldest goes when it is more. */
  readonly budgetBytes: number;
  /** Wall clock, for the minutes of usage. */
  readonly clock: SpoolClock;
  /** How much of the newest is kept in memory. Default 16 MiB. */
  readonly memoryBytes?: number;
}

/**
 * Opens the spool at `path`, or makes it, and starts its thread. A damaged file is salvaged and set aside; its gap is told by `onGap`.
 * @throws {SpoolError} SPOOL_IN_USE, SPOOL_UNUSABLE, SPOOL_WORKER
 */
export function openSpool({ path, budgetBytes, clock, memoryBytes = DEFAULT_MEMORY_BYTES }: SpoolOptions): Promise<Spool> {
  if (!(budgetBytes >= MIN_BUDGET_BYTES)) throw new RangeError(`budgetBytes is ${budgetBytes}, at least ${MIN_BUDGET_BYTES} are needed`);
  const window = { frames: WINDOW_FRAMES, bytes: Math.min(WINDOW_BYTES, Math.floor(budgetBytes / 4)) };
  const workerData: WorkerOptions = {
    path,
    budgetBytes,
    // A turn of acks may still be on its way to the spool's thread, hence twice.
    shieldFrames: 2 * window.frames,
    shieldBytes: 2 * window.bytes,
  };
  const { promise, resolve, reject } = Promise.withResolvers<Spool>();
  const worker = new Worker(workerEntry(), { workerData, name: 'tickhub spool', execArgv: [], stdin: false });
  const died = (error: unknown): void => {
    const why = error instanceof Error ? error.message : 'it ended before the spool was open';
    reject(new SpoolError('SPOOL_WORKER', `the spool's thread did not start: ${why}`, error));
  };
  worker.once('error', died);
  worker.once('exit', died);
  worker.once('message', (message: FromWorker) => {
    worker.off('error', died);
    worker.off('exit', died);
    if (message.type === 'opened') resolve(new DurableSpool(worker, message.opening, { path, clock, memoryBytes, window }));
    else
      reject(
        message.type === 'refused' ? new SpoolError(message.code, message.message) : new SpoolError('SPOOL_WORKER', 'it spoke out of turn'),
      );
  });
  return promise;
}

/** Beside this file: in `dist` as JavaScript, in `src`, which Node runs by type stripping, as it was written. */
function workerEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './spool-worker.ts' : './spool-worker.js', import.meta.url);
}
