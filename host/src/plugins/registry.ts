import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PluginManifest } from '@tickhub/plugin-sdk/host';
import type { PluginOrigin } from './discovery/inspect.ts';
import { foldersOf } from './discovery/roots.ts';
import type { PluginRoot } from './discovery/roots.ts';
import type { Release } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import { PluginSlot } from './slot.ts';
import type { SlotTerms } from './slot.ts';

/** Which folder is which plugin: one slot per folder, and an id for one of them only. */
export class PluginRegistry {
  readonly #roots: readonly PluginRoot[];
  readonly #terms: SlotTerms;
  readonly #onChanged: () => void;
  readonly #onRemoved: (id: string) => void;
  /** By folder, in the order of discovery. */
  readonly #slots = new Map<string, PluginSlot>();
  /** Folders being read, and whether to read again after it. */
  readonly #reading = new Map<string, { again: boolean; done: Promise<void> }>();
  #closed = false;

  /**
   * @param roots in the order in which they claim ids.
   * @param onChanged called when slots came, went or were offered something.
   * @param onRemoved called when no folder has a plugin of this id any more, and its process is gone.
   */
  constructor(roots: readonly PluginRoot[], terms: SlotTerms, onChanged: () => void, onRemoved: (id: string) => void) {
    this.#roots = roots;
    this.#terms = terms;
    this.#onChanged = onChanged;
    this.#onRemoved = onRemoved;
  }

  get slots(): readonly PluginSlot[] {
    return [...this.#slots.values()];
  }

  get manifests(): readonly PluginManifest[] {
    return this.slots.flatMap(({ manifest }) => manifest ?? []);
  }

  /** @throws {PluginError} PLUGIN_NOT_FOUND */
  slot(id: string): PluginSlot {
    const slot = this.slots.find((candidate) => candidate.id === id);
    if (slot === undefined) throw new PluginError('PLUGIN_NOT_FOUND', `there is no plugin "${id}"`);
    return slot;
  }

  /** Reads all roots. One that cannot be read is logged and passed over. */
  async discover(): Promise<void> {
    for (const root of this.#roots) await this.#discoverRoot(root);
    const { staging } = this.#terms;
    await staging.pruneOthers(new Set(this.manifests.map(({ id }) => id)));
    for (const { origin, id, hashes } of this.slots) if (origin === 'user' && hashes.size > 0) await staging.prune(id, hashes);
  }

  /** Reads a folder that may have changed, come or gone. Changes while it is being read count as one. */
  read(folder: string): void {
    if (this.#closed) return;
    const reading = this.#reading.get(folder);
    if (reading) {
      reading.again = true;
      return;
    }
    const entry = { again: true, done: Promise.resolve() };
    this.#reading.set(folder, entry);
    entry.done = this.#readUntilStill(folder, entry);
  }

  /** Offers a plugin what its folder has now, also when that is what runs or what failed before. @throws {PluginError} PLUGIN_NOT_FOUND */
  async offerAgain(id: string): Promise<void> {
    const slot = this.slot(id);
    const found = await this.#release(slot.folder, slot.origin);
    if (found instanceof PluginError) slot.refuse(found);
    else slot.offer(found, true);
    this.#onChanged();
  }

  /** Resolves when no folder is being read. */
  async still(): Promise<void> {
    while (this.#reading.size > 0) await Promise.all([...this.#reading.values()].map(({ done }) => done));
  }

  /** Reads nothing any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.still();
  }

  async #discoverRoot(root: PluginRoot): Promise<void> {
    let folders: string[];
    try {
      folders = await foldersOf(root);
    } catch (error) {
      this.#terms.log.error(PluginError.from(error, 'PLUGIN_ROOT_UNREADABLE', root.path).advice);
      return;
    }
    const found = await Promise.all(folders.map((folder) => this.#release(folder, root.kind)));
    for (const [at, folder] of folders.entries()) this.#adopt(folder, root.kind, found[at] as Release | PluginError);
    this.#onChanged();
  }

  async #readUntilStill(folder: string, entry: { again: boolean }): Promise<void> {
    try {
      while (entry.again && !this.#closed) {
        entry.again = false;
        await this.#readOnce(folder);
      }
    } catch (error) {
      this.#terms.log.error(`reading ${folder}: ${(error as Error).message}`);
    } finally {
      this.#reading.delete(folder);
    }
  }

  async #readOnce(folder: string): Promise<void> {
    if (!existsSync(folder)) await delay(this.#terms.timings.removalMs);
    if (!existsSync(folder)) return this.#forget(folder, 'its folder was removed');
    const origin = this.#roots.find((root) => root.path === path.dirname(folder))?.kind ?? 'user';
    const found = await this.#release(folder, origin);
    const slot = this.#slots.get(folder);
    if (found instanceof PluginError) {
      // A file beside the plugin folders.
      if (slot === undefined && (found.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOTDIR') return;
    } else if (slot?.manifest && slot.manifest.id !== found.manifest.id) {
      await this.#forget(folder, 'plugin.json has another id now');
    }
    if (this.#closed) return;
    this.#adopt(folder, origin, found);
    this.#onChanged();
  }

  async #release(folder: string, origin: PluginOrigin): Promise<Release | PluginError> {
    try {
      return await this.#terms.staging.release(folder, origin);
    } catch (error) {
      return PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', folder);
    }
  }

  #adopt(folder: string, origin: PluginOrigin, found: Release | PluginError): void {
    const failed = found instanceof PluginError;
    const bearer = failed ? undefined : this.slots.find((slot) => slot.folder !== folder && slot.manifest?.id === found.manifest.id);
    let slot = this.#slots.get(folder);
    if (slot === undefined) {
      slot = new PluginSlot(failed || bearer ? this.#freeName(folder, origin) : found.manifest.id, folder, origin, this.#terms);
      this.#slots.set(folder, slot);
    }
    if (failed) slot.refuse(found);
    else if (bearer === undefined) slot.offer(found);
    else
      slot.refuse(
        new PluginError('PLUGIN_DUPLICATE_ID', `the id "${found.manifest.id}" belongs to ${bearer.folder} already; ${folder} is left out`),
      );
  }

  async #forget(folder: string, reason: string): Promise<void> {
    const slot = this.#slots.get(folder);
    if (slot === undefined) return;
    const id = slot.manifest?.id;
    await slot.stop(reason);
    this.#slots.delete(folder);
    if (id !== undefined) await this.#terms.staging.prune(id, new Set());
    this.#onChanged();
    // Whoever stood back because of its id may have it now.
    for (const left of this.slots) if (left.state === 'rejected' && left.origin === 'user') this.read(left.folder);
    if (id !== undefined) void this.still().then(() => this.#tellRemoved(id));
  }

  /** Not where another folder has taken the id over meanwhile, nor at a stop. */
  #tellRemoved(id: string): void {
    if (!this.#closed && !this.manifests.some((manifest) => manifest.id === id)) this.#onRemoved(id);
  }

  /** What to call a folder whose plugin has no id of its own. */
  #freeName(folder: string, origin: PluginOrigin): string {
    const name = path.basename(folder);
    return this.slots.some(({ id }) => id === name) ? `${origin}/${name}` : name;
  }
}
