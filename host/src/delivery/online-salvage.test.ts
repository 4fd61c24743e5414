import { closeSync, copyFileSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import nodePath from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DurableSpool } from './durable-spool.ts';
import { SYMBOLS, temporaryFolder, tickBody } from './frames.fixture.ts';
import { inspectSpool, dumpSpool } from './inspect.ts';
import { openSpool } from './open-spool.ts';
import { NEW_SPOOL } from './opening.fixture.ts';
import type { Spool, SpoolGap } from './spool.ts';
import { PAGE_BYTES } from './store/database.ts';

const FRAMES = 1_200;
const TICKS = 400;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

const path = (): string => nodePath.join(folder.path, 'spool.db');
const open = (): Promise<Spool> => openSpool({ path: path(), budgetBytes: 1e9, clock: { now: Date.now }, memoryBytes: 0 });

async function fill(spool: Spool): Promise<void> {
  spool.addSymbols(SYMBOLS);
  for (let seq = 1; seq <= FRAMES; seq++) spool.appendTicks(tickBody(seq, TICKS), TICKS);
  await spool.usage();
}

/** Flips a bit in the body of frame `seq`, within the file. */
function damage(seq: number): void {
  const at = readFileSync(path()).indexOf(Buffer.from(tickBody(seq, TICKS).subarray(32, 400)));
  expect(at).toBeGreaterThan(0);
  const file = openSync(path(), 'r+');
  writeSync(file, Buffer.from([0xff, 0xff, 0xff]), 0, 3, at + 100);
  closeSync(file);
}

async function seqsOf(spool: Spool): Promise<number[]> {
  const seqs: number[] = [];
  for (let at = spool.ackedSeq + 1; ;) {
    const frames = await spool.read(at, 1e6);
    const last = frames.at(-1);
    if (last === undefined) return seqs;
    for (const { seq, stream, body } of frames) {
      if (stream === 'ticks') expect(Buffer.compare(body, tickBody(seq, TICKS))).toBe(0);
      seqs.push(seq);
    }
    at = last.seq + 1;
  }
}

describe('a spool whose file is damaged while it is open', () => {
  it('is salvaged at the read that finds it, and goes on, with one gap', { timeout: 30_000 }, async () => {
    const spool = await open();
    await fill(spool);
    const gaps: SpoolGap[] = [];
    spool.onGap((gap) => gaps.push(gap));
    spool.ack(100);
    damage(300);
    const seqs = await seqsOf(spool);
    expect(gaps).toMatchObject([
      { fromSeq: 300, toSeq: 300, ticks: TICKS, reason: 'corrupt', detail: expect.stringContaining('frame 300') },
    ]);
    expect(spool.lastSeq).toBe(FRAMES + 1);
    // The record of the gap comes after what was there.
    expect(seqs.filter((seq) => seq <= FRAMES)).toEqual(
      Array.from({ length: FRAMES - 100 }, (_, i) => 101 + i).filter((seq) => seq !== 300),
    );
    expect((await spool.usage()).map(({ counted, dropped }) => [counted, dropped])).toEqual([[FRAMES * TICKS, TICKS]]);
    spool.appendTicks(tickBody(FRAMES + 2, TICKS), TICKS);
    await spool.close();
    const again = await open();
    expect((await seqsOf(again)).slice(-2)).toEqual([FRAMES + 1, FRAMES + 2]);
    expect(again.epoch).toBe(spool.epoch);
    await again.close();
    expect(readdirSync(folder.path).filter((file) => file.includes('.damaged-') && file.endsWith('.db'))).toHaveLength(1);
  });

  it('tells of a gap that was found at opening', { timeout: 30_000 }, async () => {
    const spool = await open();
    await fill(spool);
    await spool.close();
    damage(300);
    expect(inspectSpool(path())).toMatchObject({ isSound: false, missing: [{ from: 300, to: 300 }], frames: FRAMES - 1 });
    const again = await open();
    const gap = await new Promise((resolve) => again.onGap(resolve));
    expect(gap).toMatchObject({ fromSeq: 300, toSeq: 300, ticks: TICKS });
    const told = (await seqsOf(again)).at(-1) ?? 0;
    const [record] = await again.read(told, 1e6);
    expect(record?.stream).toBe('gap');
    await again.close();
    // Told once.
    const third = await open();
    expect(third.lastSeq).toBe(told);
    await third.close();
  });
});

describe('inspecting', () => {
  it('says what is in a spool without touching it, also while a host has it', { timeout: 30_000 }, async () => {
    const spool = await open();
    await fill(spool);
    const summary = inspectSpool(path());
    expect(summary).toMatchObject({
      isSound: true,
      missing: [],
      epoch: spool.epoch,
      frames: FRAMES,
      lastSeq: FRAMES,
      ackedSeq: 0,
      ticks: FRAMES * TICKS,
      byStream: { ticks: FRAMES },
      sources: 1,
      symbols: 3,
    });
    expect(summary.usage.reduce((sum, { counted }) => sum + counted, 0)).toBe(FRAMES * TICKS);
    await spool.close();
    const before = readFileSync(path());
    const seqs: number[] = [];
    dumpSpool(path(), ({ fields, body }) => {
      seqs.push(fields.seq);
      expect(Buffer.compare(body, tickBody(fields.seq, TICKS))).toBe(0);
    });
    expect(seqs).toEqual(Array.from({ length: FRAMES }, (_, i) => i + 1));
    expect(Buffer.compare(readFileSync(path()), before)).toBe(0);
  });

  it('does not take what a kill cut off before its commit for a damage', { timeout: 30_000 }, async () => {
    const spool = await open();
    spool.addSymbols(SYMBOLS);
    for (let seq = 1; seq <= 10; seq++) spool.appendTicks(tickBody(seq, TICKS), TICKS);
    await spool.usage();
    for (let seq = 11; seq <= 90; seq++) spool.appendTicks(tickBody(seq, TICKS), TICKS);
    await spool.usage();
    const cut = nodePath.join(folder.path, 'cut.db');
    copyFileSync(path(), cut);
    copyFileSync(`${path()}-wal`, `${cut}-wal`);
    await spool.close();
    // The last page of the log is the one that commits.
    truncateSync(`${cut}-wal`, statSync(`${cut}-wal`).size - PAGE_BYTES - 24);
    const summary = inspectSpool(cut);
    expect(summary).toMatchObject({ isSound: true, missing: [] });
    const again = await openSpool({ path: cut, budgetBytes: 1e9, clock: { now: Date.now } });
    expect(summary).toMatchObject({ lastSeq: again.lastSeq, frames: again.depth.frames });
    await again.close();
  });

  it('refuses a file that is not there', () => {
    expect(() => inspectSpool(path())).toThrow(/ENOENT/);
  });
});

describe('the spool’s thread', () => {
  it('is missed when it dies: what waits is rejected, and the reason is told', async () => {
    const worker = new Worker('setTimeout(() => { throw new Error("out of luck") }, 50)', { eval: true });
    const opening = { ...NEW_SPOOL, lastSeq: 4, depth: { frames: 4, bytes: 4, ticks: 4 } };
    const spool = new DurableSpool(worker, opening, {
      path: 'spool.db',
      clock: { now: Date.now },
      memoryBytes: 0,
      window: { frames: 1, bytes: 1 },
    });
    const failure = new Promise((resolve) => spool.onFailure(resolve));
    await expect(spool.read(1, 1)).rejects.toMatchObject({ code: 'SPOOL_WORKER', message: expect.stringContaining('out of luck') });
    expect(await failure).toMatchObject({ code: 'SPOOL_WORKER', message: expect.stringContaining('start Tickhub again') });
    expect(spool.health).toMatchObject({ state: 'stalled' });
    expect(() => spool.appendTicks(new Uint8Array(1), 1)).toThrow(/out of luck/);
    await spool.close();
  });
});
