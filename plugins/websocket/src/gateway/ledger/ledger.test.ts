import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TickBatch } from '@tickhub/plugin-sdk';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneTick } from '../../../test/raw-client.ts';
import { TABLE } from '../../../test/simulated-spool.ts';
import { symbolsPayload } from '../../wire/envelope.ts';
import { LedgerError, RefusedFrame } from './errors.ts';
import { Ledger } from './ledger.ts';
import type { Feed } from './feed.ts';
import { openLedger } from './reader.ts';
import { setAside } from './salvage.ts';

let dir: string;
let file: string;
let open: { close(): void }[];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'tickhub-ledger-'));
  file = path.join(dir, 'ledger.db');
  open = [];
});
afterEach(() => {
  for (const one of open) one.close();
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

function ledgerOf(keepBytes = Infinity): Ledger {
  const ledger = new Ledger(file, { keepBytes });
  open.push({ close: () => void closeQuietly(ledger) });
  return ledger;
}

function closeQuietly(ledger: Ledger): void {
  try {
    ledger.close();
  } catch {
    // Closed by the test.
  }
}

function feedOf(ledger: Ledger, { user = 'u', epoch = 'e', lastSeq = 0 } = {}): Feed {
  const feed = ledger.feed(user, epoch, lastSeq);
  feed.addSymbols(symbolsPayload(TABLE));
  return feed;
}

function reading<T>(use: (ledger: ReturnType<typeof openLedger>) => T): T {
  const reader = openLedger(dir);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

const times = (user = 'u'): number[] => reading((ledger) => [...ledger.ticks({ user })].map(({ time }) => time));

describe('the ledger', () => {
  it('keeps a symbol as it was described last', () => {
    const ledger = ledgerOf();
    const feed = feedOf(ledger);
    const [one] = TABLE.symbols;
    if (one === undefined) throw new Error('the table has no symbol');
    feed.addSymbols(symbolsPayload({ sources: TABLE.sources, symbols: [{ ...one, rawName: 'new', digits: 3 }] }));
    ledger.commit();
    const db = new DatabaseSync(file, { readOnly: true });
    open.push(db);
    expect(db.prepare('SELECT raw_name, digits FROM symbols WHERE id = ?').get(one.id)).toEqual({ raw_name: 'new', digits: 3 });
  });

  it('has everything up to the last commit after a crash, and nothing of what came later', () => {
    const ledger = ledgerOf();
    const feed = feedOf(ledger);
    feed.addTicks(1, oneTick(1));
    feed.addTicks(2, oneTick(2));
    ledger.commit();
    feed.addTicks(3, oneTick(3));
    ledger.close();
    const after = ledgerOf();
    const again = feedOf(after);
    expect(again.lastSeq).toBe(2);
    again.addTicks(3, oneTick(3));
    after.commit();
    expect(times()).toEqual([1_001, 1_002, 1_003]);
    expect(reading((reader) => reader.usage())).toMatchObject([{ ticks: 3, frames: 3, cursorDuplicates: 0 }]);
  });

  it('takes each tick of any history exactly once: resends, repeats, crashes, new epochs', () => {
    const act = fc.oneof(
      { weight: 6, arbitrary: fc.constant('next' as const) },
      { weight: 2, arbitrary: fc.constant('repeat' as const) },
      { weight: 2, arbitrary: fc.constant('commit' as const) },
      { weight: 1, arbitrary: fc.constant('crash' as const) },
      { weight: 1, arbitrary: fc.constant('epoch' as const) },
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const user = `user-${Math.random()}`;
        let ledger = new Ledger(file, { keepBytes: Infinity });
        let epoch = 1;
        // A spool: what it has not seen acknowledged it sends again.
        let [produced, acked, base] = [0, 0, 0];
        let feed = feedOf(ledger, { user, epoch: `e${epoch}` });
        const send = (): void => {
          for (let seq = feed.lastSeq + 1; seq <= produced - base; seq++) feed.addTicks(seq, oneTick(seq, { time: base + seq }));
        };
        for (const step of acts) {
          if (step === 'next') {
            produced++;
            send();
          } else if (step === 'repeat' && feed.lastSeq > 0)
            feed.addTicks(feed.lastSeq, oneTick(feed.lastSeq, { time: base + feed.lastSeq }));
          else if (step === 'commit') {
            ledger.commit();
            acked = base + feed.lastSeq;
          } else if (step === 'crash') {
            ledger.close();
            ledger = new Ledger(file, { keepBytes: Infinity });
            feed = feedOf(ledger, { user, epoch: `e${epoch}` });
            send();
          } else if (step === 'epoch') {
            // The spool numbers anew what it had not seen acknowledged, though the backend may have it.
            base = acked;
            feed = feedOf(ledger, { user, epoch: `e${++epoch}` });
            send();
          }
        }
        ledger.commit();
        ledger.close();
        expect(times(user)).toEqual(Array.from({ length: produced }, (_, i) => i + 1));
        expect(reading((reader) => reader.counts().find((row) => row.user === user)?.ticks ?? 0)).toBe(produced);
      }),
      { numRuns: 60, seed: 20_261_123 },
    );
  });

  it('keeps users apart that use the same names', () => {
    const ledger = ledgerOf();
    for (const user of ['a', 'b']) feedOf(ledger, { user }).addTicks(1, oneTick(1, { time: user === 'a' ? 5 : 6 }));
    ledger.commit();
    expect([times('a'), times('b')]).toEqual([[5], [6]]);
    expect(reading((reader) => reader.positions())).toEqual([
      { user: 'a', epoch: 'e', lastSeq: 1 },
      { user: 'b', epoch: 'e', lastSeq: 1 },
    ]);
  });

  it('leaves cursors as they were when a frame is refused', () => {
    const ledger = ledgerOf();
    const feed = feedOf(ledger);
    const mixed = TickBatch.create(2);
    for (const [i, symbol] of [0, 9].entries()) oneTick(1, { symbol }).copyTick(0, mixed, i);
    expect(() => feed.addTicks(1, mixed)).toThrow(RefusedFrame);
    feed.addTicks(1, oneTick(1));
    ledger.commit();
    expect(reading((reader) => reader.usage())).toMatchObject([{ ticks: 1, cursorDuplicates: 0 }]);
  });

  it('drops the oldest frames over its size, and keeps totals, positions and cursors exact', () => {
    const ledger = ledgerOf(10_000);
    const feed = feedOf(ledger);
    for (let seq = 1; seq <= 2_000; seq++) {
      feed.addTicks(seq, oneTick(seq));
      if (seq % 10 === 0) ledger.commit();
    }
    const kept = times();
    expect(kept.length).toBeGreaterThan(20);
    expect(kept.length).toBeLessThan(200);
    expect(kept.at(-1)).toBe(3_000);
    expect(reading((reader) => reader.usage())).toMatchObject([{ ticks: 2_000, frames: 2_000 }]);
    // One that is not kept any more cannot be compared, and is a duplicate all the same.
    feed.addTicks(1, oneTick(1, { bid: 99 }));
    ledger.commit();
    expect(reading((reader) => reader.usage())).toMatchObject([{ ticks: 2_000, duplicateFrames: 1, conflicts: 0 }]);
    ledger.close();
    expect(feedOf(ledgerOf(10_000)).lastSeq).toBe(2_000);
  });

  it('reads while it is written', () => {
    const ledger = ledgerOf();
    const feed = feedOf(ledger);
    const reader = openLedger(file);
    open.push(reader);
    for (let seq = 1; seq <= 3; seq++) {
      feed.addTicks(seq, oneTick(seq));
      ledger.commit();
      expect([...reader.ticks()]).toHaveLength(seq);
    }
    expect([...reader.ticks({ symbol: 'XAUUSD' })]).toEqual([]);
    expect([...reader.ticks({ source: 'mt5:test' })]).toHaveLength(3);
  });

  it('tells a damaged frame rather than wrong ticks', () => {
    const ledger = ledgerOf();
    feedOf(ledger).addTicks(1, oneTick(1));
    ledger.commit();
    ledger.close();
    const db = new DatabaseSync(file);
    db.exec('UPDATE frames SET body = zeroblob(LENGTH(body))');
    db.close();
    expect(() => times()).toThrow(LedgerError);
  });
});

describe('a file that is no sound ledger', () => {
  const damage: [string, () => void][] = [
    ['cut', () => truncateSync(file, 6_000)],
    ['overwritten', () => writeFileSync(file, 'no database at all, but long enough to be looked at as one'.repeat(200))],
  ];

  it.each(damage)('(%s) is told by its own error, set aside, and a new one goes on', (_, harm) => {
    const ledger = ledgerOf();
    const feed = feedOf(ledger);
    for (let seq = 1; seq <= 50; seq++) feed.addTicks(seq, oneTick(seq));
    ledger.commit();
    ledger.close();
    harm();
    expect(() => {
      const broken = ledgerOf();
      feedOf(broken).addTicks(51, oneTick(51));
      broken.commit();
    }).toThrow(expect.objectContaining({ code: 'LEDGER_DAMAGED' }) as Error);
    for (const one of open.splice(0)) one.close();
    const { aside } = setAside(file, 0);
    expect(readdirSync(dir)).toContain(path.basename(aside));
    const next = ledgerOf();
    feedOf(next, { epoch: 'new' }).addTicks(1, oneTick(1, { time: 9_999 }));
    next.commit();
    expect(times()).toEqual([9_999]);
  });

  it('whose frames are damaged but not its positions goes on from them', () => {
    const ledger = ledgerOf();
    const feed = feedOf(ledger);
    for (let seq = 1; seq <= 5; seq++) feed.addTicks(seq, oneTick(seq));
    ledger.commit();
    ledger.close();
    expect(setAside(file, 0).lost).toEqual([]);
    const next = ledgerOf();
    const again = feedOf(next);
    expect(again.lastSeq).toBe(5);
    again.addTicks(6, oneTick(6));
    next.commit();
    expect(reading((reader) => reader.usage())).toMatchObject([{ ticks: 6, frames: 6 }]);
  });

  it('is told when it is missing, or of another version', () => {
    expect(() => openLedger(path.join(dir, 'nowhere'))).toThrow(expect.objectContaining({ code: 'LEDGER_MISSING' }) as Error);
    ledgerOf().close();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => new Ledger(file, { keepBytes: Infinity })).toThrow('version 99');
  });
});
