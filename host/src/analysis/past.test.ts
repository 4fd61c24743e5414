import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { BarBody } from '@tickhub/plugin-sdk/host';
import type { HistoryInfo, StoredRecord } from '../history/history.ts';
import { archiveIn, describeModel, HOUR, hours, ScriptedPlugin, testMonitor, WEDNESDAY } from './analysis.fixture.ts';
import { ArchiveThread } from './archive/archive-thread.ts';
import { BarRank } from './archive/bar-archive.ts';
import type { BarArchive } from './archive/bar-archive.ts';
import { openingOf } from './bars/bar-time.ts';
import { barsOf } from './bars/closed-bars.ts';
import { Past } from './past.ts';
import type { PastHistory } from './past.ts';

const MINUTE = 60_000;
const KEY = { symbol: 'EURUSD', widthMs: HOUR };

function bar(hour: number, close: number, ticks = 10) {
  return { time: WEDNESDAY + hour * HOUR, open: close, high: close, low: close, close, ticks };
}

/** A history of one source's ticks, as times and bids, and of recorded bars. */
function historyOf(ticks: readonly (readonly [at: number, bid: number])[], recorded: readonly StoredRecord[] = [], source = 'feed') {
  const queries: { from: number; to: number }[] = [];
  const series = {
    source,
    symbol: 'EURUSD',
    rawName: '',
    digits: 5,
    ticks: ticks.length,
    bytes: 0,
    from: ticks[0]?.[0] ?? 0,
    to: ticks.at(-1)?.[0] ?? 0,
  };
  const history: PastHistory = {
    info: () =>
      Promise.resolve({
        path: '',
        bytes: 0,
        series: ticks.length === 0 ? [] : [series],
        streams: recorded.length === 0 ? [] : [{ stream: 'bars', source, from: 0, to: 1, records: recorded.length, bytes: 0 }],
        gaps: [],
        since: null,
      } satisfies HistoryInfo),
    bars: ({ from, to, symbol }) => {
      queries.push({ from, to });
      const groups = [
        ...Map.groupBy(
          ticks.filter(([at]) => at >= from && at < to),
          ([at]) => openingOf(at, HOUR),
        ),
      ];
      const column = (of: (bids: number[]) => number): Float64Array =>
        Float64Array.from(groups, ([, all]) => of(all.map(([, bid]) => bid)));
      return Promise.resolve({
        source,
        symbol,
        digits: 5,
        side: 'bid',
        count: groups.length,
        volume: null,
        more: false,
        damaged: 0,
        time: Float64Array.from(groups, ([time]) => time),
        open: column((bids) => bids[0] ?? 0),
        high: column((bids) => Math.max(...bids)),
        low: column((bids) => Math.min(...bids)),
        close: column((bids) => bids.at(-1) ?? 0),
        ticks: column((bids) => bids.length),
      });
    },
    records: ({ from, to }) => Promise.resolve({ records: recorded.filter(({ time }) => time >= from && time < to), next: null }),
  };
  return { history, queries };
}

function recordedBar(hour: number, close: number, source = 'feed', change: Partial<BarBody> = {}): StoredRecord {
  const body: BarBody = { widthMs: HOUR, side: 'bid', open: close, high: close, low: close, close, ticks: 5, closed: true, ...change };
  return { stream: 'bars', source, seq: 1, time: WEDNESDAY + hour * HOUR, symbol: 'EURUSD', receivedAt: 0, body };
}

const closes = async (archive: BarArchive): Promise<[number, number][]> => {
  const { time, close } = await archive.read(KEY, 100, Infinity);
  return Array.from(time, (at, i) => [(at - WEDNESDAY) / HOUR, close[i] as number]);
};

const query = { want: 50, source: 'feed', before: WEDNESDAY + 9 * HOUR };

describe('the past of a symbol', () => {
  it('is the history’s ticks, then what was recorded, where there is no other bar', async () => {
    const archive = archiveIn();
    const ticks = [1, 2, 4, 5].flatMap((h) => [
      [WEDNESDAY + h * HOUR + 20 * MINUTE, h] as const,
      [WEDNESDAY + h * HOUR + 50 * MINUTE, h + 0.5] as const,
    ]);
    const recorded = [0, 1, 2, 3, 6].map((h) => recordedBar(h, 100 + h));
    const strange = [
      recordedBar(7, 1, 'feed', { closed: false }),
      recordedBar(7, 1, 'feed', { side: 'ask' }),
      recordedBar(7, 1, 'feed', { widthMs: MINUTE }),
    ];
    const { history } = historyOf(ticks, [...recorded, ...strange, recordedBar(8, 108, 'zz'), recordedBar(6, 999, 'zz')]);
    await new Past(archive, history).bringTogether(KEY, query);
    // Of the first bar of the ticks a part is missing: the terminal's is better.
    expect(await closes(archive)).toEqual([
      [0, 100],
      [1, 101],
      [2, 2.5],
      [3, 103],
      [4, 4.5],
      [5, 5.5],
      [6, 106],
      [8, 108],
    ]);
  });

  it('is asked of the history only where the archive has no ticks yet', async () => {
    const archive = archiveIn();
    await archive.put(KEY, barsOf([bar(1, 7), bar(2, 8)]), BarRank.ticks, 'feed', 50);
    const { history, queries } = historyOf([
      [WEDNESDAY + HOUR, 99],
      [WEDNESDAY + 3 * HOUR, 3],
      [WEDNESDAY + 9 * HOUR, 9],
    ]);
    await new Past(archive, history).bringTogether(KEY, query);
    expect(queries).toEqual([{ from: WEDNESDAY + 3 * HOUR, to: WEDNESDAY + 9 * HOUR }]);
    expect(await closes(archive)).toEqual([
      [1, 7],
      [2, 8],
      [3, 3],
    ]);
  });

  it('is the same in whatever order bars of different ranks come', () => {
    const ranks = [BarRank.partial, BarRank.recorded, BarRank.ticks];
    const put = fc.record({ hour: fc.integer({ min: 0, max: 5 }), rank: fc.constantFrom(...ranks) });
    return fc.assert(
      fc.asyncProperty(fc.array(put, { maxLength: 20 }), async (puts) => {
        const archive = archiveIn();
        const best = new Map<number, number>();
        for (const { hour, rank } of puts) {
          await archive.put(KEY, barsOf([bar(hour, rank + 1)]), rank, 'feed', 50);
          best.set(hour, Math.max(best.get(hour) ?? 0, rank + 1));
        }
        expect(await closes(archive)).toEqual([...best].sort(([a], [b]) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps a revision of a recorded bar by its own source, and no more bars than are wanted', async () => {
    const archive = archiveIn();
    const put = (close: number, source: string) => archive.put(KEY, barsOf([bar(0, close)]), BarRank.recorded, source, 10);
    expect([await put(1, 'a'), await put(2, 'b'), await put(1, 'a'), await put(3, 'a')]).toEqual([1, 0, 0, 1]);
    expect(await closes(archive)).toEqual([[0, 3]]);
    await archive.put(KEY, barsOf(Array.from({ length: 12 }, (_, i) => bar(i + 1, i))), BarRank.ticks, 'a', 10);
    expect((await closes(archive)).map(([hour]) => hour)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await archive.span(KEY)).toEqual({
      count: 10,
      first: WEDNESDAY + 3 * HOUR,
      last: WEDNESDAY + 12 * HOUR,
      lastOfTicks: WEDNESDAY + 12 * HOUR,
    });
  });
});

describe('the monitor and the past', () => {
  const opened: ScriptedPlugin[] = [];
  const withPlugin = (t: ReturnType<typeof testMonitor>): ScriptedPlugin => {
    const plugin = new ScriptedPlugin('models', [describeModel()]);
    opened.push(plugin);
    t.analysts.add(plugin.analyst);
    return plugin;
  };
  const seedTimes = (plugin: ScriptedPlugin): number[][] =>
    plugin.seeds.map((task) => (task.type === 'seed' ? Array.from(task.bars.time, (at) => (at - WEDNESDAY) / HOUR) : []));

  it('completes the bar in which the host began from the history’s ticks', async () => {
    const { history } = historyOf([
      [WEDNESDAY - HOUR, 0.9],
      [WEDNESDAY, 0.8],
      [WEDNESDAY + 40 * MINUTE, 1.1],
      [WEDNESDAY + 59 * MINUTE, 1.2],
    ]);
    const t = testMonitor({ history });
    const plugin = withPlugin(t);
    t.tick(
      { symbol: 0, at: WEDNESDAY + 40 * MINUTE, bid: 1.1 },
      { symbol: 0, at: WEDNESDAY + 59 * MINUTE, bid: 1.2 },
      { symbol: 0, at: WEDNESDAY + HOUR, bid: 1.3 },
    );
    await t.bodies();
    const asked = plugin.tasks.find(({ type }) => type === 'bars');
    expect(asked).toMatchObject({
      bars: { time: Float64Array.of(WEDNESDAY), open: Float64Array.of(0.8), low: Float64Array.of(0.8), volume: Float64Array.of(3) },
    });
    expect(seedTimes(plugin)).toEqual([[-1]]);
  });

  it('fills a hole with a terminal’s bar, seeds again with older ones, and takes none for a bar of ticks', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    const take = (...records: StoredRecord[]): void => t.monitor.takeRecords('feed', { stream: 'bars', source: 'feed', records });
    const minutes = (from: number, to: number): void => {
      for (let at = from; at <= to; at += 10 * MINUTE) t.tick({ symbol: 0, at: WEDNESDAY + at, bid: 1 });
    };
    minutes(0, 2 * HOUR);
    await t.bodies();
    // Ticks of 12:00 to 13:00 were lost but for the first.
    minutes(3 * HOUR, 3 * HOUR + 10 * MINUTE);
    await t.bodies();
    take(recordedBar(-3, 0.7), recordedBar(1, 555), recordedBar(3, 556));
    minutes(3 * HOUR + 20 * MINUTE, 4 * HOUR);
    await t.bodies();
    expect(seedTimes(plugin)).toEqual([[], [-3, 0, 1, 2]]);
    expect(plugin.asked.at(-1)).toEqual([WEDNESDAY + 3 * HOUR]);
    expect((await closes(t.archive)).map(([, close]) => close)).toEqual([0.7, 1, 1, 1, 1]);
  });

  it('learns from bars that are imported while it runs, and asks about none of them', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    for (let at = 0; at <= HOUR; at += 10 * MINUTE) t.tick({ symbol: 0, at: WEDNESDAY + at, bid: 1 });
    await t.bodies();
    const imported = [-3, -2, -1].map((hour) => {
      const { time, body } = recordedBar(hour, 0.5);
      return { time, symbol: 'EURUSD', key: `k${hour}`, body };
    });
    t.monitor.takeRecords('', { stream: 'bars', source: 'file', records: imported });
    for (let at = HOUR; at <= 2 * HOUR; at += 10 * MINUTE) t.tick({ symbol: 0, at: WEDNESDAY + at, bid: 1 });
    expect(await t.bodies()).toHaveLength(2);
    expect(seedTimes(plugin)).toEqual([[], [-3, -2, -1, 0]]);
  });

  it('tells models the digits that the source gives its prices, not those of a bar that came before, and again when they change', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    t.monitor.takeRecords('feed', { stream: 'bars', source: 'feed', records: [recordedBar(-1, 0.7)] });
    hours(t, 1);
    await t.bodies();
    t.quoted.digits = 3;
    hours(t, 1, WEDNESDAY + HOUR);
    await t.bodies();
    expect(plugin.tasks.map((task) => [task.type, 'digits' in task ? task.digits : null])).toEqual([
      ['seed', 5],
      ['bars', 5],
      ['seed', 3],
      ['bars', 3],
    ]);
  });

  it('asks about a terminal’s bar where the ticks of that hour never came', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    for (let at = 0; at <= HOUR; at += 10 * MINUTE) t.tick({ symbol: 0, at: WEDNESDAY + at, bid: 1 });
    await t.bodies();
    t.tick({ symbol: 0, at: WEDNESDAY + 3 * HOUR, bid: 1 });
    await t.bodies();
    t.clock.now = WEDNESDAY + 3 * HOUR + 1_000;
    t.monitor.takeRecords('feed', { stream: 'bars', source: 'feed', records: [recordedBar(2, 0.7)] });
    expect((await t.bodies()).at(-1)).toMatchObject({ at: WEDNESDAY + 3 * HOUR, value: 0.7 });
    // The bar of the one tick before it had not been asked about: nobody knew that the market was live.
    expect(plugin.asked.at(-1)).toEqual([WEDNESDAY + HOUR, WEDNESDAY + 2 * HOUR]);
  });
});

describe('the archive’s thread', () => {
  const dirs: string[] = [];
  const scratch = async (): Promise<string> => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-bars-'));
    dirs.push(dir);
    return path.join(dir, 'bars.db');
  };
  afterEach(async () => {
    for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });

  it('has after a restart what was put in, and what was noted', async () => {
    const file = await scratch();
    const first = new ArchiveThread(file, () => undefined);
    await first.put(KEY, barsOf([bar(0, 1), bar(1, 2)]), BarRank.ticks, 'feed', 50);
    await first.setNote('a', 'b');
    await first.close();
    await expect(first.span(KEY)).rejects.toMatchObject({ code: 'ARCHIVE_CLOSED' });
    const second = new ArchiveThread(file, () => undefined);
    expect(await closes(second)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(await second.note('a')).toBe('b');
    await second.close();
  });

  it('sets a damaged file aside and begins anew, and refuses one that is another’s', async () => {
    const file = await scratch();
    await writeFile(file, Buffer.alloc(8_192, 'no database'));
    const troubles: string[] = [];
    const archive = new ArchiveThread(file, (message) => troubles.push(message));
    expect(await archive.put(KEY, barsOf([bar(0, 1)]), BarRank.ticks, 'feed', 50)).toBe(1);
    expect(troubles).toEqual([expect.stringContaining('set aside as')]);
    await archive.close();

    const others = await scratch();
    new DatabaseSync(others).exec('PRAGMA user_version = 7; CREATE TABLE a(b)');
    await expect(new ArchiveThread(others, (message) => troubles.push(message)).span(KEY)).rejects.toMatchObject({
      code: 'ARCHIVE_FAILED',
    });
    expect(troubles.at(-1)).toContain('is no archive of bars that this version reads');
  });
});
