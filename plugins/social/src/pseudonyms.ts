import { createHmac, randomBytes } from 'node:crypto';
import { z } from '@tickhub/plugin-sdk';
import type { Store } from '@tickhub/plugin-sdk';

const KEY = 'pseudonym-key';
const KEY_BYTES = 32;
const StoredKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/**
 * Names for authors and posts that lead back to nobody: HMAC-SHA-256 under a random key that is made once in this installation, stays in the plugin's
 * store, and leaves the machine in no record, log or health. The same author has another name in another installation.
 */
export class Pseudonyms {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** The key of this installation; made when there is none. */
  static async load(store: Store): Promise<Pseudonyms> {
    const stored = StoredKey.safeParse(await store.get(KEY));
    if (stored.success) return new Pseudonyms(Buffer.from(stored.data, 'base64url'));
    const key = randomBytes(KEY_BYTES);
    await store.set(KEY, key.toString('base64url'));
    return new Pseudonyms(key);
  }

  /** 22 characters, 128 bits. */
  author(network: string, author: string): string {
    return this.#of('author', network, author);
  }

  post(network: string, id: string): string {
    return this.#of('post', network, id);
  }

  #of(...parts: readonly string[]): string {
    return createHmac('sha256', this.#key).update(parts.join('\u0000')).digest('base64url').slice(0, 22);
  }
}
