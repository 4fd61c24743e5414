import { rmSync } from 'node:fs';
import type { RecordBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory, scratchDir } from './history.fixture.ts';
import type { TestHistory } from './history.fixture.ts';

const T0 = Date.UTC(2026, 0, 5);
const ALL = { from: 0, to: 8e15 };

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

type Item = Omit<RecordBatch['records'][number], 'seq'>;

const item = (title: string, change: Partial<Item> = {}): Item => ({ time: T0, receivedAt: T0, key: 'k', body: { title }, ...change });

async function live(seq: number, record: Item, stream: RecordBatch['stream'] = 'news'): Promise<void> {
  history.records('news', { stream, source: 'news', records: [{ ...record, seq }] });
  await history.settled();
}

async function titles(change: object = {}): Promise<unknown[]> {
  const { records } = await history.thread.records({ stream: 'news', ...ALL, ...change });
  return records.map(({ revision = 0, body }) => [revision, body['title']]);
}

describe('a record that comes live with a key the history knows', () => {
  it('is not doubled when it is there by an import, and is a revision when it says something else', async () => {
    await history.thread.importRecords({ stream: 'news', source: 'news', records: [item('one')] });
    await live(1, item('one', { receivedAt: T0 + 5 }));
    expect(await titles({ revisions: 'all' })).toEqual([[0, 'one']]);
    await live(2, item('two', { receivedAt: T0 + 6 }));
    expect(await titles()).toEqual([[1, 'two']]);
  });

  it('is the newest version although a host that lost its spool counts revisions from 0 again', async () => {
    await live(1, item('one'));
    await live(2, item('two', { revision: 1 }));
    await live(3, item('three', { revision: 2 }));
    // As from a new spool, whose seqs and revisions begin anew.
    await live(1, item('three', { receivedAt: T0 + 9 }));
    await live(2, item('four', { receivedAt: T0 + 10, revision: 1 }));
    expect(await titles()).toEqual([[3, 'four']]);
    expect(await titles({ revisions: 'all' })).toHaveLength(4);
  });
});

describe('an import of records', () => {
  it('that have no key doubles nothing when it is done again', async () => {
    const { key: _, ...keyless } = item('one');
    const batch = { stream: 'news' as const, source: 'news', records: [keyless, { ...keyless, time: T0 + 1 }] };
    expect(await history.thread.importRecords(batch)).toEqual({ added: 2, duplicate: 0 });
    expect(await history.thread.importRecords(batch)).toEqual({ added: 0, duplicate: 2 });
  });

  it('of a stream that keeps the newest only does not put an old one in its place', async () => {
    const account = (n: number): Item => ({ time: T0 + n, receivedAt: T0 + n, body: { n } });
    await live(1, account(5), 'account');
    const old = { stream: 'account' as const, source: 'news', records: [account(1)] };
    expect(await history.thread.importRecords(old)).toEqual({ added: 0, duplicate: 1 });
    expect((await history.thread.records({ stream: 'account', ...ALL })).records.map(({ body }) => body)).toEqual([{ n: 5 }]);
  });
});
