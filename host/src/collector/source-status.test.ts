import type { SourceHealth } from '@tickhub/plugin-sdk/host';
import { describe, expect, it } from 'vitest';
import type { PluginInfo } from '../plugins/plugin-info.ts';
import { SourceBook } from './source-book.ts';
import { sourceStatuses } from './source-status.ts';
import type { SourceFacts, TickActivity } from './source-status.ts';

const NOW = 1_000_000;

function plugin(id: string, change: Partial<PluginInfo> = {}, sources?: readonly SourceHealth[]): PluginInfo {
  return {
    id,
    folder: '/f',
    origin: 'user',
    version: '1.0.0',
    kind: 'data-source',
    tier: 'free',
    state: 'running',
    detail: '',
    reason: '',
    since: 7,
    restarts: 0,
    pid: 1,
    rssBytes: 1,
    loopLagMs: 0,
    status: { status: 'ok', detail: '', counters: {}, ...(sources && { sources: [...sources] }) },
    refused: [],
    held: null,
    lastCrash: null,
    ...change,
  };
}

const flowing: TickActivity = { ticks: 10, perSecond: 2, symbols: 2, silent: 0, silentMs: 1_000 };

function statuses(facts: Partial<SourceFacts>) {
  const book = new SourceBook();
  book.take({ stream: 'news', source: 'news:fed', records: [{ seq: 1, time: 1, body: {}, receivedAt: 900_000 }] });
  return sourceStatuses({
    plugins: [],
    ticks: new Map(),
    records: (source) => book.of(source),
    recordSources: [],
    now: NOW,
    ...facts,
  });
}

describe('sourceStatuses', () => {
  it('believes a plugin nothing of another one, nor of one that there is not', () => {
    const claim = (source: string): SourceHealth => ({
      source,
      state: 'refused',
      detail: 'pay me',
      since: 1,
      lastDataAt: null,
      nextAttemptAt: null,
      counters: {},
    });
    const claims = ['news:fed', 'news:made-up', 'nobody:x', 'evil', 'evil:own'].map(claim);
    const shown = statuses({ plugins: [plugin('evil', {}, claims), plugin('news')], recordSources: ['news:fed'] });
    expect(shown.map(({ source, plugin: owner, state }) => [source, owner, state])).toEqual([
      ['evil', 'evil', 'refused'],
      ['evil:own', 'evil', 'refused'],
      ['news:fed', 'news', 'ok'],
    ]);
  });

  it('shows what a plugin says of its sources, and what came of them since', () => {
    const health: SourceHealth = {
      source: 'news:fed',
      state: 'rate-limited',
      detail: 'asked for a pause',
      since: 5,
      lastDataAt: 800_000,
      nextAttemptAt: 1_060_000,
      counters: { polls: 3 },
    };
    expect(statuses({ plugins: [plugin('news', {}, [health])], recordSources: ['news:fed'] })).toEqual([
      {
        source: 'news:fed',
        plugin: 'news',
        state: 'rate-limited',
        detail: 'asked for a pause',
        since: 5,
        lastDataAt: 900_000,
        nextAttemptAt: 1_060_000,
        ticks: 0,
        ticksPerSecond: 0,
        records: { news: 1 },
        counters: { polls: 3 },
      },
    ]);
  });

  it('judges a source that its plugin says nothing of by its ticks', () => {
    const at = (activity: TickActivity) => statuses({ plugins: [plugin('feed')], ticks: new Map([['feed', activity]]) })[0];
    expect(at(flowing)).toMatchObject({ state: 'ok', detail: '', lastDataAt: 999_000, ticks: 10, ticksPerSecond: 2 });
    expect(at({ ...flowing, silent: 1 })).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('1 of 2 symbols are silent') as string,
    });
    expect(at({ ...flowing, silent: 2 })).toMatchObject({ state: 'stale' });
    expect(at({ ...flowing, ticks: 0, silentMs: null })).toMatchObject({ state: 'starting', lastDataAt: null });
  });

  it('says why nothing comes of a source whose plugin does not run, or is not there', () => {
    const of = (plugins: PluginInfo[]) => statuses({ plugins, ticks: new Map([['feed:a', flowing]]) })[0];
    expect(of([plugin('feed', { state: 'quarantined', reason: '5 crashes' })])).toMatchObject({
      state: 'off',
      detail: 'feed is quarantined: 5 crashes',
    });
    expect(of([])).toMatchObject({ plugin: 'feed', state: 'off', detail: 'there is no such plugin any more' });
  });

  it('lists each source once, by name', () => {
    const health = (source: string): SourceHealth => ({
      source,
      state: 'ok',
      detail: '',
      since: 0,
      lastDataAt: null,
      nextAttemptAt: null,
      counters: {},
    });
    const found = statuses({
      plugins: [plugin('b', {}, [health('b:2'), health('b:1')]), plugin('a')],
      ticks: new Map([['a', flowing]]),
      recordSources: ['b:1', 'news:fed'],
    });
    expect(found.map(({ source }) => source)).toEqual(['a', 'b:1', 'b:2', 'news:fed']);
  });
});

describe('SourceBook', () => {
  it('counts records by stream, and gaps by symbol, and ends at its bound', () => {
    const book = new SourceBook();
    const record = { seq: 1, time: 1, body: {} };
    for (let i = 0; i <= SourceBook.MAX_SOURCES; i++) book.take({ stream: 'custom', source: `feed:${i}`, records: [record] });
    book.take({
      stream: 'gap',
      source: 'feed:0',
      records: [
        { ...record, symbol: 'A' },
        { ...record, symbol: 'A' },
      ],
    });
    expect([...book.names]).toHaveLength(SourceBook.MAX_SOURCES);
    expect(book.of('feed:0')).toMatchObject({ records: { custom: 1, gap: 2 }, lastRecordAt: null });
    expect(book.of('feed:0')?.gaps.get('A')).toBe(2);
  });
});
