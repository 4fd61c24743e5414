import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import nodePath from 'node:path';
import { DeliveredBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cursorAfter, SYMBOLS, temporaryFolder, tickBody, tickCount, ticksUpTo } from './frames.fixture.ts';
import { openSpool } from './open-spool.ts';
import type { SpoolOptions } from './open-spool.ts';
import type { Spool, SpoolFrame, SpoolGap } from './spool.ts';

const START = 1_790_000_000_000;
const START_MINUTE = Math.floor(START / 60_000);

let folder: ReturnType<typeof temporaryFolder>;
let clock: { at: number; now(): number };
let opened: Spool[];

beforeEach(() => {
  folder = temporaryFolder();
  clock = { at: START, now: () => clock.at };
  opened = [];
});

afterEach(async () => {
  await Promise.allSettled(opened.map((spool) => spool.close()));
  folder.remove();
});

const path = (): string => nodePath.join(folder.path, 'data', 'spool.db');

async function open(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const spool = await openSpool({ path: path(), budgetBytes: 64 * 1_048_576, clock, ...options });
  opened.push(spool);
  return spool;
}

function durable(spool: Spool, seq = spool.lastSeq): Promise<void> {
  if (spool.durableSeq >= seq) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = spool.onDurable((at) => {
      if (at < seq) return;
      stop();
      resolve();
    });
  });
}

/** All that was appended is durable, what it led to (a record of a gap) included. */
async function quiet(spool: Spool): Promise<void> {
  do await spool.usage();
  while (spool.durableSeq < spool.lastSeq);
}

function append(spool: Spool, frames: number): void {
  for (let i = 0; i < frames; i++) {
    const seq = spool.lastSeq + 1;
    spool.appendTicks(tickBody(seq), tickCount(seq));
  }
}

async function readAll(spool: Spool, fromSeq = spool.ackedSeq + 1): Promise<SpoolFrame[]> {
  const all: SpoolFrame[] = [];
  for (let at = fromSeq; ;) {
    const frames = await spool.read(at, 100_000);
    const last = frames.at(-1);
    if (last === undefined) return all;
    all.push(...frames);
    at = last.seq + 1;
  }
}

function expectTicks(frames: readonly SpoolFrame[], from: number, to: number): void {
  expect(frames.map(({ seq }) => seq)).toEqual(Array.from({ length: to - from + 1 }, (_, i) => from + i));
  for (const { seq, body, stream, count } of frames) {
    expect(stream).toBe('ticks');
    expect(count).toBe(tickCount(seq));
    expect(Buffer.compare(body, tickBody(seq))).toBe(0);
  }
}

describe('a spool', () => {
  it('numbers at once and tells when frames are durable, in order', async () => {
    const spool = await open();
    const told: number[] = [];
    spool.onDurable((seq) => told.push(seq));
    expect([spool.lastSeq, spool.durableSeq, spool.ackedSeq, spool.openedSeq]).toEqual([0, 0, 0, 0]);
    append(spool, 50);
    expect(spool.lastSeq).toBe(50);
    expect(spool.durableSeq).toBe(0);
    expect(spool.pendingBytes).toBeGreaterThan(0);
    await durable(spool);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(50);
    expect(spool.pendingBytes).toBe(0);
    expect(spool.depth).toMatchObject({ frames: 50, ticks: ticksUpTo(50) });
  });

  it('keeps frames, names, cursors, positions and usage over a restart', async () => {
    const first = await open();
    first.addSymbols(SYMBOLS);
    append(first, 100);
    first.appendRecords('news', 'feed', new Uint8Array([1, 2, 3]), 4, 17);
    await first.close();
    const spool = await open();
    expect(spool.epoch).toBe(first.epoch);
    expect([spool.lastSeq, spool.durableSeq, spool.openedSeq]).toEqual([101, 101, 101]);
    expect(spool.symbols()).toEqual(SYMBOLS);
    expect(spool.cursors().toSorted((a, b) => a.symbolId - b.symbolId)).toEqual([
      { symbolId: 1, ...cursorAfter(99) },
      { symbolId: 2, ...cursorAfter(100) },
      { symbolId: 3, ...cursorAfter(98) },
    ]);
    expect(spool.recordPositions()).toEqual(new Map([['feed/news', 17]]));
    expect(await spool.usage()).toEqual([
      { stream: 'news', minute: START_MINUTE, counted: 4, dropped: 0 },
      { stream: 'ticks', minute: START_MINUTE, counted: ticksUpTo(100), dropped: 0 },
    ]);
    const frames = await readAll(spool);
    expectTicks(frames.slice(0, 100), 1, 100);
    expect(frames[100]).toMatchObject({ seq: 101, stream: 'news', count: 4 });
    expect([...(frames[100]?.body ?? [])]).toEqual([1, 2, 3]);
  });

  it('keeps a symbol as it was described last: its digits and the name its source has for it', async () => {
    const first = await open();
    first.addSymbols(SYMBOLS);
    const [one, ...others] = SYMBOLS.symbols;
    const anew = { ...(one as (typeof SYMBOLS.symbols)[number]), rawName: 'SYM1.raw', digits: 3 };
    first.addSymbols({ sources: [], symbols: [anew] });
    const expected = { sources: SYMBOLS.sources, symbols: [anew, ...others] };
    expect(first.symbols()).toEqual(expected);
    await first.close();
    expect((await open()).symbols()).toEqual(expected);
  });

  it('reads bodies that start at a multiple of 8, from memory and from disk', async () => {
    const spool = await open({ memoryBytes: 10_000 });
    append(spool, 30);
    await durable(spool);
    expect(spool.readRecent(1, 1_000_000)).toBeNull();
    expect(spool.readRecent(30, 1_000_000)?.map(({ seq }) => seq)).toEqual([30]);
    const frames = await readAll(spool);
    expectTicks(frames, 1, 30);
    for (const { body } of frames) expect(body.byteOffset % 8).toBe(0);
  });

  it('gives at least one frame, however small the bound', async () => {
    const spool = await open({ memoryBytes: 0 });
    append(spool, 3);
    await durable(spool);
    expectTicks(await spool.read(2, 1), 2, 2);
    expect(await spool.read(4, 1)).toEqual([]);
  });

  it('does not give what is not durable', async () => {
    const spool = await open();
    append(spool, 3);
    expect(spool.readRecent(1, 1_000_000)).toEqual([]);
    await durable(spool);
    expectTicks(spool.readRecent(1, 1_000_000) ?? [], 1, 3);
  });

  it('trims at the ack, never moves it back, and numbers on after a restart of an empty spool', async () => {
    const first = await open();
    append(first, 200);
    await durable(first);
    first.ack(150);
    first.ack(20);
    expect(first.ackedSeq).toBe(150);
    expectTicks(await readAll(first), 151, 200);
    first.ack(10_000);
    expect(first.ackedSeq).toBe(200);
    expect(first.depth.frames).toBe(0);
    await first.close();
    const spool = await open();
    expect([spool.lastSeq, spool.ackedSeq]).toEqual([200, 200]);
    expect(spool.depth).toEqual({ frames: 0, bytes: 0, ticks: 0 });
    append(spool, 1);
    expect(spool.lastSeq).toBe(201);
    await durable(spool);
    expectTicks(await readAll(spool), 201, 201);
  });

  it('books usage by the minute, which never falls when the clock jumps back', async () => {
    const spool = await open();
    append(spool, 1);
    clock.at += 120_000;
    append(spool, 1);
    clock.at -= 3_600_000;
    append(spool, 1);
    expect(await spool.usage()).toEqual([
      { stream: 'ticks', minute: START_MINUTE, counted: tickCount(1), dropped: 0 },
      { stream: 'ticks', minute: START_MINUTE + 2, counted: tickCount(2) + tickCount(3), dropped: 0 },
    ]);
    await spool.close();
    const again = await open();
    append(again, 1);
    expect((await again.usage()).at(-1)?.minute).toBe(START_MINUTE + 2);
  });

  it('drops the oldest over its budget, but nothing that may be on its way, and says so everywhere', async () => {
    const spool = await open({ budgetBytes: 400_000, memoryBytes: 0 });
    const gaps: SpoolGap[] = [];
    spool.onGap((gap) => gaps.push(gap));
    for (let i = 0; i < 10; i++) {
      append(spool, 20);
      await durable(spool);
    }
    await quiet(spool);
    const frames = await readAll(spool);
    const ticks = frames.filter(({ stream }) => stream === 'ticks');
    const dropped = gaps.reduce((sum, gap) => sum + gap.ticks, 0);
    const appended = (await spool.usage()).reduce((sum, row) => sum + row.counted, 0);
    expect(gaps.length).toBeGreaterThan(0);
    for (const gap of gaps) expect(gap).toMatchObject({ reason: 'budget', records: 0 });
    expect(ticks.reduce((sum, { count }) => sum + count, 0)).toBe(appended - dropped);
    expect((await spool.usage()).reduce((sum, row) => sum + row.dropped, 0)).toBe(dropped);
    // The window in front is whole, the hole lies behind it, the newest is there.
    const shielded = ticks.filter(({ seq }) => seq < (gaps[0]?.fromSeq ?? 0));
    expect(shielded[0]?.seq).toBe(1);
    expect(shielded.reduce((sum, { body }) => sum + body.byteLength, 0)).toBeGreaterThan(spool.window.bytes);
    for (const { seq } of ticks) expect(gaps.some(({ fromSeq, toSeq }) => seq >= fromSeq && seq <= toSeq)).toBe(false);
    const told = frames
      .filter(({ stream }) => stream === 'gap')
      .map(({ body }) => DeliveredBatch.parse(JSON.parse(Buffer.from(body).toString())));
    expect(told.map(({ records }) => records[0]?.body)).toEqual(
      gaps.map(({ fromSeq, toSeq, ticks: lost, records, reason }) => ({ fromSeq, toSeq, ticks: lost, records, reason })),
    );
    expect(told.map(({ records }) => records[0]?.seq)).toEqual(gaps.map((_, i) => i + 1));
    expect(spool.depth.bytes).toBeLessThanOrEqual(400_000);
  });

  it('remembers its holes over a restart', async () => {
    const first = await open({ budgetBytes: 200_000 });
    for (let i = 0; i < 6; i++) {
      append(first, 20);
      await durable(first);
    }
    await quiet(first);
    const before = await readAll(first);
    await first.close();
    const spool = await open({ budgetBytes: 200_000 });
    expect((await readAll(spool)).map(({ seq }) => seq)).toEqual(before.map(({ seq }) => seq));
    expect(existsSync(path())).toBe(true);
    expect(readdirSync(nodePath.dirname(path())).filter((file) => file.includes('damaged'))).toEqual([]);
  });

  it('refuses a second spool on the same file', async () => {
    await open();
    await expect(openSpool({ path: path(), budgetBytes: 1e6, clock })).rejects.toMatchObject({
      code: 'SPOOL_IN_USE',
      message: expect.stringContaining('second Tickhub'),
    });
  });

  it('refuses a folder that is a file, saying which', async () => {
    const file = nodePath.join(folder.path, 'file');
    writeFileSync(file, 'x');
    await expect(openSpool({ path: nodePath.join(file, 'spool.db'), budgetBytes: 1e6, clock })).rejects.toMatchObject({
      code: 'SPOOL_UNUSABLE',
      message: expect.stringContaining(file),
    });
  });

  it('refuses a frame that no pipe would take, and goes on', async () => {
    const spool = await open();
    expect(() => spool.appendTicks(new Uint8Array(4 * 1_048_576), 1)).toThrow(/seal smaller batches/);
    expect(spool.lastSeq).toBe(0);
    append(spool, 1);
    await durable(spool);
  });

  it('takes the largest frame there is', async () => {
    const spool = await open({ memoryBytes: 0 });
    const body = new Uint8Array(4 * 1_048_576 - 8).fill(7);
    spool.appendRecords('custom', 'feed', body, 1, 1);
    await durable(spool);
    const [frame] = await spool.read(1, 1);
    expect(Buffer.compare(frame?.body ?? new Uint8Array(), body)).toBe(0);
  });

  it('commits what is pending when it is closed, and takes nothing afterwards', async () => {
    const spool = await open();
    append(spool, 500);
    await spool.close();
    await spool.close();
    expect(() => append(spool, 1)).toThrow(/is closed/);
    await expect(spool.usage()).rejects.toMatchObject({ code: 'SPOOL_CLOSED' });
    spool.ack(3);
    expectTicks(await readAll(await open()), 1, 500);
  });

  it('gets a new epoch and keeps its frames, when its numbers are not to be trusted', async () => {
    const spool = await open({ memoryBytes: 0 });
    const { epoch } = spool;
    spool.addSymbols(SYMBOLS);
    append(spool, 40);
    await durable(spool);
    spool.ack(10);
    const renewed = spool.renew('the backend is ahead');
    append(spool, 5);
    await renewed;
    expect(spool.epoch).not.toBe(epoch);
    await durable(spool);
    expectTicks(await readAll(spool), 11, 45);
    await spool.close();
    const again = await open();
    expect(again.epoch).toBe(spool.epoch);
    expectTicks(await readAll(again), 11, 45);
    expect((await again.usage()).map(({ counted, dropped }) => [counted, dropped])).toEqual([[ticksUpTo(45), 0]]);
  });

  it('reports each minute of usage once', async () => {
    const spool = await open();
    append(spool, 3);
    expect(await spool.unreportedUsage()).toEqual([]);
    clock.at += 60_000;
    const due = await spool.unreportedUsage();
    expect(due).toMatchObject([{ stream: 'ticks', minute: START_MINUTE, counted: ticksUpTo(3) }]);
    // The clock falls back: what comes now belongs to the next minute all the same.
    clock.at -= 60_000;
    append(spool, 1);
    spool.appendUsageReport(new Uint8Array([1]), due ?? [], 1);
    await durable(spool);
    expect((await spool.usage()).map(({ minute, counted }) => [minute, counted])).toEqual([
      [START_MINUTE, ticksUpTo(3)],
      [START_MINUTE + 1, tickCount(4)],
    ]);
    await spool.close();
    clock.at += 60_000;
    expect(await (await open()).unreportedUsage()).toEqual([]);
  });
});
