/**
 * The history: how fast ticks go in, what one takes on disk, and how long minute bars over a day take; beside it, in the same run, what one would write first: a SQLite table with a row per tick.
 * The ticks are the demo recording's, given to the store as the host gives them: as it does at full speed: a commit for each handover of about 1 MiB. `node scripts/run.mjs bench/history.ts` runs it alone.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import os from 'node:os';
import path from 'node:path';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { finish, HistoryView } from '../host/src/history/query/history-view.ts';
import { packFrames } from '../host/src/history/store/frame-batches.ts';
import { openStore } from '../host/src/history/store/open-store.ts';
import { DEMO, plainTicks, SHARED } from '../test/history/recorded-ticks.ts';
import type { PlainTick } from '../test/history/recorded-ticks.ts';
import { median } from './median.ts';

const BATCH_TICKS = 4_096;
const BATCHES_A_COMMIT = 6;
const DAY = 86_400_000;
const MINUTE = 60_000;
const ROUNDS = 9;

export interface HistoryFigures {
  readonly ticks: number;
  readonly ticksPerSecond: number;
  readonly bytesPerTick: number;
  /** One-minute bid bars over the busiest UTC day of one symbol, median. */
  readonly dayTicks: number;
  readonly dayBarsMs: number;
  /** The same in processor time of its thread: what it takes when the cores are not shared. */
  readonly dayBarsCpuMs: number;
  readonly rowPerTick: { readonly ticksPerSecond: number; readonly bytesPerTick: number; readonly dayBarsMs: number };
}

/** XAUUSD is the busiest of what is there; of the large recording where it lies beside the repository. */
async function recordedTicks(most: number): Promise<PlainTick[]> {
  const recording = [...SHARED, ...DEMO].find(({ symbol }) => symbol === 'XAUUSD');
  if (recording === undefined) throw new Error('the demo recording is part of the repository');
  const ticks: PlainTick[] = [];
  for await (const some of plainTicks(recording)) {
    ticks.push(...some);
    if (ticks.length >= most) break;
  }
  return ticks.slice(0, most);
}

function batchesOf(ticks: readonly PlainTick[]): TickBatch[] {
  const batches: TickBatch[] = [];
  for (let from = 0; from < ticks.length; from += BATCH_TICKS) {
    const some = ticks.slice(from, from + BATCH_TICKS);
    const batch = TickBatch.create(some.length);
    batch.receivedAt = (some[0]?.time ?? 0) + 0.25;
    some.forEach(({ time, ordinal, bid, ask }, i) => {
      batch.time[i] = time;
      batch.ordinal[i] = ordinal;
      batch.bid[i] = bid;
      batch.ask[i] = ask;
      batch.flags[i] = 6;
    });
    batches.push(batch);
  }
  return batches;
}

/** The UTC day with the most ticks. */
function busiestDay(ticks: readonly PlainTick[]): { from: number; to: number } {
  const counts = new Map<number, number>();
  for (const { time } of ticks) counts.set(Math.floor(time / DAY), (counts.get(Math.floor(time / DAY)) ?? 0) + 1);
  const [day] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0];
  return { from: day * DAY, to: (day + 1) * DAY };
}

/** What goes into one commit, in both. */
function* handovers(batches: readonly TickBatch[]): Generator<readonly TickBatch[]> {
  for (let from = 0; from < batches.length; from += BATCHES_A_COMMIT) yield batches.slice(from, from + BATCHES_A_COMMIT);
}

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function columnar(file: string, batches: readonly TickBatch[], day: { from: number; to: number }) {
  const { store } = openStore(file);
  const names = { sources: [{ id: 0, name: 'bench' }], symbols: [{ id: 0, sourceId: 0, name: 'XAUUSD', rawName: 'XAUUSD', digits: 3 }] };
  const writeMs = timed(() => {
    let seq = 0;
    for (const some of handovers(batches)) {
      const packed = packFrames(some.map(({ bytes, count }) => ({ seq: ++seq, stream: 'ticks' as const, body: bytes, count })));
      store.takeFrames({ ...packed, epoch: 'bench', names, gaps: [] });
      while (store.compact());
    }
  });
  const view = new HistoryView(store, store.versions.current);
  const dayMs: number[] = [];
  let dayTicks = 0;
  let bars = 0;
  const cpu = process.threadCpuUsage();
  for (let round = 0; round < ROUNDS; round++) {
    dayMs.push(
      timed(() => {
        const made = finish(view.bars({ symbol: 'XAUUSD', width: '1m', ...day }));
        dayTicks = made.ticks.reduce((sum, one) => sum + one, 0);
        bars = made.count;
      }),
    );
  }
  const { user, system } = process.threadCpuUsage(cpu);
  const bytes = view.info().series.reduce((sum, one) => sum + one.bytes, 0);
  store.db.close();
  return { writeMs, bytes, dayMs: median(dayMs), dayCpuMs: (user + system) / 1_000 / ROUNDS, dayTicks, bars };
}

/** A row per tick, an index by time, a transaction per batch, bars by SQL: written as well as it goes with prepared statements. */
function rowPerTick(file: string, batches: readonly TickBatch[], day: { from: number; to: number }) {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE ticks(symbol INTEGER, time INTEGER, ordinal INTEGER, bid REAL, ask REAL, flags INTEGER, PRIMARY KEY(symbol, time, ordinal)) WITHOUT ROWID`);
  const insert = db.prepare('INSERT INTO ticks VALUES (0, ?, ?, ?, ?, ?)');
  const writeMs = timed(() => {
    for (const some of handovers(batches)) {
      db.exec('BEGIN');
      for (const { count, time, ordinal, bid, ask, flags } of some) {
        // The columns have `count` values each.
        for (let i = 0; i < count; i++)
          insert.run(time[i] as number, ordinal[i] as number, bid[i] as number, ask[i] as number, flags[i] as number);
      }
      db.exec('COMMIT');
    }
  });
  const select = db.prepare(`
    SELECT minute, max(bid) AS high, min(bid) AS low, count(*) AS ticks,
      (SELECT bid FROM ticks WHERE symbol = 0 AND time >= minute * ${MINUTE} ORDER BY time, ordinal LIMIT 1) AS open,
      (SELECT bid FROM ticks WHERE symbol = 0 AND time < (minute + 1) * ${MINUTE} ORDER BY time DESC, ordinal DESC LIMIT 1) AS close
    FROM (SELECT time / ${MINUTE} AS minute, bid FROM ticks WHERE symbol = 0 AND time >= ? AND time < ?) GROUP BY minute`);
  const dayMs: number[] = [];
  let bars = 0;
  for (let round = 0; round < ROUNDS; round++) dayMs.push(timed(() => (bars = select.all(day.from, day.to).length)));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return { writeMs, bytes: statSync(file).size, dayMs: median(dayMs), bars };
}

export async function historyFigures(most = 2_000_000): Promise<HistoryFigures> {
  const ticks = await recordedTicks(most);
  const [batches, day] = [batchesOf(ticks), busiestDay(ticks)];
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-bench-history-'));
  try {
    const history = columnar(path.join(dir, 'history.db'), batches, day);
    const rows = rowPerTick(path.join(dir, 'rows.db'), batches, day);
    if (history.bars !== rows.bars)
      throw new Error(`${history.bars} bars here and ${rows.bars} there: the bench does not compare the same`);
    const perSecond = (ms: number): number => ticks.length / (ms / 1_000);
    return {
      ticks: ticks.length,
      ticksPerSecond: perSecond(history.writeMs),
      bytesPerTick: history.bytes / ticks.length,
      dayTicks: history.dayTicks,
      dayBarsMs: history.dayMs,
      dayBarsCpuMs: history.dayCpuMs,
      rowPerTick: { ticksPerSecond: perSecond(rows.writeMs), bytesPerTick: rows.bytes / ticks.length, dayBarsMs: rows.dayMs },
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The figures as lines for a person. */
export function historyLines(figures: HistoryFigures): string[] {
  const { ticks, ticksPerSecond, bytesPerTick, dayTicks, dayBarsMs, dayBarsCpuMs, rowPerTick } = figures;
  const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');
  const times = (a: number, b: number): string => (a / b).toFixed(1);
  return [
    `history, ${grouped(ticks)} ticks in, durable: ${grouped(ticksPerSecond)} ticks/s; a SQLite row per tick: ${grouped(rowPerTick.ticksPerSecond)} ticks/s; ratio ${times(ticksPerSecond, rowPerTick.ticksPerSecond)}`,
    `history, on disk: ${bytesPerTick.toFixed(1)} bytes a tick; a row per tick: ${rowPerTick.bytesPerTick.toFixed(1)}; ratio ${times(rowPerTick.bytesPerTick, bytesPerTick)}`,
    `history, one-minute bars over a day of ${grouped(dayTicks)} ticks of one symbol: ${dayBarsMs.toFixed(1)} ms, of processor time ${dayBarsCpuMs.toFixed(1)} ms (limit 10 ms: ${dayBarsMs < 10 ? 'held' : dayBarsCpuMs < 10 ? 'held, but for what else ran' : 'OVER'}); by SQL over rows: ${rowPerTick.dayBarsMs.toFixed(1)} ms; ratio ${times(rowPerTick.dayBarsMs, dayBarsMs)}`,
  ];
}

if (process.argv[1] === import.meta.filename) for (const line of historyLines(await historyFigures())) console.log(line);
