/** The disk does not answer: neither written nor refused. The spool's thread waits for it, so here a counterpart of the thread stands for both. */
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DurableSpool } from './durable-spool.ts';
import { tickBody, tickCount } from './frames.fixture.ts';
import { NEW_SPOOL } from './opening.fixture.ts';
import type { SpoolHealth } from './spool.ts';
import type { FromWorker } from './worker-messages.ts';

/** Takes what the host's side says, and answers only when the test has it answer. */
class ThreadCounterpart extends EventEmitter {
  postMessage(): void {}

  say(message: FromWorker): void {
    this.emit('message', message);
  }
}

let thread: ThreadCounterpart;
let spool: DurableSpool;
let told: SpoolHealth[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  thread = new ThreadCounterpart();
  const terms = { path: 'spool.db', clock: { now: () => 0 }, memoryBytes: 1_000_000, window: { frames: 100, bytes: 1_000_000 } };
  spool = new DurableSpool(thread as unknown as Worker, NEW_SPOOL, terms);
  told = [];
  spool.onHealth((health) => told.push(health));
});
afterEach(() => vi.useRealTimers());

async function append(): Promise<void> {
  const seq = spool.lastSeq + 1;
  spool.appendTicks(tickBody(seq), tickCount(seq));
  await Promise.resolve();
}

function durable(): void {
  thread.say({ type: 'durable', seq: spool.lastSeq, bytes: spool.pendingBytes, depth: NEW_SPOOL.depth });
}

it('says that the disk does not answer, and that it goes on when it does', async () => {
  await append();
  vi.advanceTimersByTime(4_900);
  expect(spool.health).toEqual({ state: 'ok' });
  vi.advanceTimersByTime(200);
  const stalled = { state: 'stalled', reason: 'the disk has not answered for 5 s' };
  expect(spool.health).toEqual(stalled);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([stalled]);
  durable();
  expect(spool.health).toEqual({ state: 'ok' });
  expect(told).toEqual([stalled, { state: 'ok' }]);
});

it('says nothing of a disk that is slow and goes on, nor of one that has nothing to do', async () => {
  for (let i = 0; i < 10; i++) {
    await append();
    await append();
    vi.advanceTimersByTime(3_000);
    thread.say({ type: 'durable', seq: spool.lastSeq - 1, bytes: 1, depth: NEW_SPOOL.depth });
    vi.advanceTimersByTime(3_000);
    durable();
    vi.advanceTimersByTime(20_000);
  }
  expect(told).toEqual([]);
});

it('leaves the word to the thread where the disk refuses', async () => {
  await append();
  vi.advanceTimersByTime(6_000);
  thread.say({ type: 'health', health: { state: 'stalled', reason: 'the disk is full' } });
  vi.advanceTimersByTime(60_000);
  expect(spool.health).toEqual({ state: 'stalled', reason: 'the disk is full' });
  thread.say({ type: 'health', health: { state: 'ok' } });
  durable();
  expect(told.map((health) => (health.state === 'ok' ? 'ok' : health.reason))).toEqual([
    'the disk has not answered for 5 s',
    'the disk is full',
    'ok',
  ]);
});
