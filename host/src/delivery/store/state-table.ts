/**
 * The spool's small state: a map of keys to JSON values, in memory, and on disk as of its last fold. Changes are made in a transaction
 * and undone together when the disk refuses it.
 *
 * On disk: `state(id INTEGER PRIMARY KEY, data BLOB)`, data = u32 CRC-32 of the rest, then UTF-8 JSON `[fold, key, value]`. Of two rows with one key
 * the one with the higher fold counts. What a spool cannot live without (see {@link isVital}) is written to `state_copy`, too, which lies on other pages.
 */
import { crc32 } from 'node:zlib';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface StateRow {
  readonly fold: number;
  readonly key: string;
  readonly value: unknown;
}

export function isVital(key: string): boolean {
  return key === 'meta' || key.startsWith('source/') || key.startsWith('symbol/');
}

function encodeRow(row: StateRow): Uint8Array {
  const json = Buffer.from(JSON.stringify([row.fold, row.key, row.value]));
  const data = new Uint8Array(4 + json.byteLength);
  data.set(json, 4);
  new DataView(data.buffer).setUint32(0, crc32(json), true);
  return data;
}

/** Null when the row is damaged. */
export function decodeRow(data: unknown): StateRow | null {
  if (!(data instanceof Uint8Array) || data.byteLength < 8) return null;
  const json = data.subarray(4);
  if (new DataView(data.buffer, data.byteOffset).getUint32(0, true) !== crc32(json)) return null;
  // The checksum is right, so these are bytes that encodeRow wrote.
  const [fold, key, value] = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString()) as [number, string, unknown];
  return { fold, key, value };
}

export class StateTable {
  readonly #values = new Map<string, unknown>();
  readonly #ids = new Map<string, number>();
  readonly #dirty = new Set<string>();
  /** Values before the transaction; null outside of one. */
  #undo: Map<string, unknown> | null = null;
  #fold = 0;
  #nextId = 1;

  /** Takes rows as found, in any order, of whichever fold. */
  load(rows: Iterable<StateRow>): void {
    const folds = new Map<string, number>();
    for (const row of rows) {
      this.#fold = Math.max(this.#fold, row.fold);
      if ((folds.get(row.key) ?? -1) > row.fold) continue;
      folds.set(row.key, row.fold);
      this.#values.set(row.key, row.value);
    }
  }

  /** Says under which row ids the keys lie on disk. */
  adopt(id: number, key: string): void {
    this.#nextId = Math.max(this.#nextId, id + 1);
    this.#ids.set(key, id);
  }

  get<T>(key: string): T | undefined {
    return this.#values.get(key) as T | undefined;
  }

  /** Keys that start with `prefix`, without it, and their values. */
  *under<T>(prefix: string): Generator<[string, T]> {
    for (const [key, value] of this.#values) if (key.startsWith(prefix)) yield [key.slice(prefix.length), value as T];
  }

  /** `value` must not be changed afterwards; undefined removes the key. */
  put(key: string, value: unknown): void {
    if (this.#undo !== null && !this.#undo.has(key)) this.#undo.set(key, this.#values.get(key));
    this.#set(key, value);
  }

  begin(): void {
    this.#undo = new Map();
  }

  /** The transaction is on disk; `folded` when {@link flush} was in it. */
  commit(folded: boolean): void {
    this.#undo = null;
    if (folded) this.#dirty.clear();
  }

  rollback(): void {
    const undo = this.#undo;
    this.#undo = null;
    if (undo === null) return;
    for (const [key, value] of undo) this.#set(key, value);
  }

  /** Marks everything as not on disk: the next flush goes to a new file. */
  forgetDisk(): void {
    this.#ids.clear();
    this.#nextId = 1;
    for (const key of this.#values.keys()) this.#dirty.add(key);
  }

  /** Writes what changed since the last fold. Within a transaction of `db`. */
  flush(statements: StateStatements): void {
    this.#fold++;
    for (const key of this.#dirty) {
      const value = this.#values.get(key);
      let id = this.#ids.get(key);
      if (value === undefined) {
        if (id !== undefined) statements.remove.run(id);
        continue;
      }
      if (id === undefined) {
        id = this.#nextId++;
        this.#ids.set(key, id);
      }
      const data = encodeRow({ fold: this.#fold, key, value });
      statements.put.run(id, data);
      if (isVital(key)) statements.putCopy.run(id, data);
    }
  }

  #set(key: string, value: unknown): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    this.#dirty.add(key);
  }
}

export interface StateStatements {
  readonly put: StatementSync;
  readonly putCopy: StatementSync;
  readonly remove: StatementSync;
}

export function stateStatements(db: DatabaseSync): StateStatements {
  return {
    put: db.prepare('INSERT OR REPLACE INTO state(id, data) VALUES (?, ?)'),
    putCopy: db.prepare('INSERT OR REPLACE INTO state_copy(id, data) VALUES (?, ?)'),
    remove: db.prepare('DELETE FROM state WHERE id = ?'),
  };
}
