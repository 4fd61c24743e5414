import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordTicks, TICK_BYTES } from './record.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'tickhub-record-'));
});
afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

const CSV =
  'time_msc,bid,ask\n1398902400292,1.38676,1.38686\n1398902400292,1.38676,1.38687\n1398902402870,1.38675,\n1398902402870,1.38675,1.38687\n';

async function record(name: string, bytes: string | Buffer, options: Partial<Parameters<typeof recordTicks>[2]> = {}) {
  const input = path.join(dir, name);
  const out = path.join(dir, `${name}.raw`);
  await writeFile(input, bytes);
  const recording = await recordTicks(input, out, { symbolDigits: 5, ...options });
  return { recording, ticks: decode(await readFile(out)) };
}

function decode(raw: Buffer): { time: number; msc: number; bid: number; ask: number; flags: number }[] {
  return Array.from({ length: raw.length / TICK_BYTES }, (_, i) => {
    const at = i * TICK_BYTES;
    return {
      time: Number(raw.readBigInt64LE(at)),
      msc: Number(raw.readBigInt64LE(at + 40)),
      bid: raw.readDoubleLE(at + 8),
      ask: raw.readDoubleLE(at + 16),
      flags: raw.readUInt32LE(at + 48),
    };
  });
}

test('prices, times and the flags of what changed', async () => {
  const { recording, ticks } = await record('a.csv', CSV);
  expect(recording).toEqual({ ticks: 4, firstMsc: 1398902400292, lastMsc: 1398902402870, lastSame: 2 });
  expect(ticks.map((t) => [t.time, t.msc, t.bid, t.ask, t.flags])).toEqual([
    [1398902400, 1398902400292, 1.38676, 1.38686, 6],
    [1398902400, 1398902400292, 1.38676, 1.38687, 4],
    [1398902402, 1398902402870, 1.38675, 1.38687, 2],
    [1398902402, 1398902402870, 1.38675, 1.38687, 6],
  ]);
});

test('zstd and gzip hold the same ticks as plain text', async () => {
  const plain = await record('b.csv', CSV);
  expect((await record('b.csv.zst', zstdCompressSync(CSV))).ticks).toEqual(plain.ticks);
  expect((await record('b.csv.gz', gzipSync(CSV))).ticks).toEqual(plain.ticks);
});

test('the broker offset moves both times', async () => {
  const { ticks } = await record('c.csv', CSV, { brokerOffsetMinutes: 180 });
  expect(ticks[0]).toMatchObject({ time: 1398902400 + 10_800, msc: 1398902400292 + 10_800_000 });
});

test('skip, limit and repeat: times keep rising by whole days', async () => {
  const { recording, ticks } = await record('d.csv', CSV, { skip: 1, limit: 2, repeat: 3 });
  const day = 86_400_000;
  expect(recording).toEqual({ ticks: 6, firstMsc: 1398902400292, lastMsc: 1398902402870 + 2 * day, lastSame: 1 });
  expect(ticks.map((t) => t.msc)).toEqual([0, 1, 2].flatMap((k) => [1398902400292 + k * day, 1398902402870 + k * day]));
  expect(ticks.map((t) => t.time)).toEqual(ticks.map((t) => Math.floor(t.msc / 1000)));
});

describe('what cannot be read is said with file and line', () => {
  test.each([
    ['a price that is no number', 'time_msc,bid,ask\n1,1.1,1.2\n2,x,1.2\n', /line 3: bid is "x"/],
    ['a time that is none', 'time_msc,bid,ask\n1.5,1.1,1.2\n', /line 2: time_msc is "1.5"/],
    ['time going back', 'time_msc,bid,ask\n5,1.1,1.2\n4,1.1,1.2\n', /line 3: time goes back from 5 to 4/],
    ['a header without the columns', 'when,bid,ask\n', /needs the columns time_msc, bid and ask/],
    ['an empty file', '', /no ticks to record/],
  ])('%s', async (_, csv, message) => {
    await expect(record('bad.csv', csv)).rejects.toThrow(message);
  });

  test('a damaged archive', async () => {
    await expect(record('bad.csv.zst', Buffer.from('not zstd at all'))).rejects.toThrow();
  });

  test('a file that is not there', async () => {
    await expect(recordTicks(path.join(dir, 'none.csv'), path.join(dir, 'none.raw'), { symbolDigits: 5 })).rejects.toThrow(/none\.csv/);
  });
});
