/** Entry of the archive's thread: answers one question after the other. */
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { assertSpareRoom } from '../../storage/spare-room.ts';
import type { ArchiveQuestion, FromArchive, ToArchive } from './archive-messages.ts';
import { BarStore } from './bar-store.ts';

const port = parentPort;
if (port === null) throw new Error('archive-worker runs as a worker thread of the host, not by itself');
const { path } = workerData as { readonly path: string };
const post = (message: FromArchive): void => port.postMessage(message);

function answer(store: BarStore, question: ArchiveQuestion): unknown {
  switch (question.method) {
    case 'put':
      assertSpareRoom(dirname(path));
      return store.put(...question.args);
    case 'read':
      return store.read(...question.args);
    case 'span':
      return store.span(...question.args);
    case 'note':
      return store.note(...question.args);
    case 'setNote':
      return store.setNote(...question.args);
  }
}

try {
  const { store, setAside } = BarStore.open(path);
  port.on('message', (message: ToArchive) => {
    if (message.type === 'close') {
      store.close();
      post({ type: 'closed' });
      return port.close();
    }
    try {
      post({ type: 'answer', id: message.id, value: answer(store, message) });
    } catch (error) {
      post({ type: 'failed', id: message.id, message: (error as Error).message });
    }
  });
  post({ type: 'opened', setAside });
} catch (error) {
  post({ type: 'refused', message: (error as Error).message });
  port.close();
}
