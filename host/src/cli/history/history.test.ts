import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlServer } from '../../control/control-server.ts';
import { FileHistory } from '../../history/file-history.ts';
import { batchOf, scratchDir } from '../../history/history.fixture.ts';
import { openStore } from '../../history/store/open-store.ts';
import { execute } from '../../main.ts';
import { memoryLog } from '../../tenant/tenant.fixture.ts';
import { answerHistory } from '../../tenant/history-capability.ts';

const T0 = Date.UTC(2026, 0, 5, 10);
const dir = scratchDir();
const file = path.join(dir, 'tenants', 'local', 'history.db');

async function tickhub(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await execute([...argv, '--data', dir], { print: (text) => out.push(text), complain: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

beforeAll(() => {
  mkdirSync(path.dirname(file), { recursive: true });
  const { store } = openStore(file);
  const series = (source: string, symbol: string) => ({ source, symbol, digits: 5 });
  const minutes = Array.from({ length: 6 }, (_, i) => ({
    time: T0 + 7_200_000 + i * 30_000,
    bid: (110_000 + i) / 1e5,
    ask: (120_000 + i) / 1e5,
  }));
  store.importTicks(series('mt5:a', 'EURUSD'), batchOf(minutes, { utcOffsetMs: 7_200_000 }), null);
  store.importTicks(series('mt5:a', 'GBPUSD'), batchOf([{ time: T0, bid: 1.3, last: 1.31, volume: 2 }]), null);
  store.importTicks(series('mt5:b', 'GBPUSD'), batchOf([{ time: T0, bid: 1.4 }]), null);
  const news = (title: string, time: number) => ({ time, receivedAt: time, key: 'a', symbol: 'EURUSD', body: { title } });
  store.importRecords('news', 'news:fed', [news('one', T0)]);
  store.importRecords('news', 'news:fed', [news('"two", mended', T0 + 60_000)]);
  store.db.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const BARS = `time,open,high,low,close,ticks,volume
2026-01-05T10:00:00.000Z,1.1,1.10001,1.1,1.10001,2,
2026-01-05T10:01:00.000Z,1.10002,1.10003,1.10002,1.10003,2,
2026-01-05T10:02:00.000Z,1.10004,1.10005,1.10004,1.10005,2,`;

describe('tickhub history', () => {
  it('shows bars as a table, CSV and JSON, of a range and a side', async () => {
    expect(await tickhub('history', 'bars', 'EURUSD', '1m', '--csv')).toEqual({ code: 0, out: BARS, err: '' });
    const table = await tickhub(
      'history',
      'bars',
      'EURUSD',
      '1m',
      '--from',
      '2026-01-05T10:01',
      '--to',
      '2026-01-05T10:02Z',
      '--side',
      'mid',
    );
    expect(table.out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['time', 'open', 'high', 'low', 'close', 'ticks', 'volume'],
      ['2026-01-05 10:01:00', '1.150020', '1.150030', '1.150020', '1.150030', '2', '-'],
    ]);
    const json = await tickhub('history', 'bars', 'EURUSD', '1h', '--json', '--count', '1');
    expect(JSON.parse(json.out)).toEqual({
      time: '2026-01-05T10:00:00.000Z',
      open: 1.1,
      high: 1.10005,
      low: 1.1,
      close: 1.10005,
      ticks: 6,
      volume: null,
    });
  });

  it('shows ticks and records, in the version asked for', async () => {
    const ticks = await tickhub('history', 'ticks', 'GBPUSD', '--source', 'mt5:a', '--csv');
    expect(ticks.out).toBe(
      'time,bid,ask,last,volume,flags,ordinal,received,utcOffsetMs\n2026-01-05T10:00:00.000Z,1.3,1.3,1.31,2,6,0,2026-01-05T10:00:00.000Z,0',
    );
    const records = await tickhub('history', 'records', 'news', '--symbol', 'EURUSD', '--json');
    expect(JSON.parse(records.out)).toMatchObject({ source: 'news:fed', key: 'a', revision: 1, body: { title: '"two", mended' } });
    const before = await tickhub('history', 'records', 'news', '--as-of', '2026-01-05T10:00:30', '--csv');
    expect(before.out.split('\n')[1]).toContain('"{""title"":""one""}"');
    expect((await tickhub('history', 'records', 'news', '--all-revisions', '--json')).out.split('\n')).toHaveLength(2);
  });

  it('shows what there is', async () => {
    const info = await tickhub('history', 'info');
    expect(info.out).toMatch(/EURUSD +mt5:a +2026-01-05 10:00 +2026-01-05 10:02 +6 /);
    expect(info.out).toMatch(/news +news:fed/);
    expect(JSON.parse((await tickhub('history', 'info', '--json')).out)).toMatchObject({ series: [{ symbol: 'EURUSD' }, {}, {}] });
  });

  it('writes a file that is there only when it is whole, Parquet with its types', async () => {
    const csv = path.join(dir, 'bars.csv');
    expect(await tickhub('history', 'bars', 'EURUSD', '1m', '--csv', '--out', csv)).toEqual({
      code: 0,
      out: `3 rows are in ${csv}`,
      err: '',
    });
    expect(readFileSync(csv, 'utf8')).toBe(`${BARS}\n`);
    const parquet = path.join(dir, 'ticks.parquet');
    await tickhub('history', 'ticks', 'EURUSD', '--parquet', '--out', parquet);
    const bytes = readFileSync(parquet);
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    });
    expect(rows).toHaveLength(6);
    expect(rows[1]).toEqual({
      time: new Date(T0 + 30_000),
      bid: 1.10001,
      ask: 1.20001,
      last: null,
      volume: null,
      flags: 6n,
      ordinal: 0n,
      received: new Date(T0 + 30_000),
      utcOffsetMs: 7_200_000n,
    });
    const news = path.join(dir, 'news.parquet');
    await tickhub('history', 'records', 'news', '--parquet', '--out', news);
    expect(statSync(news).size).toBeGreaterThan(100);
    const nowhere = await tickhub('history', 'ticks', 'EURUSD', '--csv', '--out', path.join(dir, 'no', 'where.csv'));
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('ENOENT')]);
  });

  it.each([
    [['bars', 'EURUSD'], 2, /needs a symbol and a width/],
    [['bars', 'EURUSD', '1y'], 1, /"1y" is no width of a bar/],
    [['bars', 'USDJPY', '1m'], 1, /no ticks of USDJPY; there are some of EURUSD, GBPUSD/],
    [['bars', 'GBPUSD', '1m'], 1, /2 sources have GBPUSD: name one of mt5:a, mt5:b/],
    [['bars', 'EURUSD', '1m', '--side', 'top'], 2, /--side takes bid, ask, mid, last/],
    [['bars', 'EURUSD', '1m', '--from', 'yesterday'], 2, /--from takes a time such as/],
    [['bars', 'EURUSD', '1m', '--from', 'now', '--to', '-1d'], 2, /--from now is after --to -1d/],
    [['bars', 'EURUSD', '1m', '--csv', '--json'], 2, /Only one of --csv and --json/],
    [['ticks', 'EURUSD', '--parquet'], 2, /--parquet needs --out/],
    [['records', 'tweets'], 2, /knows no stream "tweets": one of bars, book/],
  ])('%j says what is wrong, and what there is', async (argv, code, message) => {
    const failed = await tickhub('history', ...argv);
    expect([failed.code, failed.out]).toEqual([code, '']);
    expect(failed.err).toMatch(message);
  });

  it('says where it looked when there is none', async () => {
    const out: string[] = [];
    const code = await execute(['history', 'info', '--data', path.join(dir, 'empty')], {
      print: () => undefined,
      complain: (text) => out.push(text),
    });
    expect([code, out[0]]).toEqual([1, expect.stringMatching(/history\.db: there is no history yet/)]);
  });

  it('asks a running host, and answers the same', async () => {
    const history = FileHistory.open(file);
    const server = new ControlServer(
      {
        dataDir: dir,
        port: 0,
        status: () => Promise.reject(new Error('not asked')),
        job: () => Promise.resolve(undefined),
        retry: () => false,
        tail: () => ({ close: () => undefined }),
        stop: () => undefined,
        history: (method, query) => answerHistory(history, method, query),
      },
      memoryLog(),
    );
    await server.start();
    // Only the host can answer now.
    writeFileSync(path.join(dir, 'config.json'), '{"tenant":"another"}');
    try {
      expect(await tickhub('history', 'bars', 'EURUSD', '1m', '--csv')).toEqual({ code: 0, out: BARS, err: '' });
      expect((await tickhub('history', 'ticks', 'EURUSD', '--json', '--count', '2')).out.split('\n')).toHaveLength(2);
      expect((await tickhub('history', 'records', 'news', '--csv')).out.split('\n')).toHaveLength(2);
      expect((await tickhub('history', 'bars', 'USDJPY', '1m')).err).toMatch(/there are some of EURUSD, GBPUSD/);
      expect((await tickhub('history', 'info')).out).toContain('EURUSD');
    } finally {
      await server.stop();
      history.close();
      rmSync(path.join(dir, 'config.json'));
    }
  });
});
