/** The ledger's thread without the thread: what it commits together, what it answers, and what it does when the disk refuses. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneTick } from '../../test/raw-client.ts';
import { TABLE } from '../../test/simulated-spool.ts';
import { until } from '../../test/until.ts';
import { BinaryMessageWriter } from '../wire/binary-message.ts';
import { envelopeText, symbolsPayload } from '../wire/envelope.ts';
import { LedgerThread } from './ledger-thread.ts';
import type { FromLedger, ToLedger } from './ledger-messages.ts';
import { openLedger } from './ledger/reader.ts';

class Desk {
  readonly answers: FromLedger[] = [];
  readonly queue: ToLedger[] = [];
  readonly thread: LedgerThread;

  constructor(path: string) {
    this.thread = new LedgerThread(
      { path, keepBytes: Infinity },
      { send: (messages) => this.answers.push(...messages), receive: () => this.queue.shift(), close: () => undefined },
      // A slow machine must not split a group.
      () => 0,
    );
    this.thread.start();
  }

  give(...messages: ToLedger[]): FromLedger[] {
    const before = this.answers.length;
    this.queue.push(...messages);
    const first = this.queue.shift();
    if (first) this.thread.take(first);
    return this.answers.slice(before);
  }

  has(type: FromLedger['type']): boolean {
    return this.answers.some((answer) => answer.type === type);
  }
}

const hello = (session: number, user = 'u'): ToLedger => ({ type: 'hello', session, user, epoch: 'e', lastSeq: 0 });
const symbols = (session: number, user = 'u'): ToLedger => ({
  type: 'message',
  session,
  data: Buffer.from(envelopeText(user, 'symbols', JSON.stringify(symbolsPayload(TABLE)), 0)),
  binary: false,
});
function tick(session: number, seq: number): ToLedger {
  const writer = new BinaryMessageWriter();
  writer.add(seq, oneTick(seq), () => 5);
  return { type: 'message', session, data: writer.take(), binary: true };
}

let dir: string;
let file: string;
let desk: Desk;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'tickhub-thread-'));
  file = path.join(dir, 'ledger.db');
  desk = new Desk(file);
});
afterEach(() => {
  desk.give({ type: 'close' });
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

describe('the ledger thread', () => {
  it('commits what has arrived together, and answers each session once', () => {
    const answers = desk.give(hello(1), symbols(1), tick(1, 1), hello(2, 'v'), tick(1, 2), symbols(2, 'v'), tick(2, 1), tick(1, 3));
    expect(answers.filter(({ type }) => type === 'taken')).toMatchObject([
      { session: 1, seq: 3 },
      { session: 2, seq: 1 },
    ]);
    const [stats] = desk.give({ type: 'stats', id: 1 });
    expect(stats).toMatchObject({
      type: 'stats',
      stats: {
        users: [
          { user: 'u', ticks: 3 },
          { user: 'v', ticks: 1 },
        ],
        commits: 1,
      },
    });
  });

  it('does not let one session spoil another of the same group', () => {
    const answers = desk.give(hello(1), symbols(1), hello(2, 'v'), symbols(2, 'v'), tick(1, 1), tick(2, 7), tick(1, 2));
    expect(answers).toContainEqual(expect.objectContaining({ type: 'refused', session: 2, closeCode: 4410 }));
    expect(answers).toContainEqual(expect.objectContaining({ type: 'taken', session: 1, seq: 2 }));
  });

  it('ignores messages of sessions that ended', () => {
    desk.give(hello(1), symbols(1), { type: 'end', session: 1 });
    expect(desk.give(tick(1, 1)).filter(({ type }) => type === 'taken')).toEqual([]);
  });

  it('acknowledges nothing while another program holds the file, and goes on by itself', async () => {
    desk.give(hello(1), symbols(1), tick(1, 1));
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    const answers = desk.give(tick(1, 2));
    expect(answers.some(({ type }) => type === 'taken')).toBe(false);
    expect(answers).toContainEqual(expect.objectContaining({ type: 'refused', session: 1, closeCode: 1013 }));
    expect(answers).toContainEqual(
      expect.objectContaining({ type: 'health', health: expect.objectContaining({ code: 'LEDGER_UNAVAILABLE' }) as object }),
    );
    expect(desk.give(hello(2))).toContainEqual(expect.objectContaining({ type: 'refused', session: 2, closeCode: 1013 }));
    const before = desk.answers.length;
    holder.exec('ROLLBACK');
    holder.close();
    await until('health', () => desk.answers.slice(before).some((answer) => answer.type === 'health' && answer.health.ok));
    expect(desk.give(hello(3))).toContainEqual({ type: 'resume', session: 3, epoch: 'e', lastSeq: 1 });
    expect(desk.give(symbols(3), tick(3, 2))).toContainEqual(expect.objectContaining({ type: 'taken', session: 3, seq: 2 }));
  });

  it('sets a damaged ledger aside, says so, and goes on from its positions', async () => {
    desk.give(hello(1), symbols(1), tick(1, 1));
    desk.give({ type: 'close' });
    const db = new DatabaseSync(file);
    db.exec('DROP TABLE frames');
    db.close();
    desk = new Desk(file);
    await until('health', () => desk.answers.some((answer) => answer.type === 'health' && answer.health.ok));
    expect(
      desk.answers
        .filter((answer) => answer.type === 'log')
        .map(({ text }) => text)
        .join(),
    ).toContain('set aside');
    expect(desk.give(hello(1))).toContainEqual({ type: 'resume', session: 1, epoch: 'e', lastSeq: 1 });
  });
});

/** A real file system that is really full. */
const disk = path.join(tmpdir(), `tickhub-full-${process.pid}`);
/** It takes a mount, so root on Linux. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!canMount)('on a full disk', () => {
  let full: Desk | null = null;
  afterEach(() => {
    full?.give({ type: 'close' });
    spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });

  it('acknowledges nothing, says so, and goes on when there is room, with all that was acknowledged', async ({ skip }) => {
    mkdirSync(disk, { recursive: true });
    // A container may have root and not the right to mount.
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status !== 0) skip('no right to mount a tmpfs');
    const desk = (full = new Desk(path.join(disk, 'ledger.db')));
    desk.give(hello(1), symbols(1), tick(1, 1));
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(path.join(disk, 'filler'), Buffer.alloc(bavail * bsize));
    let seq = 1;
    while (!desk.answers.some((answer) => answer.type === 'health' && !answer.health.ok)) desk.give(tick(1, ++seq));
    expect(seq).toBeLessThan(5_000);
    const acked = desk.answers.filter((answer) => answer.type === 'taken').at(-1);
    const reason = desk.answers.findLast((answer) => answer.type === 'refused');
    expect(reason).toMatchObject({ closeCode: 1013, reason: expect.stringContaining('disk is full') as string });
    expect(desk.give(hello(2))).toContainEqual(expect.objectContaining({ type: 'refused', session: 2 }));
    const before = desk.answers.length;
    rmSync(path.join(disk, 'filler'));
    await until('health', () => desk.answers.slice(before).some((answer) => answer.type === 'health' && answer.health.ok));
    expect(desk.give(hello(3))).toContainEqual({ type: 'resume', session: 3, epoch: 'e', lastSeq: acked?.seq });
    desk.give(symbols(3), tick(3, (acked?.seq ?? 0) + 1));
    const ledger = openLedger(disk);
    expect([...ledger.ticks()]).toHaveLength((acked?.seq ?? 0) + 1);
    ledger.close();
  }, 30_000);
});
