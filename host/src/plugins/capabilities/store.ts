/**
 * The `store` capability of one plugin: JSON values in one file, `{"format":1,"entries":[[key,value],...]}`, replaced whole by rename after an fsync, so that
 * it is always the old or the new one. Changes that come while a write runs go together into the next.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { renameOver } from '../../storage/rename-over.ts';
import { PluginError } from '../errors.ts';

const MAX_VALUE_BYTES = 1_048_576;
const MAX_KEYS = 10_000;
const MAX_KEY_CHARACTERS = 512;
/** The file is rewritten with each commit, so it stays of a size at which that is quick. */
const MAX_STORE_BYTES = 64 * 1_048_576;

const StoreFile = z.object({ format: z.literal(1), entries: z.array(z.tuple([z.string(), z.unknown()])) });

interface Entry {
  readonly json: string;
  readonly bytes: number;
}

export class StoreBackend {
  readonly #file: string;
  readonly #warn: (message: string) => void;
  #entries: Map<string, Entry> | null = null;
  #loading: Promise<Map<string, Entry>> | null = null;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** @param warn told once when a damaged file was set aside. */
  constructor(file: string, warn: (message: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /** @throws {PluginError} STORE_LIMIT, STORE_INVALID, STORE_FAILED, CAPABILITY_UNKNOWN */
  async call(method: string, args: readonly unknown[]): Promise<unknown> {
    const entries = this.#entries ?? (await (this.#loading ??= this.#load()));
    switch (method) {
      case 'get': {
        const entry = entries.get(keyOf(args[0]));
        return entry === undefined ? undefined : (JSON.parse(entry.json) as unknown);
      }
      case 'set':
        return this.#set(entries, keyOf(args[0]), args[1]);
      case 'delete':
        return this.#delete(entries, keyOf(args[0]));
      case 'keys':
        return [...entries.keys()];
      default:
        throw new PluginError('CAPABILITY_UNKNOWN', `store has no "${method}"`);
    }
  }

  /** Resolves when everything that was set is on disk. */
  async flush(): Promise<void> {
    await (this.#next ?? this.#writing).catch(() => undefined);
  }

  #set(entries: Map<string, Entry>, key: string, value: unknown): Promise<void> {
    const json = toJson(key, value);
    const bytes = Buffer.byteLength(json);
    const before = entries.get(key);
    const total = this.#bytes - (before?.bytes ?? 0) + bytes;
    if (bytes > MAX_VALUE_BYTES)
      throw new PluginError('STORE_LIMIT', `the value of "${key}" has ${bytes} bytes, at most ${MAX_VALUE_BYTES} are stored`);
    if (before === undefined && entries.size >= MAX_KEYS) throw new PluginError('STORE_LIMIT', `the store has ${MAX_KEYS} keys already`);
    if (total > MAX_STORE_BYTES)
      throw new PluginError('STORE_LIMIT', `the store would have ${total} bytes, at most ${MAX_STORE_BYTES} are kept`);
    entries.set(key, { json, bytes });
    this.#bytes = total;
    return this.#commit(entries);
  }

  #delete(entries: Map<string, Entry>, key: string): Promise<void> {
    const before = entries.get(key);
    if (before === undefined) return this.#next ?? this.#writing;
    entries.delete(key);
    this.#bytes -= before.bytes;
    return this.#commit(entries);
  }

  /** One write at a time; whoever comes while one runs waits for the next, which has all their changes. */
  #commit(entries: Map<string, Entry>): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        this.#writing = this.#write(entries);
        return this.#writing;
      });
    return this.#next;
  }

  async #write(entries: Map<string, Entry>): Promise<void> {
    const body = [...entries].map(([key, { json }]) => `[${JSON.stringify(key)},${json}]`).join(',\n');
    const fresh = `${this.#file}.new`;
    try {
      await mkdir(path.dirname(this.#file), { recursive: true });
      const handle = await open(fresh, 'w', 0o600);
      try {
        await handle.writeFile(`{"format":1,"entries":[${body}]}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await renameOver(fresh, this.#file);
      await syncFolder(path.dirname(this.#file));
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined);
      throw new PluginError('STORE_FAILED', `${this.#file}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #load(): Promise<Map<string, Entry>> {
    const entries = new Map<string, Entry>();
    try {
      const file = StoreFile.parse(JSON.parse(await readFile(this.#file, 'utf8')));
      for (const [key, value] of file.entries) {
        const json = JSON.stringify(value);
        const bytes = Buffer.byteLength(json);
        entries.set(key, { json, bytes });
        this.#bytes += bytes;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        const aside = `${this.#file}.damaged-${Date.now()}`;
        await rename(this.#file, aside);
        this.#warn(`the store was damaged and begins empty; the damaged file is kept as ${aside}`);
      }
    }
    this.#entries = entries;
    return entries;
  }
}

function keyOf(key: unknown): string {
  if (typeof key !== 'string' || key.length === 0 || key.length > MAX_KEY_CHARACTERS) {
    throw new PluginError('STORE_INVALID', `a key is a string of 1 to ${MAX_KEY_CHARACTERS} characters`);
  }
  return key;
}

function toJson(key: string, value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new PluginError('STORE_INVALID', `the value of "${key}" is not JSON: ${(error as Error).message}`);
  }
  if (json === undefined) throw new PluginError('STORE_INVALID', `the value of "${key}" is not JSON: it is ${typeof value}`);
  return json;
}

/** Makes the rename durable. Windows has no such call, nor needs one. */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
