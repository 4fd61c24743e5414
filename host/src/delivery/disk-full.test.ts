/** Row 8 of the reliability tests: the disk is full under the spool, then has space again. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import nodePath from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printLine, temporaryFolder, tickBody, tickCount } from './frames.fixture.ts';
import { openSpool } from './open-spool.ts';
import type { Spool, SpoolFrame, SpoolHealth } from './spool.ts';

const DISK_BYTES = 8 * 1_048_576;
const CYCLES = 5;

let folder: ReturnType<typeof temporaryFolder>;
let disk: string;
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();
if (!canMount) printLine('row 8: skipped, a small disk needs Linux and root to mount a tmpfs');

function tryMount(): boolean {
  const probe = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe.path], { stdio: 'ignore' }).status === 0;
  if (mounted) spawnSync('umount', [probe.path], { stdio: 'ignore' });
  probe.remove();
  return mounted;
}

beforeAll(() => {
  folder = temporaryFolder();
  disk = nodePath.join(folder.path, 'disk');
  mkdirSync(disk);
  if (canMount) spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
});
afterAll(() => {
  if (canMount) spawnSync('umount', ['-l', disk]);
  folder.remove();
});

/** Takes all space that is left. */
function fillDisk(): void {
  const file = openSync(nodePath.join(disk, 'others'), 'a');
  try {
    for (const piece of [65_536, 4_096, 1]) {
      const bytes = new Uint8Array(piece);
      while (writeSync(file, bytes) === piece);
    }
  } catch {
    // Full.
  } finally {
    closeSync(file);
  }
}

function append(spool: Spool): void {
  const seq = spool.lastSeq + 1;
  spool.appendTicks(tickBody(seq), tickCount(seq));
}

function untilHealth(spool: Spool, state: SpoolHealth['state']): Promise<void> {
  if (spool.health.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = spool.onHealth((health) => {
      if (health.state !== state) return;
      stop();
      resolve();
    });
  });
}

function untilDurable(spool: Spool, seq: number): Promise<void> {
  if (spool.durableSeq >= seq) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = spool.onDurable((at) => {
      if (at < seq) return;
      stop();
      resolve();
    });
  });
}

/** Appends until the disk refuses, with at most a few frames pending, as a host does that stops reading its sources. */
async function appendUntilFull(spool: Spool): Promise<void> {
  while (spool.health.state === 'ok') {
    for (let i = 0; i < 20; i++) append(spool);
    await Promise.race([untilDurable(spool, spool.lastSeq), untilHealth(spool, 'stalled')]);
  }
}

async function readAll(spool: Spool): Promise<SpoolFrame[]> {
  const all: SpoolFrame[] = [];
  for (let at = spool.ackedSeq + 1; ;) {
    const frames = await spool.read(at, 500_000);
    const last = frames.at(-1);
    if (last === undefined) return all;
    all.push(...frames);
    at = last.seq + 1;
  }
}

function expectAll(frames: readonly SpoolFrame[], from: number, to: number): void {
  expect(frames.map(({ seq }) => seq)).toEqual(Array.from({ length: to - from + 1 }, (_, i) => from + i));
  for (const { seq, body } of frames) expect(Buffer.compare(body, tickBody(seq))).toBe(0);
}

describe.skipIf(!canMount)('on a full disk', () => {
  const path = (): string => nodePath.join(disk, 'spool.db');
  const open = (): Promise<Spool> => openSpool({ path: path(), budgetBytes: 1e9, clock: { now: Date.now }, memoryBytes: 0 });
  const freeDisk = (): void => rmSync(nodePath.join(disk, 'others'), { force: true });
  const clear = (): void => {
    for (const file of readdirSync(disk)) rmSync(nodePath.join(disk, file), { force: true });
  };

  it(`stalls, says why, and goes on by itself when there is space, ${CYCLES} times`, async () => {
    clear();
    const spool = await open();
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      fillDisk();
      await appendUntilFull(spool);
      expect(spool.health).toMatchObject({ state: 'stalled', reason: expect.stringContaining('the disk is full') });
      const { durableSeq } = spool;
      expect(spool.lastSeq).toBeGreaterThan(durableSeq);
      expectAll(await readAll(spool), spool.ackedSeq + 1, durableSeq);
      freeDisk();
      await untilHealth(spool, 'ok');
      await untilDurable(spool, spool.lastSeq);
      expectAll(await readAll(spool), spool.ackedSeq + 1, spool.lastSeq);
      spool.ack(spool.lastSeq - 5);
    }
    const { lastSeq } = spool;
    await spool.close();
    const again = await open();
    expectAll(await readAll(again), again.ackedSeq + 1, lastSeq);
    await again.close();
    printLine(`row 8: ${CYCLES} times full, ${lastSeq} frames, 0 lost`);
  });

  it('answers how much is used, also when the disk turns out full right then', async () => {
    clear();
    const spool = await open();
    fillDisk();
    let usage = spool.usage();
    while (spool.health.state === 'ok') {
      for (let i = 0; i < 20; i++) append(spool);
      usage = spool.usage();
      await Promise.race([untilDurable(spool, spool.lastSeq), untilHealth(spool, 'stalled')]);
    }
    const durable = Array.from({ length: spool.durableSeq }, (_, i) => tickCount(i + 1)).reduce((sum, ticks) => sum + ticks, 0);
    const counted = (await usage).reduce((sum, row) => sum + row.counted, 0);
    expect(counted).toBe(durable);
    freeDisk();
    await spool.close();
  });

  it('trims what is acknowledged although not a byte is free, and uses the room for what waits', async () => {
    clear();
    const spool = await open();
    // The spool itself fills the disk, others take what it gives back.
    await appendUntilFull(spool);
    fillDisk();
    const { durableSeq, lastSeq } = spool;
    expect(lastSeq).toBeGreaterThan(durableSeq);
    spool.ack(durableSeq - 10);
    await untilDurable(spool, lastSeq);
    expectAll(await readAll(spool), durableSeq - 9, lastSeq);
    await untilHealth(spool, 'ok');
    // And on: as long as acks come, ticks go.
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 10; i++) append(spool);
      await untilDurable(spool, spool.lastSeq);
      spool.ack(spool.lastSeq - 3);
    }
    await spool.close();
    freeDisk();
  });

  it('trims also when what it wrote last was large, wherever in it the disk was full, and others took what the reserve gave back', async () => {
    for (let taken = 0; taken < 2 * 1_048_576; taken += 262_144) {
      clear();
      writeFileSync(nodePath.join(disk, 'before'), new Uint8Array(taken));
      const spool = await open();
      while (spool.health.state === 'ok') {
        for (let i = 0; i < 24; i++) spool.appendTicks(tickBody(spool.lastSeq + 1, 2_000), 2_000);
        await Promise.race([untilDurable(spool, spool.lastSeq), untilHealth(spool, 'stalled')]);
      }
      fillDisk();
      const { durableSeq, lastSeq } = spool;
      expect(lastSeq).toBeGreaterThan(durableSeq);
      spool.ack(durableSeq - 1);
      await untilDurable(spool, lastSeq);
      await untilHealth(spool, 'ok');
      await spool.close();
    }
  });

  it('opens again on a disk that is full, with everything it had reported durable', async () => {
    clear();
    const spool = await open();
    await appendUntilFull(spool);
    fillDisk();
    const { durableSeq, ackedSeq, lastSeq } = spool;
    await expect(spool.close()).rejects.toMatchObject({
      code: 'SPOOL_UNWRITTEN',
      message: expect.stringContaining(`${lastSeq - durableSeq} frames`),
    });
    const again = await open();
    expect(again.lastSeq).toBe(durableSeq);
    expectAll(await readAll(again), ackedSeq + 1, durableSeq);
    freeDisk();
    append(again);
    await untilDurable(again, durableSeq + 1);
    await again.close();
  });

  it('says why a new spool cannot be made', async () => {
    clear();
    fillDisk();
    await expect(open()).rejects.toMatchObject({ code: 'SPOOL_UNUSABLE', message: expect.stringMatching(/Free some space/) });
    freeDisk();
  });
});
