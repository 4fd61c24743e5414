/**
 * Row 9 of the reliability tests: whatever happens to the file, opening ends in a working spool, every frame whose pages are untouched is delivered, the
 * damage is named in one loss, and nothing wrong is ever given out.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import nodePath from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packedBytes, unpackFrames } from '../frame-pack.ts';
import type { PackedFrame } from '../frame-pack.ts';
import { HEAD_BYTES, writeHead } from '../frame-head.ts';
import { printLine, SYMBOLS, temporaryFolder, tickBody, tickCount, ticksUpTo } from '../frames.fixture.ts';
import type { WorkerOptions } from '../worker-messages.ts';
import type { FrameStore, StoredFrame } from './frame-store.ts';
import { openStore } from './open-store.ts';
import { DamageError } from './sqlite-failure.ts';

const MUTATIONS = 500;
const SEED = Number(process.env['TICKHUB_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const FRAMES = 120;
const ACKED = 20;
const PAGE = 4_096;

let folder: ReturnType<typeof temporaryFolder>;
/** A spool that was closed, and one whose host was killed, with its log. */
const closed = (): string => nodePath.join(folder.path, 'closed', 'spool.db');
const killed = (): string => nodePath.join(folder.path, 'killed', 'spool.db');

function open(path: string): FrameStore {
  const options: WorkerOptions = { path, budgetBytes: 1e9, shieldBytes: 1e6, shieldFrames: 1_000 };
  return openStore(options, () => performance.now());
}

function tickFrames(from: number, to: number): PackedFrame[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const seq = from + i;
    const body = tickBody(seq);
    const packed = new Uint8Array(packedBytes(body.byteLength));
    writeHead(packed, 0, {
      seq,
      stream: 'ticks',
      count: tickCount(seq),
      bytes: body.byteLength,
      minute: 100 + (seq >> 6),
      ticksBefore: ticksUpTo(seq - 1),
    });
    packed.set(body, HEAD_BYTES);
    return unpackFrames(packed.buffer)[0] as PackedFrame;
  });
}

/** Ticks, names, trims and a checkpoint in the middle, so that file and log both hold frames. */
function fill(store: FrameStore): void {
  store.commit(tickFrames(1, 10), [{ symbols: [SYMBOLS] }]);
  for (let seq = 11; seq <= FRAMES; seq += 5) {
    store.commit(tickFrames(seq, Math.min(seq + 4, FRAMES)), []);
    if (seq === 61) {
      store.ack({ seq: ACKED, delivered: ACKED });
      store.commit([], []);
      store.checkpoint();
    }
  }
}

beforeAll(() => {
  folder = temporaryFolder(true);
  const store = open(closed());
  fill(store);
  cpSync(nodePath.dirname(closed()), nodePath.dirname(killed()), { recursive: true });
  store.database.close();
});
afterAll(() => folder.remove());

/** A small deterministic generator (mulberry32), so that a seed repeats a run. */
function random(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (at + 0x6d2b79f5) | 0;
    let t = Math.imul(at ^ (at >>> 15), 1 | at);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** What a frame of the sound file touches: pages of the file or offsets in the log cannot be told apart from outside, so frames are found by content. */
function expectRight(frames: readonly StoredFrame[]): Set<number> {
  const seqs = new Set<number>();
  let last = 0;
  for (const { fields, body } of frames) {
    expect(fields.seq).toBeGreaterThan(last);
    last = fields.seq;
    expect(fields.seq).toBeLessThanOrEqual(FRAMES);
    expect(Buffer.compare(body, tickBody(fields.seq))).toBe(0);
    seqs.add(fields.seq);
  }
  return seqs;
}

/** Opens, reads everything as a host would, with a salvage in the middle when the damage shows only then. */
function openAndReadAll(path: string): { store: FrameStore; frames: StoredFrame[] } {
  const store = open(path);
  try {
    return { store, frames: [...store.walk(0)] };
  } catch (error) {
    store.database.close();
    throw error;
  }
}

const asideIn = (path: string): string[] =>
  readdirSync(nodePath.dirname(path)).filter((file) => file.includes('.damaged-') && file.endsWith('.db'));

function usageOf(store: FrameStore): { counted: number; dropped: number } {
  let counted = 0;
  let dropped = 0;
  for (const row of store.state.usage()) {
    counted += row.counted;
    dropped += row.dropped;
  }
  return { counted, dropped };
}

describe('a damaged spool', () => {
  it(`opens after each of ${MUTATIONS} random mutations, with every frame that is intact (seed ${SEED})`, { timeout: 60_000 }, () => {
    const below = random(SEED);
    const work = nodePath.join(folder.path, 'work');
    const outcome = { sound: 0, earlier: 0, salvaged: 0, framesLost: 0, newEpochs: 0 };
    const epoch = soundEpoch();
    for (let run = 0; run < MUTATIONS; run++) {
      rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      mkdirSync(work);
      const source = below(2) === 0 ? closed() : killed();
      const path = nodePath.join(work, 'spool.db');
      const files = [path, `${path}-wal`].filter((file) => existsSync(file.replace(path, source)));
      for (const file of files) copyFileSync(file.replace(path, source), file);
      const target = files[below(files.length)] as string;
      const { what, pages } = mutate(target, below);
      const label = `seed ${SEED}, run ${run}: ${what} of ${nodePath.basename(target)} (${nodePath.basename(nodePath.dirname(source))})`;
      let result: ReturnType<typeof openAndReadAll>;
      try {
        result = openAndReadAll(path);
      } catch (error) {
        throw new Error(label, { cause: error });
      }
      const { store, frames } = result;
      const seqs = expectRight(frames);
      const expected = FRAMES - ACKED;
      // Frames that were acknowledged before may come again where the note of it is gone; the backend has them.
      const unacked = [...seqs].filter((seq) => seq > ACKED).length;
      const lost = expected - unacked;
      // A page holds parts of a few frames at most.
      expect(lost, label).toBeLessThanOrEqual(pages * 40);
      outcome.framesLost += lost;
      if (asideIn(path).length > 0) {
        outcome.salvaged++;
        expect(store.state.losses(), label).toHaveLength(1);
        if (store.state.meta.epoch === epoch) expect(store.state.meta.lastSeq, label).toBeGreaterThanOrEqual(FRAMES);
        else outcome.newEpochs++;
      } else {
        outcome.sound++;
        // A log that ends early looks like an earlier moment: then all of the spool is of that moment, its cursors, too, and sources send again.
        const isLog = target.endsWith('-wal');
        expect(store.state.meta.lastSeq, label).toBe(isLog ? Math.max(0, ...seqs) : FRAMES);
        expect(usageOf(store).counted, label).toBe(ticksUpTo(store.state.meta.lastSeq));
        if (lost > 0) outcome.earlier++;
        expect(store.state.meta.epoch).toBe(epoch);
      }
      // It works: what comes next is numbered, kept and read.
      appendNext(store);
      const last = [...store.walk(0)].at(-1);
      expect(last?.fields.seq, label).toBe(store.state.meta.lastSeq);
      store.database.close();
    }
    printLine(`row 9: seed ${SEED}, ${MUTATIONS} mutations, ${JSON.stringify(outcome)}`);
    expect(outcome.salvaged).toBeGreaterThan(MUTATIONS / 10);
  });

  function soundEpoch(): string {
    const path = nodePath.join(folder.path, 'epoch', 'spool.db');
    cpSync(nodePath.dirname(closed()), nodePath.dirname(path), { recursive: true });
    const store = open(path);
    const { epoch } = store.state.meta;
    store.database.close();
    return epoch;
  }

  function appendNext(store: FrameStore): void {
    const body = tickBody(7);
    const packed = new Uint8Array(packedBytes(body.byteLength));
    const { lastSeq, ticks } = store.state.meta;
    writeHead(packed, 0, {
      seq: lastSeq + 1,
      stream: 'ticks',
      count: tickCount(7),
      bytes: body.byteLength,
      minute: 200,
      ticksBefore: ticks,
    });
    packed.set(body, HEAD_BYTES);
    store.commit(unpackFrames(packed.buffer), [{ symbols: [SYMBOLS] }]);
  }

  function mutate(file: string, below: (n: number) => number): { what: string; pages: number } {
    const bytes = readFileSync(file);
    const at = below(bytes.byteLength);
    switch (below(6)) {
      case 0: {
        const page = at - (at % PAGE);
        bytes.fill(0, page, Math.min(page + PAGE, bytes.byteLength));
        writeFileSync(file, bytes);
        // A page of a log is not where a page of the file is: two are hit.
        return { what: `zeros at ${page}`, pages: 2 };
      }
      case 1:
        truncateSync(file, at);
        return { what: `truncation to ${at}`, pages: Infinity };
      case 2: {
        for (let i = 0; i < 64 && at + i < bytes.byteLength; i++) bytes[at + i] = below(256);
        writeFileSync(file, bytes);
        return { what: `64 random bytes at ${at}`, pages: 2 };
      }
      default:
        bytes[at] = (bytes[at] as number) ^ (1 << below(8));
        writeFileSync(file, bytes);
        return { what: `bit flip at ${at}`, pages: 1 };
    }
  }

  function copyOfClosed(name: string): string {
    const path = nodePath.join(folder.path, name, 'spool.db');
    cpSync(nodePath.dirname(closed()), nodePath.dirname(path), { recursive: true });
    return path;
  }

  it('loses only the frame whose body was hit, and bills for what is left', () => {
    const path = copyOfClosed('body');
    const bytes = readFileSync(path);
    const body = Buffer.from(tickBody(77).subarray(32, 200));
    const at = bytes.indexOf(body);
    expect(at).toBeGreaterThan(0);
    bytes[at + 50] = (bytes[at + 50] as number) ^ 1;
    writeFileSync(path, bytes);
    const { store, frames } = openAndReadAll(path);
    expect(frames.map(({ fields }) => fields.seq)).toEqual(
      Array.from({ length: FRAMES - ACKED }, (_, i) => ACKED + 1 + i).filter((seq) => seq !== 77),
    );
    expect(store.state.losses()).toMatchObject([
      { fromSeq: 77, toSeq: 77, ticks: tickCount(77), reason: 'corrupt', detail: expect.stringContaining('checksum') },
    ]);
    expect(usageOf(store)).toEqual({ counted: ticksUpTo(FRAMES), dropped: tickCount(77) });
    expect(store.state.cursors()).toHaveLength(3);
    expect(store.state.symbols()).toEqual(SYMBOLS);
    store.database.close();
  });

  it('never gives a seq out twice after a salvage', () => {
    const path = copyOfClosed('numbers');
    truncateSync(path, 200_000);
    const { store } = openAndReadAll(path);
    if (store.state.meta.epoch === soundEpoch()) expect(store.state.meta.lastSeq).toBeGreaterThan(FRAMES);
    appendNext(store);
    store.database.close();
  });

  it('finds frames behind a damage in the log, which SQLite drops in silence', () => {
    const path = nodePath.join(folder.path, 'log', 'spool.db');
    cpSync(nodePath.dirname(killed()), nodePath.dirname(path), { recursive: true });
    const log = readFileSync(`${path}-wal`);
    log[32 + 24 + 100] = (log[32 + 24 + 100] as number) ^ 8;
    writeFileSync(`${path}-wal`, log);
    const { store, frames } = openAndReadAll(path);
    expect(frames.at(-1)?.fields.seq).toBe(FRAMES);
    expect(store.state.losses()).toHaveLength(1);
    store.database.close();
  });

  it.each([
    ['an empty file', (path: string) => writeFileSync(path, '')],
    ['a text file', (path: string) => writeFileSync(path, 'hello\n'.repeat(5_000))],
    ['another program’s database', (path: string) => foreign(path)],
    ['only its log', (path: string) => writeFileSync(`${path}-wal`, readFileSync(`${killed()}-wal`))],
  ])('starts anew from %s, and keeps it', (name, make) => {
    const path = nodePath.join(folder.path, `foreign ${name}`, 'spool.db');
    mkdirSync(nodePath.dirname(path), { recursive: true });
    make(path);
    const { store } = openAndReadAll(path);
    expect(store.state.losses()).toMatchObject([{ reason: 'corrupt' }]);
    expect(readdirSync(nodePath.dirname(path)).some((file) => file.includes('.damaged-'))).toBe(true);
    appendNext(store);
    store.database.close();
    openAndReadAll(path).store.database.close();
  });

  function foreign(path: string): void {
    const db = new DatabaseSync(path);
    db.exec(
      'CREATE TABLE frames(seq INTEGER PRIMARY KEY, head BLOB, body BLOB); CREATE TABLE state(id, data); CREATE TABLE state_copy(id, data)',
    );
    db.close();
  }

  it('sets a newer format aside, and takes over what it can read', () => {
    const path = copyOfClosed('newer');
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 2');
    db.close();
    const { store, frames } = openAndReadAll(path);
    expect(frames).toHaveLength(FRAMES - ACKED);
    expect(store.state.losses()).toMatchObject([{ ticks: 0, detail: 'the file has format 2, this build reads 1' }]);
    store.database.close();
  });

  it('withholds ticks whose symbol has lost its name, and takes a new epoch', () => {
    const path = copyOfClosed('names');
    const db = new DatabaseSync(path);
    for (const table of ['state', 'state_copy']) db.exec(`DELETE FROM ${table} WHERE CAST(data AS TEXT) LIKE '%"symbol/2"%'`);
    db.close();
    const { store, frames } = openAndReadAll(path);
    expect(store.state.meta.epoch).not.toBe(soundEpoch());
    expect(frames.map(({ fields }) => fields.seq)).toEqual(
      Array.from({ length: FRAMES - ACKED }, (_, i) => ACKED + 1 + i).filter((seq) => 1 + (seq % 3) !== 2),
    );
    store.database.close();
  });

  it('forgets a cursor that is damaged, or finds it in the frames', () => {
    const path = copyOfClosed('cursor');
    const db = new DatabaseSync(path);
    db.exec(`UPDATE state SET data = CAST(replace(data, 'cursor/1', 'cursor/9') AS BLOB) WHERE CAST(data AS TEXT) LIKE '%"cursor/1"%'`);
    db.close();
    const { store, frames } = openAndReadAll(path);
    expect(frames).toHaveLength(FRAMES - ACKED);
    expect(store.state.cursors().every(({ symbolId }) => symbolId <= 3)).toBe(true);
    store.database.close();
  });

  it('sees at reading what a large file hides at opening', () => {
    const path = copyOfClosed('reading');
    const store = open(path);
    const writer = store.database;
    expect(() => {
      writer.remove.run(60);
      return [...store.walk(0)];
    }).toThrow(DamageError);
    writer.close();
  });

  it('keeps no more than five damaged files', () => {
    const path = nodePath.join(folder.path, 'many', 'spool.db');
    mkdirSync(nodePath.dirname(path), { recursive: true });
    for (let i = 0; i < 8; i++) {
      writeFileSync(path, `rubbish ${i}`);
      open(path).database.close();
    }
    expect(asideIn(path)).toHaveLength(5);
  });

  it('finishes a salvage that was cut off before the new file took its place', () => {
    const path = copyOfClosed('cut');
    copyFileSync(path, `${path}-salvage`);
    writeFileSync(path, 'damaged');
    const { store, frames } = openAndReadAll(path);
    expect(frames).toHaveLength(FRAMES - ACKED);
    expect(asideIn(path)).toHaveLength(1);
    expect(store.state.losses()).toEqual([]);
    store.database.close();
  });

  it('throws an unfinished salvage away', () => {
    const path = copyOfClosed('unfinished');
    writeFileSync(`${path}-salvage`, Buffer.alloc(5_000));
    const { store, frames } = openAndReadAll(path);
    expect(frames).toHaveLength(FRAMES - ACKED);
    expect(existsSync(`${path}-salvage`)).toBe(false);
    expect(asideIn(path)).toEqual([]);
    store.database.close();
  });
});
