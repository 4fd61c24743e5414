import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostMessage, PluginKind, PluginManifest, Tier } from '@tickhub/plugin-sdk/host';
import type { Log } from '../telemetry/log.ts';
import type { Attach } from './attachment.ts';
import { checkPlugin } from './check.ts';
import type { CheckReport } from './check.ts';
import { foldersOf } from './discovery/roots.ts';
import type { PluginRoot } from './discovery/roots.ts';
import type { PluginOrigin } from './discovery/inspect.ts';
import { Staging } from './discovery/staging.ts';
import type { Release } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import { permissionModelCoversNet } from './isolate/launch.ts';
import type { ReloadEvent } from './reload.ts';
import { PluginSlot } from './slot.ts';
import type { PluginInfo, SlotTerms } from './slot.ts';
import type { Transition } from './state.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import type { PluginTimings } from './timings.ts';
import { stopWaves, verdicts } from './verdict.ts';
import type { Judged, Verdict } from './verdict.ts';
import { FolderWatch } from './watch.ts';

export interface PluginHostOptions {
  /** Bundled roots are read once; user roots are made if they are missing, and watched. */
  readonly roots: readonly PluginRoot[];
  /** Holds `plugins/<id>/` (data and store of each) and `staged/<id>/<hash>/` (what runs). */
  readonly dataDir: string;
  readonly hostVersion: string;
  readonly tenant: string;
  readonly tier: Tier;
  readonly attach: Attach;
  /** The user's config of a plugin; it goes over the manifest's defaults, key by key. */
  readonly configFor: (id: string) => Record<string, unknown>;
  readonly log: Log;
  /** The folder of the built SDK, with `isolate.js`. */
  readonly sdkDist: string;
  /** The isolate runtime and the folders it is made of, where it is not run from `sdkDist`. */
  readonly isolate?: { readonly entry: string; readonly folders: readonly string[] };
  readonly timings?: Partial<PluginTimings>;
}

/**
 * All plugins of one tenant: finds them, runs each in a process of its own, restarts what crashes, swaps what changes, holds back what the tier or a missing
 * dependency holds back. Nothing that a plugin does ends the host.
 */
export class PluginHost {
  readonly #options: PluginHostOptions;
  readonly #timings: PluginTimings;
  readonly #log: Log;
  /** By folder, in the order of discovery. */
  readonly #slots = new Map<string, PluginSlot>();
  readonly #roots: readonly PluginRoot[];
  readonly #transitionListeners = new Set<(transition: Transition) => void>();
  readonly #reloadListeners = new Set<(event: ReloadEvent) => void>();
  /** Folders being read, and whether to read again after it. */
  readonly #reading = new Map<string, { again: boolean }>();
  readonly #configs = new Map<string, Record<string, unknown>>();
  #work = new Set<Promise<void>>();
  #tier: Tier;
  #terms: SlotTerms | null = null;
  #watch: FolderWatch | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: PluginHostOptions) {
    this.#options = options;
    this.#tier = options.tier;
    this.#log = options.log;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    // Bundled plugins first: where two have one id, the one that came with the host counts.
    this.#roots = [...options.roots]
      .sort((a, b) => Number(a.kind === 'user') - Number(b.kind === 'user'))
      .map((root) => ({ ...root, path: path.resolve(root.path) }));
  }

  /** Finds all plugins and sets them going; {@link settled} waits for them. A root that cannot be read is logged and passed over. */
  async start(): Promise<void> {
    const { dataDir } = this.#options;
    await mkdir(dataDir, { recursive: true });
    for (const root of this.#roots) if (root.kind === 'user') await mkdir(root.path, { recursive: true });
    const terms = (this.#terms = await this.#slotTerms());
    const userRoots = this.#roots.filter(({ kind }) => kind === 'user');
    if (userRoots.length > 0 && !permissionModelCoversNet()) {
      this.#log.warn('this Node does not keep user plugins off the network; Node 25 or newer does', { node: process.versions.node });
    }
    this.#watch = new FolderWatch(
      userRoots.map(({ path: root }) => root),
      this.#timings.debounceMs,
      (folder) => this.#read(folder),
      (error) => this.#log.warn(`watching the plugin folders: ${error.message}`),
    );
    await this.#watch.start();
    for (const root of this.#roots) await this.#discover(root, terms);
    await terms.staging.pruneOthers(new Set(this.#manifests().map(({ id }) => id)));
  }

  /**
   * Drains and ends every plugin, those first that nobody else needs. After the deadline what is left is killed.
   * @returns when all their processes are gone.
   */
  stop({ deadlineMs }: { deadlineMs: number }): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  /** Starts what the tier allows now, and drains what it does not allow any more. */
  setTier(tier: Tier): void {
    if (tier === this.#tier) return;
    this.#tier = tier;
    this.#judge();
  }

  list(): PluginInfo[] {
    return [...this.#slots.values()].map(({ info }) => info);
  }

  /** @returns a function that ends the listening. */
  onTransition(listener: (transition: Transition) => void): () => void {
    this.#transitionListeners.add(listener);
    return () => this.#transitionListeners.delete(listener);
  }

  /** Called when a new version took over, or failed to. */
  onReload(listener: (event: ReloadEvent) => void): () => void {
    this.#reloadListeners.add(listener);
    return () => this.#reloadListeners.delete(listener);
  }

  /** Lifts a quarantine, cuts a backoff short, reads a rejected or held-back folder again. @throws {PluginError} PLUGIN_NOT_FOUND */
  retry(id: string): void {
    const slot = this.#slot(id);
    slot.retry();
    if (slot.state === 'rejected' || slot.info.held !== null) this.#read(slot.folder);
  }

  /** Replaces a running plugin by a new isolate of what its folder has now, even if nothing changed. @throws {PluginError} PLUGIN_NOT_FOUND */
  async reload(id: string): Promise<void> {
    const slot = this.#slot(id);
    try {
      slot.offer(await this.#ready().staging.release(slot.folder, slot.origin), true);
    } catch (error) {
      slot.refuse(PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', slot.folder));
    }
    this.#judge();
  }

  /** Gives a plugin another config than `configFor` does; one that runs is swapped, and keeps the old config when it does not accept the new one. */
  reconfigure(id: string, config: Record<string, unknown>): void {
    this.#configs.set(id, config);
    this.#slot(id).reconfigure();
  }

  /** Static checks of a folder and, with `trial`, a load in an isolate. Touches nothing that runs. */
  check(folder: string, options: { trial?: boolean; origin?: PluginOrigin } = {}): Promise<CheckReport> {
    return this.#slotTerms().then((terms) =>
      checkPlugin(path.resolve(folder), {
        ...terms,
        origin: options.origin ?? 'user',
        trial: options.trial ?? true,
        dataDir: this.#options.dataDir,
      }),
    );
  }

  /** Tells all running plugins of a kind. */
  tellAll(kind: PluginKind, message: HostMessage): void {
    for (const slot of this.#slots.values()) if (slot.manifest?.kind === kind) slot.tell(message);
  }

  /** Resolves when every plugin is where it can get to without waiting for a backoff. */
  async settled(): Promise<void> {
    for (;;) {
      await Promise.all(this.#work);
      await Promise.all([...this.#slots.values()].map((slot) => slot.settled()));
      if (this.#work.size === 0 && [...this.#slots.values()].every((slot) => slot.idle)) return;
    }
  }

  // ---- folders

  async #discover(root: PluginRoot, terms: SlotTerms): Promise<void> {
    let folders: string[];
    try {
      folders = await foldersOf(root);
    } catch (error) {
      this.#log.error(PluginError.from(error, 'PLUGIN_ROOT_UNREADABLE', root.path).advice);
      return;
    }
    const found = await Promise.all(
      folders.map((folder) =>
        terms.staging.release(folder, root.kind).catch((error: unknown) => PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', folder)),
      ),
    );
    folders.forEach((folder, at) => this.#adopt(folder, root.kind, found[at] as Release | PluginError));
    this.#judge();
    for (const release of found) {
      if (!(release instanceof PluginError) && root.kind === 'user')
        await terms.staging.prune(release.manifest.id, new Set([release.hash]));
    }
  }

  /** Reads a folder of a user root that changed. While it is being read, further changes count as one. */
  #read(folder: string): void {
    const reading = this.#reading.get(folder);
    if (reading) {
      reading.again = true;
      return;
    }
    if (this.#stopping !== null) return;
    const now = { again: true };
    this.#reading.set(folder, now);
    const work = (async () => {
      while (now.again && this.#stopping === null) {
        now.again = false;
        await this.#readOnce(folder);
      }
    })()
      .catch((error: unknown) => this.#log.error(`reading ${folder}: ${(error as Error).message}`))
      .finally(() => {
        this.#reading.delete(folder);
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  async #readOnce(folder: string): Promise<void> {
    const origin = this.#roots.find(({ path: root }) => path.dirname(folder) === root)?.kind ?? 'user';
    if (!existsSync(folder)) {
      await delay(this.#timings.removalMs);
      if (!existsSync(folder)) return this.#forget(folder);
    }
    let found: Release | PluginError;
    try {
      found = await this.#ready().staging.release(folder, origin);
    } catch (error) {
      found = PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', folder);
      // A file beside the plugin folders.
      if (found.code === 'PLUGIN_FOLDER_UNREADABLE' && (found.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOTDIR') return;
    }
    const slot = this.#slots.get(folder);
    const renamed = !(found instanceof PluginError) && slot?.manifest != null && slot.manifest.id !== found.manifest.id;
    if (renamed) await this.#forget(folder, 'plugin.json has another id now');
    if (this.#stopping !== null) return;
    this.#adopt(folder, origin, found);
    this.#judge();
  }

  #adopt(folder: string, origin: PluginOrigin, found: Release | PluginError): void {
    const other = found instanceof PluginError ? undefined : this.#bearer(found.manifest.id, folder);
    let slot = this.#slots.get(folder);
    if (slot === undefined) {
      const id = found instanceof PluginError || other ? this.#freeName(path.basename(folder), origin) : found.manifest.id;
      slot = new PluginSlot(id, folder, origin, this.#ready());
      this.#slots.set(folder, slot);
    }
    if (found instanceof PluginError) slot.refuse(found);
    else if (other)
      slot.refuse(
        new PluginError('PLUGIN_DUPLICATE_ID', `the id "${found.manifest.id}" belongs to ${other.folder} already; ${folder} is left out`),
      );
    else slot.offer(found);
  }

  async #forget(folder: string, reason = 'its folder was removed'): Promise<void> {
    const slot = this.#slots.get(folder);
    if (slot === undefined) return;
    const id = slot.manifest?.id;
    await slot.stop(reason);
    this.#slots.delete(folder);
    if (id !== undefined) await this.#ready().staging.prune(id, new Set());
    this.#judge();
    // Whoever stood back because of its id may have it now.
    for (const left of this.#slots.values()) if (left.state === 'rejected' && left.origin === 'user') this.#read(left.folder);
  }

  // ---- what should run

  #judge(): void {
    if (this.#stopping !== null) return;
    const wanted = verdicts(this.#judged(), this.#tier);
    for (const slot of this.#slots.values()) {
      const verdict = slot.manifest === null ? undefined : wanted.get(slot.manifest.id);
      if (verdict) slot.setVerdict(verdict);
    }
  }

  #judgeOne(manifest: PluginManifest): Verdict {
    const others = this.#judged().filter((plugin) => plugin.manifest.id !== manifest.id);
    return verdicts([...others, { manifest, state: 'running' }], this.#tier).get(manifest.id) ?? { run: true };
  }

  #judged(): Judged[] {
    return [...this.#slots.values()].flatMap(({ manifest, state }) => (manifest === null ? [] : [{ manifest, state }]));
  }

  async #stop(deadlineMs: number): Promise<void> {
    await this.#watch?.stop();
    await Promise.all(this.#work);
    const until = performance.now() + deadlineMs;
    for (const wave of stopWaves(this.#manifests())) {
      await Promise.all(
        [...this.#slots.values()]
          .filter(({ manifest }) => manifest !== null && wave.includes(manifest.id))
          .map((slot) => slot.stop('the host stops', Math.max(0, until - performance.now()))),
      );
    }
  }

  // ---- small things

  async #slotTerms(): Promise<SlotTerms> {
    const { log, attach, tenant, hostVersion, sdkDist, isolate } = this.#options;
    await mkdir(this.#options.dataDir, { recursive: true });
    // Node checks real paths against the rights of an isolate.
    const dataDir = await realpath(this.#options.dataDir);
    const sdk = await realpath(sdkDist);
    return {
      dataDir,
      tenant,
      hostVersion,
      log,
      attach,
      isolateEntry: isolate?.entry ?? path.join(sdk, 'isolate.js'),
      sdkFolders: isolate?.folders ?? [sdk],
      timings: this.#timings,
      staging: new Staging(path.join(dataDir, 'staged')),
      configFor: (id) => this.#configs.get(id) ?? this.#options.configFor(id),
      judge: (manifest) => this.#judgeOne(manifest),
      onTransition: (transition) => {
        for (const listener of this.#transitionListeners) listener(transition);
        this.#judge();
      },
      onReload: (event) => {
        for (const listener of this.#reloadListeners) listener(event);
        this.#judge();
      },
    };
  }

  #ready(): SlotTerms {
    if (this.#terms === null) throw new PluginError('PLUGIN_STATE', 'the plugin host was not started');
    return this.#terms;
  }

  #manifests(): PluginManifest[] {
    return [...this.#slots.values()].flatMap(({ manifest }) => manifest ?? []);
  }

  #bearer(id: string, except: string): PluginSlot | undefined {
    return [...this.#slots.values()].find((slot) => slot.folder !== except && slot.manifest?.id === id);
  }

  #freeName(name: string, origin: PluginOrigin): string {
    return [...this.#slots.values()].some(({ id }) => id === name) ? `${origin}/${name}` : name;
  }

  #slot(id: string): PluginSlot {
    const slot = [...this.#slots.values()].find((candidate) => candidate.id === id);
    if (slot === undefined) throw new PluginError('PLUGIN_NOT_FOUND', `there is no plugin "${id}"`);
    return slot;
  }
}
