import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { History } from '../history/history.ts';
import { exportBars } from './export-bars.ts';
import { exportTicks } from './export-ticks.ts';
import type { ExportReport, ExportRequest } from './export-ticks.ts';
import { makeExport, scratch } from './history-files.fixture.ts';
import { importFile } from './import-file.ts';
import type { ImportReport, ImportRequest } from './import-report.ts';

const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER };
const HEADER = '<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>';

function taken(history: History, file: string, request: Partial<ImportRequest> = {}): Promise<ImportReport> {
  return importFile(history, { file, source: 'file', symbol: 'EURUSD', serverTime: 'EET-EU', ...request }, () => undefined);
}

async function given(history: History, request: Partial<ExportRequest> = {}): Promise<ExportReport & { bytes: Buffer }> {
  const parts: Uint8Array[] = [];
  const report = await exportTicks(history, { symbol: 'EURUSD', form: 'mt5', ...EVER, ...request }, (bytes) => void parts.push(bytes));
  return { ...report, bytes: Buffer.concat(parts) };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

describe('an export of a million ticks', () => {
  it('goes into history and comes out byte for byte; again, it adds nothing', { timeout: 120_000 }, async () => {
    await using place = await scratch();
    const made = await makeExport(path.join(place.dir, 'EURUSD_201405010000_201405162359.csv'), {
      atLeast: 1_000_000,
      serverTime: 'EET-EU',
    });
    expect(made.ticks).toBeGreaterThanOrEqual(1_000_000);
    expect(made.oneSided).toBeGreaterThan(10_000);
    const report = await taken(place.history, made.file);
    expect(report).toMatchObject({ kind: 'ticks', added: made.ticks, duplicate: 0, setAside: 0, exact: true, damage: null });

    const hash = createHash('sha256');
    const out = await exportTicks(place.history, { symbol: 'EURUSD', form: 'mt5', ...EVER }, (bytes) => void hash.update(bytes));
    expect(out).toMatchObject({ rows: made.ticks, like: 'EURUSD_201405010000_201405162359.csv', exact: true });
    expect(hash.digest('hex')).toBe(await sha256(made.file));

    expect(await taken(place.history, made.file)).toMatchObject({ added: 0, duplicate: made.ticks, exact: true });
    expect((await place.history.info()).series).toMatchObject([{ source: 'file', symbol: 'EURUSD', ticks: made.ticks }]);
  });
});

/** Files of few rows, each odd in its own way. */
const ODD: Record<string, string> = {
  'one side first, then the other': `${HEADER}\r\n2026.03.02\t10:00:00.001\t1.10001\t\t\t\t2\r\n2026.03.02\t10:00:00.001\t\t1.10011\t\t\t4\r\n2026.03.02\t10:00:00.002\t1.10002\t\t\t\t2\r\n`,
  'undocumented flags': `${HEADER}\n2026.03.02\t10:00:00.001\t1.10001\t1.10011\t\t\t134\n2026.03.02\t10:00:00.002\t1.10002\t1.10012\t\t\t6\n`,
  'decimals that vary': `${HEADER}\n2026.03.02\t10:00:00.001\t1.1\t1.10011\t\t\t6\n2026.03.02\t10:00:00.002\t1.10002\t1.10010\t\t\t6\n`,
  'no newline at the end': `${HEADER}\n2026.03.02\t10:00:00.001\t1.10001\t1.10011\t\t\t6`,
  'ask below bid, and nothing': `${HEADER}\n2026.03.02\t10:00:00.001\t1.10011\t1.10001\t\t\t6\n2026.03.02\t10:00:00.002\t\t\t\t\t0\n`,
  'trades of a share': `${HEADER}\n2026.03.02\t10:00:00.001\t31.10\t31.12\t31.11\t200\t30\n2026.03.02\t10:00:00.001\t\t\t31.12\t100\t56\n2026.03.02\t10:00:00.003\t\t\t\t0.5\t80\n`,
};

describe('a file', () => {
  it.each(Object.entries(ODD))('with %s comes out byte for byte', async (_name, text) => {
    await using place = await scratch();
    const file = path.join(place.dir, 'EURUSD_1.csv');
    await writeFile(file, text);
    const { exact, damage } = await taken(place.history, file);
    expect({ exact, damage }).toEqual({ exact: true, damage: null });
    const out = await given(place.history);
    expect(out.bytes.toString('latin1')).toBe(text);
    expect(out.exact).toBe(true);
  });

  it('with lines that are none says which, takes the rest, and does not claim to come out the same', async () => {
    await using place = await scratch();
    const file = path.join(place.dir, 'EURUSD_1.csv');
    await writeFile(
      file,
      `${HEADER}\n2026.03.02\t10:00:00.001\t1.10001\t1.10011\t\t\t6\nnonsense\n2026.03.02\t10:00:00.000\t1\t1\t\t\t6\n2026.03.02\t10:00:00.002\t1.10002\t\t\t\t2\n`,
    );
    const report = await taken(place.history, file);
    expect(report).toMatchObject({ added: 2, setAside: 2, exact: false });
    expect(report.lines).toEqual([
      { line: 3, what: 'the date is not a date like 2026.03.29' },
      { line: 4, what: 'time goes back from 2026-03-02 10:00:00.001 to 2026-03-02 10:00:00.000' },
    ]);
    expect((await given(place.history)).exact).toBe(false);
  });

  it('by the server’s clock lies in UTC on both sides of a change of its offset', async () => {
    await using place = await scratch();
    const file = path.join(place.dir, 'EURUSD_1.csv');
    await writeFile(
      file,
      `${HEADER}\n2026.03.27\t23:59:00.000\t1.10001\t1.10011\t\t\t6\n2026.03.30\t00:00:00.000\t1.10002\t1.10012\t\t\t6\n`,
    );
    const europe = await taken(place.history, file, { source: 'europe' });
    expect([europe.from, europe.to].map((at) => new Date(at ?? 0).toISOString())).toEqual([
      '2026-03-27T21:59:00.000Z',
      '2026-03-29T21:00:00.000Z',
    ]);
    const america = await taken(place.history, file, { source: 'america', serverTime: 'EET-US' });
    expect(new Date(america.from ?? 0).toISOString()).toBe('2026-03-27T20:59:00.000Z');
    const fixed = await taken(place.history, file, { source: 'fixed', serverTime: 120 });
    expect(new Date(fixed.to ?? 0).toISOString()).toBe('2026-03-29T22:00:00.000Z');
  });

  it('in part, in another clock, and as plain CSV', async () => {
    await using place = await scratch();
    const file = path.join(place.dir, 'EURUSD_1.csv');
    await writeFile(
      file,
      `${HEADER}\n2026.03.02\t10:00:00.001\t1.10001\t1.10011\t\t\t6\n2026.03.02\t10:00:00.002\t1.10002\t\t\t\t2\n2026.03.02\t10:00:00.003\t\t1.10013\t\t\t4\n`,
    );
    await taken(place.history, file);
    const from = Date.parse('2026-03-02T08:00:00.002Z');
    // The first row of a part stands on its own.
    expect((await given(place.history, { from })).bytes.toString()).toBe(
      `${HEADER}\n2026.03.02\t10:00:00.002\t1.10002\t1.10011\t\t\t2\n2026.03.02\t10:00:00.003\t\t1.10013\t\t\t4\n`,
    );
    expect((await given(place.history, { from, serverTime: 0 })).bytes.toString()).toContain('2026.03.02\t08:00:00.002');
    expect((await given(place.history, { form: 'csv' })).bytes.toString()).toBe(
      `time_msc,bid,ask,last,volume,flags\n${from - 1},1.10001,1.10011,0,0,6\n${from},1.10002,1.10011,0,0,2\n${from + 1},1.10002,1.10013,0,0,4\n`,
    );
    await expect(given(place.history, { to: 1 })).rejects.toMatchObject({ code: 'EXPORT' });
    await expect(given(place.history, { symbol: 'GBPUSD' })).rejects.toMatchObject({ code: 'HISTORY_NO_SERIES' });
  });

  it('that overlaps another adds what is new', async () => {
    await using place = await scratch();
    const row = (ms: number): string => `2026.03.02\t10:00:00.00${ms}\t1.1000${ms}\t1.10011\t\t\t6\n`;
    const files = [`${HEADER}\n${row(1)}${row(2)}${row(3)}`, `${HEADER}\n${row(3)}${row(4)}`];
    for (const [i, text] of files.entries()) await writeFile(path.join(place.dir, `EURUSD_${i}.csv`), text);
    expect(await taken(place.history, path.join(place.dir, 'EURUSD_0.csv'))).toMatchObject({ added: 3, duplicate: 0 });
    expect(await taken(place.history, path.join(place.dir, 'EURUSD_1.csv'))).toMatchObject({ added: 1, duplicate: 1 });
    expect((await given(place.history)).rows).toBe(4);
  });

  it('of two brokers is kept, and comes out, of each', async () => {
    await using place = await scratch();
    const file = path.join(place.dir, 'EURUSD_1.csv');
    // Other decimals in the second row: kept with the import, which each broker has of its own.
    const text = `${HEADER}\n2026.03.02\t10:00:00.001\t1.10001\t1.10011\t\t\t6\n2026.03.02\t10:00:00.002\t1.1\t1.10010\t\t\t6\n`;
    await writeFile(file, text);
    for (const source of ['mt5:one', 'mt5:two']) {
      expect(await taken(place.history, file, { source })).toMatchObject({ added: 2, exact: true });
      const out = await given(place.history, { source });
      expect(out).toMatchObject({ source, exact: true });
      expect(out.bytes.toString()).toBe(text);
    }
    await expect(given(place.history)).rejects.toMatchObject({ code: 'HISTORY_SOURCE_AMBIGUOUS' });
  });

  it('of bars becomes bar records in UTC, once', async () => {
    await using place = await scratch();
    const file = path.join(place.dir, 'EURUSD_H1_202603270000_202603300000.csv');
    await writeFile(
      file,
      '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n2026.03.27\t23:00:00\t1.10420\t1.10451\t1.09387\t1.09419\t801\t0\t2\n2026.03.30\t00:00:00\t1.10420\t1.10451\t1.09387\t1.09419\t802\t0\t2\n',
    );
    expect(await taken(place.history, file)).toMatchObject({ kind: 'bars', added: 2, duplicate: 0 });
    expect(await taken(place.history, file)).toMatchObject({ kind: 'bars', added: 0, duplicate: 2 });
    const parts: Uint8Array[] = [];
    const hour = { symbol: 'EURUSD', widthMs: 3_600_000, serverTime: 'EET-EU', ...EVER };
    expect(await exportBars(place.history, hour, (bytes) => void parts.push(bytes))).toMatchObject({ source: 'file', rows: 2 });
    expect(Buffer.concat(parts).toString().replaceAll('\r', '')).toBe(await readFile(file, 'utf8'));
    await expect(exportBars(place.history, { ...hour, widthMs: 60_000 }, () => undefined)).rejects.toMatchObject({ code: 'EXPORT' });
    const { records } = await place.history.records({ stream: 'bars', ...EVER });
    expect(records.map(({ time, body }) => [new Date(time).toISOString(), body['widthMs'], body['ticks'], body['spread']])).toEqual([
      ['2026-03-27T21:00:00.000Z', 3_600_000, 801, 2],
      ['2026-03-29T21:00:00.000Z', 3_600_000, 802, 2],
    ]);
  });

  it('that is missing, or damaged half-way', async () => {
    await using place = await scratch();
    await expect(taken(place.history, path.join(place.dir, 'none.csv'))).rejects.toMatchObject({ code: 'DATA_FILE' });
    const made = await makeExport(path.join(place.dir, 'whole.csv'), { atLeast: 20_000, serverTime: 0 });
    const { gzipSync } = await import('node:zlib');
    const packed = gzipSync(await readFile(made.file));
    const file = path.join(place.dir, 'half.csv.gz');
    await writeFile(file, packed.subarray(0, packed.length / 2));
    const report = await taken(place.history, file);
    expect(report.damage).toContain('half.csv.gz: it is damaged');
    expect(report.added).toBeGreaterThan(1_000);
    expect(report.exact).toBe(false);
  });
});
