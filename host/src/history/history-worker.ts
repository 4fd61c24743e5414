/** Entry of the history's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { HistoryError } from './errors.ts';
import { HistoryService } from './history-service.ts';
import type { FromWorker, ToWorker, WorkerOptions } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('history-worker runs as a worker thread of the host, not by itself');
const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => {
  port.postMessage(message, transfer);
  if (message.type === 'closed' || message.type === 'refused') port.close();
};
try {
  const service = new HistoryService(workerData as WorkerOptions, post, { now: () => Date.now(), monotonic: () => performance.now() });
  port.on('message', (message: ToWorker) => service.take(message));
} catch (error) {
  const { message } = error as Error;
  post({ type: 'refused', code: error instanceof HistoryError ? error.code : 'HISTORY_UNUSABLE', message });
}
