import { createHash } from 'node:crypto';
import type { PublishedRecord } from '@tickhub/plugin-sdk/host';
import type { RecordMark, SeenRecord } from '../delivery/spool.ts';

/** So many keys of one stream of one plugin are remembered; those not seen for longest go first. */
export const KEYS_KEPT = 50_000;

/** Enough that two keys of one stream do not meet by chance: 2^-60 for a million of them. */
const HASH_BYTES = 12;

function hash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, HASH_BYTES).toString('base64url');
}

/** What a record says, apart from its key: the same content under the same key is a duplicate. */
function contentOf({ time, symbol, body }: PublishedRecord): string {
  return hash(JSON.stringify([time, symbol ?? null, sorted(body)]));
}

/** JSON with its members in the order of their names, so that two ways of writing a body are one content. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}

/** What a record that is new did to what is known. */
export interface KeyChange {
  /** Versions of this key that came before. */
  readonly revision: number;
  readonly mark: RecordMark;
  readonly before: SeenRecord | null;
}

/** The keys of records that were taken, per plugin and stream; filled from the spool, which keeps them with the frames. */
export class RecordKeys {
  readonly #streams = new Map<string, Map<string, SeenRecord>>();
  readonly #kept: number;

  constructor(known: Iterable<readonly [stream: string, key: string, seen: SeenRecord]>, kept = KEYS_KEPT) {
    this.#kept = kept;
    for (const [stream, key, seen] of known) this.#keysOf(stream).set(key, seen);
  }

  /** Takes a record in. @returns null for a duplicate. */
  take(stream: string, record: PublishedRecord & { readonly key: string }): KeyChange | null {
    const keys = this.#keysOf(stream);
    const key = hash(record.key);
    const content = contentOf(record);
    const before = keys.get(key) ?? null;
    // What a source still shows stays known, however old it is.
    keys.delete(key);
    if (before?.content === content) {
      keys.set(key, before);
      return null;
    }
    const seen = { content, revision: before === null ? 0 : before.revision + 1 };
    keys.set(key, seen);
    return { revision: seen.revision, mark: { stream, key, seen }, before };
  }

  /** Takes changes back, the last first. */
  undo(changes: readonly KeyChange[]): void {
    for (const { mark, before } of changes.toReversed()) {
      const keys = this.#keysOf(mark.stream);
      if (before === null) keys.delete(mark.key);
      else keys.set(mark.key, before);
    }
  }

  /** Forgets the keys there is no room for. @returns what makes the spool forget them, too. */
  trim(stream: string): RecordMark[] {
    const keys = this.#keysOf(stream);
    const forgotten: RecordMark[] = [];
    for (const key of keys.keys()) {
      if (keys.size <= this.#kept) break;
      keys.delete(key);
      forgotten.push({ stream, key, seen: null });
    }
    return forgotten;
  }

  #keysOf(stream: string): Map<string, SeenRecord> {
    let keys = this.#streams.get(stream);
    if (keys === undefined) this.#streams.set(stream, (keys = new Map()));
    return keys;
  }
}
