import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PluginManifest } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';
import { listFolder } from './folder-files.ts';
import type { FolderFile } from './folder-files.ts';
import { inspectFolder } from './inspect.ts';
import type { PluginOrigin } from './inspect.ts';

/** A version of a plugin, ready to run: its files do not change under it. */
export interface Release {
  readonly manifest: PluginManifest;
  readonly origin: PluginOrigin;
  /** The folder that a person sees. */
  readonly folder: string;
  /** The folder it runs from: a copy for a user's plugin, `folder` for a bundled one. */
  readonly dir: string;
  /** Of names and contents. For a bundled plugin its version, as it does not change while the host runs. */
  readonly hash: string;
}

/** How often an unquiet folder is read again, and how long to wait in between. */
const ATTEMPTS = 20;
const QUIET_MS = 50;

const HASH_LENGTH = 32;
const removing = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;

/**
 * Makes releases. User plugins run from a copy, `<root>/<id>/<hash>/`, so that editing or breaking the folder never touches what runs, a crash
 * restarts the version that worked, and no file of the user's folder is held open.
 */
export class Staging {
  readonly #root: string;
  #copies = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws {PluginError} when the folder cannot be run, or will not keep still. */
  async release(folder: string, origin: PluginOrigin): Promise<Release> {
    if (origin === 'bundled') {
      const manifest = await inspectFolder(folder, origin);
      return { manifest, origin, folder, dir: folder, hash: manifest.version };
    }
    for (let attempt = 1; ; attempt++) {
      const release = await this.#copyWhenQuiet(folder, origin);
      if (release !== null) return release;
      if (attempt === ATTEMPTS) throw new PluginError('PLUGIN_FOLDER_UNSTABLE', `${folder} keeps changing`);
      await delay(QUIET_MS);
    }
  }

  /** Removes the copies of a plugin, except those that are named. */
  async prune(id: string, keep: ReadonlySet<string>): Promise<void> {
    const dir = path.join(this.#root, id);
    for (const name of await readdir(dir).catch(() => [])) {
      if (!keep.has(name)) await rm(path.join(dir, name), removing).catch(() => undefined);
    }
    if (keep.size === 0) await rm(dir, removing).catch(() => undefined);
  }

  /** Removes the copies of plugins that are no longer there. */
  async pruneOthers(ids: ReadonlySet<string>): Promise<void> {
    for (const id of await readdir(this.#root).catch(() => [])) {
      if (!ids.has(id)) await rm(path.join(this.#root, id), removing).catch(() => undefined);
    }
  }

  /** Null when something was written to the folder meanwhile. */
  async #copyWhenQuiet(folder: string, origin: PluginOrigin): Promise<Release | null> {
    const before = await listFolder(folder);
    const manifest = await inspectFolder(folder, origin);
    const ofPlugin = path.join(this.#root, manifest.id);
    const copy = path.join(ofPlugin, `.copy-${process.pid}-${this.#copies++}`);
    try {
      const hash = await copyFiles(folder, copy, before.files);
      if ((await listFolder(folder)).signature !== before.signature) return null;
      const dir = path.join(ofPlugin, hash);
      await this.#settle(copy, dir, hash);
      return { manifest, origin, folder, dir, hash };
    } catch (error) {
      // A file that vanished between listing and copying: someone is writing.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', folder);
    } finally {
      await rm(copy, removing).catch(() => undefined);
    }
  }

  /** Puts the copy in its place, unless the same is there already, whole. */
  async #settle(copy: string, dir: string, hash: string): Promise<void> {
    const there = await hashFolder(dir).catch(() => null);
    if (there === hash) return;
    if (there !== null) await rm(dir, removing);
    try {
      await rename(copy, dir);
    } catch (error) {
      // Another folder with the same content may have come first.
      if ((await hashFolder(dir).catch(() => null)) !== hash) throw error;
    }
  }
}

async function copyFiles(from: string, to: string, files: readonly FolderFile[]): Promise<string> {
  const hash = createHash('sha256');
  await mkdir(to, { recursive: true });
  const made = new Set<string>();
  for (const { name } of files) {
    const content = await readFile(path.join(from, name));
    addToHash(hash, name, content);
    const dir = path.dirname(path.join(to, name));
    if (!made.has(dir)) {
      await mkdir(dir, { recursive: true });
      made.add(dir);
    }
    await writeFile(path.join(to, name), content);
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

async function hashFolder(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const { name } of (await listFolder(dir)).files) addToHash(hash, name, await readFile(path.join(dir, name)));
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

function addToHash(hash: ReturnType<typeof createHash>, name: string, content: Uint8Array): void {
  hash.update(`${name.split(path.sep).join('/')}\0${content.byteLength}\0`);
  hash.update(content);
}
