import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readText } from '../storage/read-text.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import type { Log } from '../telemetry/log.ts';

const FETCH_TIMEOUT_MS = 10_000;

const Kept = z.strictObject({ from: z.string(), keys: z.string() });

export interface KeySetText {
  readonly text: string;
  /** It is the copy of an earlier run, because the backend could not be asked. */
  readonly isKept: boolean;
}

/** Where a configured backend's key set is: a file, or an address. What was fetched is kept, for a start without a network. */
export class KeySetSource {
  readonly #jwks: string;
  readonly #dataDir: string;
  readonly #log: Log;

  /**
   * @param jwks an http or https address, or a path relative to `dataDir`.
   * @param dataDir absolute; the last key set that was fetched is kept in it.
   */
  constructor(jwks: string, dataDir: string, log: Log) {
    this.#jwks = jwks;
    this.#dataDir = dataDir;
    this.#log = log;
  }

  /** Reads or fetches it. Rejects when there is neither it nor a copy of it. */
  async read(): Promise<KeySetText> {
    if (!/^https?:/i.test(this.#jwks)) return { text: await readText(path.resolve(this.#dataDir, this.#jwks)), isKept: false };
    try {
      return { text: await this.#fetch(), isKept: false };
    } catch (error) {
      const text = await this.#kept();
      if (text === null) throw error;
      this.#log.warn(`${reason(error)}; going on with the key set of the last time`);
      return { text, isKept: true };
    }
  }

  /** Keeps a fetched set that has proved to be one. */
  async keep(text: string): Promise<void> {
    if (!/^https?:/i.test(this.#jwks)) return;
    await writeFileAtomic(this.#file, `${JSON.stringify({ from: this.#jwks, keys: text })}\n`);
  }

  async #fetch(): Promise<string> {
    const answer = await fetch(this.#jwks, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
    if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
    return answer.text();
  }

  /** Null when there is none, or it is another backend's. */
  async #kept(): Promise<string | null> {
    try {
      const { from, keys } = Kept.parse(JSON.parse(await readFile(this.#file, 'utf8')));
      return from === this.#jwks ? keys : null;
    } catch {
      return null;
    }
  }

  get #file(): string {
    return path.join(this.#dataDir, 'backend-jwks.json');
  }
}

/** An error in words; `fetch failed` alone says nothing. */
export function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}
