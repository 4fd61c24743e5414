/** Entry of the spool's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { SpoolService } from './store/spool-service.ts';
import type { ToWorker, WorkerOptions } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('spool-worker runs as a worker thread of the host, not by itself');
const service = new SpoolService(
  workerData as WorkerOptions,
  (message, transfer = []) => {
    port.postMessage(message, transfer);
    if (message.type === 'closed' || message.type === 'refused') port.close();
  },
  () => performance.now(),
);
port.on('message', (message: ToWorker) => service.take(message));
service.open();
