/** Entry of the ledger's thread. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { LedgerThreadOptions, ToLedger } from './ledger-messages.ts';
import { LedgerThread } from './ledger-thread.ts';

const port = parentPort;
if (port === null) throw new Error('ledger-worker is a worker thread of the gateway; start the gateway instead');

const thread = new LedgerThread(workerData as LedgerThreadOptions, {
  send: (messages) => port.postMessage(messages),
  receive: () => (receiveMessageOnPort(port) as { message: ToLedger } | undefined)?.message,
  close: () => port.close(),
});
thread.start();
port.on('message', (message: ToLedger) => thread.take(message));
