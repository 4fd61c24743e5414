import { z } from '@tickhub/plugin-sdk';
import type { Log, Store } from '@tickhub/plugin-sdk';

const HEAD = 'state';
/** Characters of one piece; the store takes values of 1 MiB, and a character may have three bytes. */
const PIECE = 300_000;
const Head = z.object({ generation: z.number().int(), pieces: z.number().int().min(0).max(1_000) });
type Head = z.infer<typeof Head>;

/**
 * One value of any size in the plugin's store, replaced as a whole: its pieces are written beside the old ones, then the head is turned to them, so that
 * a crash at any moment leaves the old value or the new one.
 */
export class KeptState<T> {
  readonly #store: Store;
  readonly #schema: z.ZodType<T>;
  readonly #log: Log;
  #head: Head = { generation: 0, pieces: 0 };
  #writing: Promise<void> = Promise.resolve();
  #next: { readonly take: () => T; readonly written: Promise<void> } | null = null;
  #failed = false;

  constructor(store: Store, schema: z.ZodType<T>, log: Log) {
    this.#store = store;
    this.#schema = schema;
    this.#log = log;
  }

  /** What was saved last; null where there is nothing, or nothing that this version can read. */
  async load(): Promise<T | null> {
    const head = Head.safeParse(await this.#store.get(HEAD));
    if (!head.success) return null;
    this.#head = head.data;
    const pieces: string[] = [];
    for (let at = 0; at < head.data.pieces; at++) {
      const piece = await this.#store.get(keyOf(head.data.generation, at));
      if (typeof piece !== 'string') return null;
      pieces.push(piece);
    }
    const parsed = this.#schema.safeParse(parseJson(pieces.join('')));
    if (parsed.success) return parsed.data;
    this.#log.warn('what was counted before the start cannot be read by this version; counting begins anew');
    return null;
  }

  /** Saves what `take` gives; what is asked for while a write runs is taken once, when it is done. Never rejects: a store that fails is said once. */
  save(take: () => T): Promise<void> {
    if (this.#next !== null) return this.#next.written;
    const written = this.#writing.then(() => {
      this.#next = null;
      return this.#write(take());
    });
    this.#next = { take, written };
    this.#writing = written;
    return written;
  }

  async #write(value: T): Promise<void> {
    try {
      const json = JSON.stringify(value);
      const { generation, pieces } = this.#head;
      const next: Head = { generation: generation + 1, pieces: Math.ceil(json.length / PIECE) };
      // All at once: the store puts them into one write.
      await Promise.all(
        Array.from({ length: next.pieces }, (_, at) =>
          this.#store.set(keyOf(next.generation, at), json.slice(at * PIECE, (at + 1) * PIECE)),
        ),
      );
      await this.#store.set(HEAD, next);
      this.#head = next;
      await Promise.all(Array.from({ length: pieces }, (_, at) => this.#store.delete(keyOf(generation, at))));
      this.#failed = false;
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#log.warn('what is counted could not be saved: after a crash it is counted from where it was saved last', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

function keyOf(generation: number, piece: number): string {
  return `${HEAD}/${generation}/${piece}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
