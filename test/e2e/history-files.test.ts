/** Files into history and out of it by the command, with a host that runs and without one. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const HEADER = '<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\r\n';
const EXPORT = `${HEADER}2026.03.27\t23:59:59.900\t1.10001\t1.10011\t\t\t6\r\n2026.03.30\t00:00:00.100\t1.10002\t\t\t\t2\r\n2026.03.30\t00:00:00.100\t\t1.10012\t\t\t4\r\n`;

let dir: string;
let data: string;
let file: string;
let host: HostProcess | null;

beforeEach(async () => {
  host = null;
  dir = await scratchDir('history-files');
  data = path.join(dir, 'data');
  file = path.join(dir, 'EURUSD_202603270000_202603302359.csv');
  await writeFile(file, EXPORT);
});
afterEach(async () => {
  if (host?.running) await host.stop();
  await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

const imported = (...more: string[]) => tickhub(['history', 'import', file, '--zone', 'EET-EU', '--data', data, ...more]);

it('without a host: in, once, and out byte for byte', { timeout: 60_000 }, async () => {
  const first = await imported();
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toContain('3 ticks of EURUSD (source file), 2026-03-27 21:59:59 to 2026-03-29 21:00:00 UTC');
  expect(first.out).toContain('byte for byte');
  expect(JSON.parse((await imported('--json')).out)).toMatchObject({ added: 0, duplicate: 3, exact: true });
  const out = path.join(dir, 'out.csv');
  expect(await tickhub(['history', 'export', 'EURUSD', '--mt5', '--out', out, '--data', data])).toMatchObject({ code: 0 });
  expect(await readFile(out, 'utf8')).toBe(EXPORT);
  const csv = await tickhub(['history', 'export', 'EURUSD', '--csv', '--from', '2026-03-29', '--data', data]);
  expect(csv.out.split('\n')).toEqual([
    'time_msc,bid,ask,last,volume,flags',
    `${Date.parse('2026-03-29T21:00:00.100Z')},1.10002,1.10011,0,0,2`,
    `${Date.parse('2026-03-29T21:00:00.100Z')},1.10002,1.10012,0,0,4`,
    '',
  ]);
});

it('through a host that runs: the same', { timeout: 120_000 }, async () => {
  host = HostProcess.start({ dataDir: data, set: ['plugins.mt5.port=0', 'embeddedBackend.tier=enterprise'] });
  await host.ready(60_000);
  expect((await imported()).out).toContain('3 new, 0 already there');
  expect((await imported()).out).toContain('0 new, 3 already there');
  const { out, err } = await tickhub(['history', 'export', 'EURUSD', '--mt5', '--data', data]);
  expect(out).toBe(EXPORT);
  expect(err).toContain('EURUSD_202603270000_202603302359.csv byte for byte');
  const none = await tickhub(['history', 'export', 'GBPUSD', '--data', data]);
  expect(none.code).toBe(1);
  expect(none.err).toContain('GBPUSD');
  await host.stop();
  // What the host took is there without it.
  expect((await tickhub(['history', 'export', 'EURUSD', '--data', data])).out).toBe(EXPORT);
});

it('says what it cannot do', { timeout: 60_000 }, async () => {
  expect(await tickhub(['history', 'export', 'EURUSD', '--data', data])).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no history yet'),
  });
  expect(await tickhub(['history', 'import', '--data', data])).toMatchObject({ code: 2, err: expect.stringContaining('Name the files') });
  expect(await tickhub(['history', 'import', file, '--zone', 'Europe/Athen', '--data', data])).toMatchObject({
    code: 2,
    err: expect.stringContaining('EET-US'),
  });
  const bad = path.join(dir, 'GBPUSD.csv');
  await writeFile(bad, `${HEADER}nonsense\r\n2026.03.27\t23:59:59.900\t1.10001\t1.10011\t\t\t6\r\n`);
  const mixed = await tickhub(['history', 'import', path.join(dir, 'none.csv'), bad, '--data', data]);
  expect(mixed.code).toBe(1);
  expect(mixed.out).toContain('none.csv: there is no such file');
  expect(mixed.out).toContain(`${bad}:2: the date is not a date like 2026.03.29`);
  expect(mixed.out).toContain('1 ticks of GBPUSD');
});

it('says when a file is older than the tier’s days', { timeout: 120_000 }, async () => {
  const now = new Date();
  const today = now.toISOString().slice(0, 10).replaceAll('-', '.');
  const recent = path.join(dir, 'GBPUSD_1.csv');
  await writeFile(recent, `${HEADER}${today}\t00:00:00.001\t1.30001\t1.30011\t\t\t6\r\n`);
  host = HostProcess.start({ dataDir: data, set: ['plugins.mt5.port=0', 'embeddedBackend.tier=free'] });
  await host.ready(60_000);
  expect((await tickhub(['history', 'import', recent, '--data', data])).out).not.toContain('days begin');
  const old = path.join(dir, 'EURUSD_1.csv');
  await writeFile(old, `${HEADER}2014.05.01\t00:00:00.001\t1.38683\t1.38692\t\t\t6\r\n`);
  expect((await tickhub(['history', 'import', old, '--data', data])).out).toContain("your tier's days begin at");
});
