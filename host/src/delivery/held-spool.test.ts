import nodePath from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AckBook } from './ack-book.ts';
import { temporaryFolder, tickBody, tickCount } from './frames.fixture.ts';
import { openSpool } from './open-spool.ts';
import type { Spool, SpoolGap } from './spool.ts';

const BUDGET = 400_000;

let folder: ReturnType<typeof temporaryFolder>;
let spool: Spool;
let gaps: SpoolGap[];

beforeEach(async () => {
  folder = temporaryFolder();
  spool = await openSpool({ path: nodePath.join(folder.path, 'spool.db'), budgetBytes: BUDGET, clock: Date, memoryBytes: 0 });
  gaps = [];
  spool.onGap((gap) => gaps.push(gap));
});

afterEach(async () => {
  await spool.close();
  folder.remove();
});

async function appended(frames: number): Promise<void> {
  for (let i = 0; i < frames; i++) {
    const seq = spool.lastSeq + 1;
    spool.appendTicks(tickBody(seq), tickCount(seq));
  }
  // Answered when what came before is durable.
  await spool.usage();
}

async function firstOnDisk(): Promise<number> {
  const [first] = await spool.read(1, 1);
  return first?.seq ?? Infinity;
}

async function dropped(): Promise<number> {
  return (await spool.usage()).reduce((sum, row) => sum + row.dropped, 0);
}

describe('a spool that somebody holds', () => {
  it('lets what was delivered go for its budget, a piece of it, and never counts it as dropped', async () => {
    const book = new AckBook(spool);
    book.require('ws');
    book.hold('history', 0);
    while (spool.lastSeq < 400) {
      await appended(20);
      book.sent('ws', spool.lastSeq);
      book.acked('ws', spool.lastSeq);
    }
    expect([gaps, await dropped()]).toEqual([[], 0]);
    expect(spool.depth.bytes).toBeLessThanOrEqual(BUDGET);
    // What there is room for is still here for who holds it.
    expect(spool.depth.bytes).toBeGreaterThan(BUDGET / 2);
    expect(await firstOnDisk()).toBeGreaterThan(1);
  });

  it('drops nothing that may be on its way to the backend, which begins behind what was delivered', async () => {
    const book = new AckBook(spool);
    book.require('ws');
    book.hold('history', 0);
    await appended(60);
    book.sent('ws', 60);
    book.acked('ws', 60);
    for (let i = 0; i < 20; i++) await appended(20);
    expect(gaps.length).toBeGreaterThan(0);
    const frames = await spool.read(61, 2 * BUDGET);
    const whole = frames.filter(({ seq }) => seq < (gaps[0]?.fromSeq ?? 0));
    expect(whole[0]?.seq).toBe(61);
    expect(whole.reduce((sum, { body }) => sum + body.byteLength, 0)).toBeGreaterThan(spool.window.bytes);
    expect(Math.min(...gaps.map(({ fromSeq }) => fromSeq))).toBeGreaterThan(61);
  });
});
