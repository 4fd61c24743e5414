import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { decodeRow, StateTable, stateStatements } from './state-table.ts';
import type { StateRow } from './state-table.ts';

function database(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE state(id INTEGER PRIMARY KEY, data BLOB); CREATE TABLE state_copy(id INTEGER PRIMARY KEY, data BLOB)');
  return db;
}

function rowsOf(db: DatabaseSync, table = 'state'): StateRow[] {
  return db
    .prepare(`SELECT data FROM ${table} ORDER BY id`)
    .all()
    .map(({ data }) => decodeRow(data) as StateRow);
}

describe('StateTable', () => {
  it('writes what changed, and what is vital twice', () => {
    const db = database();
    const table = new StateTable();
    table.put('meta', { epoch: 'a' });
    table.put('cursor/1', 5);
    table.flush(stateStatements(db));
    table.commit(true);
    table.put('cursor/1', 6);
    table.flush(stateStatements(db));
    table.commit(true);
    expect(rowsOf(db)).toEqual([
      { fold: 1, key: 'meta', value: { epoch: 'a' } },
      { fold: 2, key: 'cursor/1', value: 6 },
    ]);
    expect(rowsOf(db, 'state_copy')).toEqual([{ fold: 1, key: 'meta', value: { epoch: 'a' } }]);
  });

  it('undoes a transaction, and still writes what it had not written before', () => {
    const db = database();
    const table = new StateTable();
    table.put('cursor/1', 1);
    table.begin();
    table.put('cursor/1', 2);
    table.put('cursor/1', 3);
    table.put('cursor/2', 1);
    table.rollback();
    expect([table.get('cursor/1'), table.get('cursor/2')]).toEqual([1, undefined]);
    table.flush(stateStatements(db));
    expect(rowsOf(db)).toEqual([{ fold: 1, key: 'cursor/1', value: 1 }]);
  });

  it('removes keys on disk', () => {
    const db = database();
    const table = new StateTable();
    table.put('loss/1', {});
    table.flush(stateStatements(db));
    table.commit(true);
    table.put('loss/1', undefined);
    table.flush(stateStatements(db));
    expect(rowsOf(db)).toEqual([]);
  });

  it('takes the newer of two rows with one key, in whichever order they come', () => {
    const rows: StateRow[] = [
      { fold: 3, key: 'cursor/1', value: 'old' },
      { fold: 7, key: 'cursor/1', value: 'new' },
      { fold: 5, key: 'cursor/1', value: 'middle' },
    ];
    for (const order of [rows, rows.toReversed()]) {
      const table = new StateTable();
      table.load(order);
      expect(table.get('cursor/1')).toBe('new');
    }
  });

  it('goes on with the row ids that are on disk', () => {
    const db = database();
    const first = new StateTable();
    first.put('cursor/1', 1);
    first.put('cursor/2', 1);
    first.flush(stateStatements(db));
    const second = new StateTable();
    const stored = db.prepare('SELECT id, data FROM state').all();
    second.load(
      stored.map(({ id, data }) => {
        const row = decodeRow(data) as StateRow;
        second.adopt(id as number, row.key);
        return row;
      }),
    );
    second.put('cursor/2', 2);
    second.put('cursor/3', 1);
    second.flush(stateStatements(db));
    expect(rowsOf(db).map(({ key, value }) => [key, value])).toEqual([
      ['cursor/1', 1],
      ['cursor/2', 2],
      ['cursor/3', 1],
    ]);
  });

  it('knows a damaged row', () => {
    const db = database();
    const table = new StateTable();
    table.put('cursor/1', 1);
    table.flush(stateStatements(db));
    const data = db.prepare('SELECT data FROM state').get()?.['data'] as Uint8Array;
    data[9] = (data[9] as number) ^ 4;
    expect(decodeRow(data)).toBeNull();
    expect(decodeRow('text')).toBeNull();
  });
});
