import { z } from 'zod';
import type { Database, Statement } from './database.ts';

/** How far history has come in the spool: everything up to `seq` of this epoch is in it. */
export const Position = z.object({ epoch: z.string(), seq: z.number().int().min(0) });
export type Position = z.infer<typeof Position>;

/** See `retention.ts`. */
export const RetentionState = z.object({
  /** The time that is trusted, and what the clock said then; Unix epoch milliseconds. */
  trusted: z.number(),
  /** Days that are kept, and since when (trusted time) fewer are wanted; null when no fewer are. */
  days: z.number().nullable(),
  fewerSince: z.number().nullable(),
});
export type RetentionState = z.infer<typeof RetentionState>;

/** The small things that history knows of itself. */
export class StateTable {
  readonly #get: Statement;
  readonly #set: Statement;

  constructor(db: Database) {
    this.#get = db.prepare('SELECT value FROM state WHERE key = ?');
    this.#set = db.prepare('INSERT INTO state(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value');
  }

  get position(): Position | null {
    return this.#read('position', Position);
  }

  set position(position: Position) {
    this.#write('position', position);
  }

  get commit(): number {
    return this.#read('commit', z.number().int()) ?? 0;
  }

  set commit(commit: number) {
    this.#write('commit', commit);
  }

  get retention(): RetentionState | null {
    return this.#read('retention', RetentionState);
  }

  set retention(state: RetentionState) {
    this.#write('retention', state);
  }

  #read<T>(key: string, schema: z.ZodType<T>): T | null {
    const value = this.#get.get(key)?.['value'];
    return typeof value === 'string' ? schema.parse(JSON.parse(value)) : null;
  }

  #write(key: string, value: unknown): void {
    this.#set.run(key, JSON.stringify(value));
  }
}
