import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, NAMES, openHistory, scratchDir } from './history.fixture.ts';
import type { TestHistory } from './history.fixture.ts';

const T0 = Date.UTC(2026, 0, 5);
const ALL = { from: 0, to: 8e15 };
const EURUSD = { symbol: 'EURUSD', source: 'mt5:a' };

let dir: string;
let history: TestHistory;
beforeEach(async () => {
  dir = scratchDir();
  history = await openHistory(dir);
});
afterEach(async () => {
  await history.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Overwrites the root of an index, which nothing reads before a row goes in. */
function damage(file: string, index: string): void {
  const db = new DatabaseSync(file);
  const { rootpage } = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(index) as { rootpage: number };
  const { page_size: bytes } = db.prepare('PRAGMA page_size').get() as { page_size: number };
  db.close();
  const whole = readFileSync(file);
  whole.fill(0xee, (rootpage - 1) * bytes, rootpage * bytes);
  writeFileSync(file, whole);
}

describe('the names behind ids', () => {
  it('are known to the history that takes the place of a damaged one, so that no tick is left out', async () => {
    await history.close();
    damage(path.join(dir, 'history.db'), 'records_by_receipt');
    history = await openHistory(dir);
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    await history.settled();
    // The first record is what comes upon the damage.
    const record = { seq: 1, time: T0, receivedAt: T0, body: { title: 'one' } };
    history.records('news', { stream: 'news', source: 'news', records: [record] });
    history.ticks(batchOf([{ time: T0 + 1, bid: 2 }]));
    await history.settled();
    expect(history.troubles).toEqual([expect.stringContaining('turned out to be damaged')]);
    expect([...(await history.thread.ticks({ ...EURUSD, ...ALL })).bid]).toEqual([2]);
  });

  it('are taken anew when a source describes a symbol anew', async () => {
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    await history.settled();
    const [first] = NAMES.symbols;
    if (first !== undefined) history.spool.addSymbols({ sources: [], symbols: [{ ...first, rawName: 'EURUSD.pro', digits: 6 }] });
    history.ticks(batchOf([{ time: T0 + 1, bid: 1.000001 }]));
    await history.settled();
    const { series } = await history.thread.info();
    expect(series.find(({ source }) => source === 'mt5:a')).toMatchObject({ rawName: 'EURUSD.pro', digits: 6 });
  });
});
