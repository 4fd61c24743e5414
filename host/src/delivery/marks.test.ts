import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { DurableSpool } from './durable-spool.ts';
import { unpackFrames } from './frame-pack.ts';
import { NEW_SPOOL } from './opening.fixture.ts';
import type { ToWorker } from './worker-messages.ts';

/** What the spool's thread is told: each `append` of it may be a transaction of its own. */
function listeningSpool(): { spool: DurableSpool; told: Extract<ToWorker, { type: 'append' }>[] } {
  const told: Extract<ToWorker, { type: 'append' }>[] = [];
  const thread = Object.assign(new EventEmitter(), {
    postMessage: (message: ToWorker) => {
      if (message.type === 'append') told.push(message);
    },
  });
  const terms = { path: 'spool.db', clock: Date, memoryBytes: 0, window: { frames: 1, bytes: 1 } };
  return { spool: new DurableSpool(thread as unknown as Worker, NEW_SPOOL, terms), told };
}

// So large that it is sent at once.
const LARGE = new Uint8Array(1_200_000);

it('records go in one transaction with their keys, their position and what they report, however large they are', async () => {
  const { spool, told } = listeningSpool();
  const mark = { stream: 'news/news', key: 'k', seen: { content: 'c', revision: 0 } };
  spool.appendRecords('news', 'news', LARGE, 1, 7, [mark]);
  spool.appendUsageReport(LARGE, [{ stream: 'ticks', minute: 3, counted: 1, dropped: 0 }], 4);
  await Promise.resolve();
  expect(told.map(({ frames, marks }) => [unpackFrames(frames).length, marks?.positions, marks?.records, marks?.reported])).toEqual([
    [1, [['news/news', 7]], [mark], []],
    [1, [['host/usage', 4]], [], [{ stream: 'ticks', minute: 3 }]],
  ]);
});
