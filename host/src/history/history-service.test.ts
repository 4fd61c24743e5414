import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { scratchDir } from './history.fixture.ts';
import { HistoryService } from './history-service.ts';
import type { FromWorker } from './worker-messages.ts';

it('answers where the machine takes each slice of time away before it has begun', async () => {
  const dir = scratchDir();
  const answered = Promise.withResolvers<FromWorker>();
  const closed = Promise.withResolvers<void>();
  let at = 0;
  const service = new HistoryService(
    { path: path.join(dir, 'history.db') },
    (message) => {
      if (message.type === 'answer') answered.resolve(message);
      if (message.type === 'closed') closed.resolve();
    },
    { now: () => Date.now(), monotonic: () => (at += 1_000) },
  );
  try {
    service.take({ type: 'ask', id: 1, method: 'info', view: null });
    expect(await answered.promise).toMatchObject({ id: 1, value: { series: [] } });
  } finally {
    service.take({ type: 'close' });
    await closed.promise;
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
});
