import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { SmallDisk } from '../../../test/system/small-disk.ts';
import { scratchDir } from './history.fixture.ts';
import { HistoryService } from './history-service.ts';
import { packFrames } from './store/frame-batches.ts';
import { openStore } from './store/open-store.ts';
import type { FromWorker } from './worker-messages.ts';

it('says once that its disk refuses, however often it tries, and once that it goes on', async () => {
  const dir = scratchDir();
  const file = path.join(dir, 'history.db');
  openStore(file).store.db.close();
  const told: FromWorker[] = [];
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const service = new HistoryService({ path: file }, (message) => void told.push(message), clock);
  const has = (type: FromWorker['type']) => told.some((message) => message.type === type);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  try {
    const handover = { ...packFrames([]), epoch: 'e', names: { sources: [], symbols: [] }, gaps: [] };
    service.take({ type: 'frames', handover });
    await expect.poll(() => has('health')).toBe(true);
    // Whatever comes meanwhile leads to an attempt of its own.
    for (let id = 1; id <= 5; id++) {
      service.take({ type: 'ask', id, method: 'info', view: null });
      await expect.poll(() => told.some((message) => message.type === 'answer' && message.id === id)).toBe(true);
    }
    // Two attempts, of which nothing is heard.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    other.close();
    await expect.poll(() => has('taken'), { timeout: 10_000 }).toBe(true);
    expect(told.flatMap((message) => (message.type === 'health' ? [message.trouble] : []))).toEqual([
      expect.stringMatching(/locked/),
      null,
    ]);
  } finally {
    if (other.isOpen) other.close();
    service.take({ type: 'close' });
    await expect.poll(() => has('closed')).toBe(true);
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}, 30_000);

it('leaves the last quarter of a small disk to the spool, and goes on when somebody makes room', async ({ skip }) => {
  const dir = scratchDir();
  const disk = await SmallDisk.mount(path.join(dir, 'disk'), 8);
  if (!(disk instanceof SmallDisk)) return skip(disk.missing);
  const told: FromWorker[] = [];
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const service = new HistoryService({ path: path.join(disk.dir, 'history.db') }, (message) => void told.push(message), clock);
  const troubles = (): (string | null)[] => told.flatMap((message) => (message.type === 'health' ? [message.trouble] : []));
  const filler = path.join(disk.dir, 'filler');
  try {
    await writeFile(filler, Buffer.alloc(6.5 * 1_048_576, 1));
    const handover = { ...packFrames([]), epoch: 'e', names: { sources: [], symbols: [] }, gaps: [] };
    service.take({ type: 'frames', handover });
    await expect
      .poll(troubles)
      .toEqual([expect.stringMatching(/^the disk is nearly full: 1\.\d MiB are free, and the last 2\.0 MiB are kept for delivery/)]);
    service.take({ type: 'ask', id: 1, method: 'importRecords', stream: 'news', source: 's', records: [] });
    await expect
      .poll(() => told)
      .toContainEqual(expect.objectContaining({ type: 'failed', code: 'HISTORY_DISK', message: expect.stringMatching(/nearly full/) }));
    await rm(filler);
    await expect.poll(() => told.some(({ type }) => type === 'taken'), { timeout: 10_000 }).toBe(true);
    expect(troubles()).toHaveLength(2);
  } finally {
    service.take({ type: 'close' });
    await expect.poll(() => told.some(({ type }) => type === 'closed')).toBe(true);
    await disk.unmount();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}, 30_000);

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
