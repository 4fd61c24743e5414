import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryStore } from './history-store.ts';
import { openStore } from './open-store.ts';
import { Retention } from './retention.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5);

let dir: string;
let store: HistoryStore;
let opened: HistoryStore | null = null;
/** What the wall says, and how long the machine has been on. */
let clock: { wall: number; on: number };
let retention: Retention;
let last: { time: number; ordinal: number } | null;

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-retention-'));
  clock = { wall: START, on: 0 };
  last = null;
  open();
});
afterEach(() => {
  close();
  rmSync(dir, { recursive: true, force: true });
});

/** Opens the file, as each start of the host does. */
function open(days = Infinity): void {
  close();
  ({ store } = openStore(path.join(dir, 'history.db')));
  opened = store;
  retention = new Retention(store, { now: () => clock.wall, monotonic: () => clock.on });
  retention.days = days;
}

function close(): void {
  opened?.db.close();
  opened = null;
}

function pass(ms: number): void {
  clock.wall += ms;
  clock.on += ms;
}

/** Ticks come, one an hour, up to `time`. */
function ticksUpTo(time: number): void {
  const from = last === null ? START : last.time + HOUR;
  const count = Math.floor((time - from) / HOUR) + 1;
  if (count < 1) return;
  const batch = TickBatch.create(count);
  for (let i = 0; i < count; i++) {
    batch.time[i] = from + i * HOUR;
    batch.bid[i] = batch.ask[i] = 1;
  }
  store.importTicks({ source: 'mt5:a', symbol: 'EURUSD', digits: 5 }, batch, last);
  last = { time: from + (count - 1) * HOUR, ordinal: 0 };
  while (store.compact());
}

/** As each minute. @returns how many chunks and records went. */
function retain(): number {
  let removed = 0;
  const cutoff = retention.cutoff();
  if (cutoff === null) return 0;
  for (let some = retention.remove(cutoff); some > 0; some = retention.remove(cutoff)) removed += some;
  return removed;
}

/** Looks each six hours (each hour of a short time) while time goes by, with ticks coming all the while. */
function live(ms: number): number {
  let removed = 0;
  const step = ms > DAY / 2 ? 6 * HOUR : HOUR;
  for (let passed = 0; passed < ms; passed += step) {
    pass(step);
    ticksUpTo(clock.wall);
    removed += retain();
  }
  return removed;
}

function oldest(): number {
  return Math.min(...store.chunks.summary(store.versions.current).map((row) => Number(row['from_utc'])));
}

function ticks(): number {
  return store.chunks.summary(store.versions.current).reduce((sum, row) => sum + Number(row['ticks']), 0);
}

describe.each([7, 90])('%i days of history', (days) => {
  it('are kept, and what is older goes with its day, over restarts and with the space it took', { timeout: 120_000 }, () => {
    retention.days = days;
    ticksUpTo(START);
    live(days * DAY);
    expect(oldest()).toBe(START);
    expect(ticks()).toBe(days * 24 + 1);
    for (let day = 0; day < 5; day++) {
      open(days);
      live(DAY);
      const kept = clock.wall - days * DAY;
      // Whole days go: what is younger is all there, and at most a day that has begun to be too old.
      expect(oldest()).toBeLessThanOrEqual(kept);
      expect(oldest()).toBeGreaterThan(kept - DAY);
      expect(ticks()).toBe((clock.wall - oldest()) / HOUR + 1);
    }
    pass(300 * DAY);
    live(2 * HOUR);
    expect(oldest()).toBeGreaterThan(clock.wall - (days + 1) * DAY);
    while (store.forget(64) > 0);
    store.db.shrink(1e9);
    expect(store.db.freeBytes).toBe(0);
    expect(statSync(path.join(dir, 'history.db')).size).toBeGreaterThan(0);
  });
});

describe('nothing goes early', () => {
  beforeEach(() => {
    retention.days = 7;
    ticksUpTo(START + 7 * DAY);
    clock.wall = START + 7 * DAY;
    open(7);
    live(2 * HOUR);
  });

  it('by a clock that jumped a year ahead, for an hour; nor after it, as no tick is that new', () => {
    const before = ticks();
    clock.wall += 365 * DAY;
    for (let i = 0; i < 59; i++) {
      pass(MINUTE);
      expect(retain()).toBe(0);
    }
    pass(DAY);
    expect(retain()).toBe(0);
    expect(ticks()).toBe(before);
  });

  it('by a clock that jumped ahead and came back, again and again, even where a source has the same clock', () => {
    for (let i = 0; i < 20; i++) {
      clock.wall += 100 * DAY;
      ticksUpTo(clock.wall);
      for (let minute = 0; minute < 50; minute++) {
        pass(MINUTE);
        expect(retain()).toBe(0);
      }
      clock.wall -= 100 * DAY;
      pass(MINUTE);
      expect(retain()).toBe(0);
    }
  });

  it('by a clock that was put back, and what has passed since counts from there', () => {
    clock.wall -= 3 * DAY;
    pass(MINUTE);
    expect(retain()).toBe(0);
    expect(retention.reference()).toBe(clock.wall);
  });

  it('by a source that dates its ticks a year ahead', () => {
    const before = ticks();
    ticksUpTo(clock.wall + 365 * DAY);
    pass(MINUTE);
    expect(retain()).toBe(0);
    expect(ticks()).toBeGreaterThan(before);
  });

  it('after a sleep: an hour of ticks that come late changes nothing, and days that are over go when the clock has shown itself', () => {
    clock.wall += 3 * DAY;
    expect(retain()).toBe(0);
    ticksUpTo(clock.wall);
    expect(retain()).toBe(0);
    expect(live(2 * HOUR)).toBeGreaterThan(0);
    expect(oldest()).toBeGreaterThan(clock.wall - 8 * DAY);
  });

  it('by a tier that allows fewer days, for a week; one that allows more again within it changes nothing', () => {
    retention.days = 90;
    live(30 * DAY);
    const before = oldest();
    retention.days = 7;
    live(6 * DAY);
    expect(oldest()).toBe(before);
    retention.days = 90;
    live(HOUR);
    retention.days = 7;
    live(6 * DAY);
    expect(oldest()).toBe(before);
    live(2 * DAY);
    expect(oldest()).toBeGreaterThan(clock.wall - 8 * DAY);
  });

  it('by a tier that allowed fewer days just before the host was switched off for a month: only time that it ran counts', () => {
    retention.days = 90;
    live(30 * DAY);
    const before = oldest();
    retention.days = 7;
    live(HOUR);
    clock.wall += 25 * DAY;
    open(7);
    live(5 * HOUR);
    clock.wall += 25 * DAY;
    live(5 * HOUR);
    expect(oldest()).toBe(before);
    live(7 * DAY);
    expect(oldest()).toBeGreaterThan(clock.wall - 8 * DAY);
  });

  it('of a recording of years ago, as long as nothing newer is there', () => {
    clock.wall += 4_000 * DAY;
    open(7);
    live(0);
    pass(2 * HOUR);
    retain();
    pass(2 * HOUR);
    expect(retain()).toBe(0);
    expect(ticks()).toBeGreaterThan(7 * 24);
  });
});
