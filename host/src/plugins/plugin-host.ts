import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { HostMessage, PluginKind, PluginManifest, Tier } from '@tickhub/plugin-sdk/host';
import type { Log } from '../telemetry/log.ts';
import type { Attach } from './attachment.ts';
import { checkPlugin } from './check.ts';
import type { CheckReport } from './check.ts';
import type { PluginOrigin } from './discovery/inspect.ts';
import type { PluginRoot } from './discovery/roots.ts';
import { Staging } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import { permissionModelCoversNet } from './isolate/launch.ts';
import type { PluginInfo } from './plugin-info.ts';
import { PluginRegistry } from './registry.ts';
import type { ReloadEvent } from './reload.ts';
import type { SlotTerms } from './slot.ts';
import type { Transition } from './state.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import type { PluginTimings } from './timings.ts';
import { DISABLED, notConfigured, RUN, stopWaves, verdicts } from './verdict.ts';
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
  /** The user's config of a plugin; it goes over the manifest's defaults, key by key. Undefined where the user has none. */
  readonly configFor: (id: string) => Record<string, unknown> | undefined;
  /** Ids of plugins that the user does not want to run. */
  readonly disabled?: ReadonlySet<string>;
  readonly log: Log;
  /** The folder of the built SDK, with `isolate.js`. */
  readonly sdkDist: string;
  readonly timings?: Partial<PluginTimings>;
}

/**
 * All plugins of one tenant: finds them, runs each in a process of its own, restarts what crashes, swaps what changes, holds back what the tier or a missing
 * dependency holds back. Nothing that a plugin does ends the host.
 */
export class PluginHost {
  readonly #options: PluginHostOptions;
  readonly #timings: PluginTimings;
  readonly #transitionListeners = new Set<(transition: Transition) => void>();
  readonly #reloadListeners = new Set<(event: ReloadEvent) => void>();
  readonly #removalListeners = new Set<(id: string) => void>();
  /** What was given with `reconfigure`. */
  readonly #configs = new Map<string, Record<string, unknown>>();
  #tier: Tier;
  #registry: PluginRegistry | null = null;
  #watch: FolderWatch | null = null;
  #stopping: Promise<void> | null = null;
  /** Once a stop has begun verdicts stand: what lost its provider to it runs on until its own turn. */
  #leaving = false;

  constructor(options: PluginHostOptions) {
    this.#options = options;
    this.#tier = options.tier;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
  }

  /** Finds all plugins and sets them going; {@link settled} waits for them. A root that cannot be read is logged and passed over. */
  async start(): Promise<void> {
    const { roots, log } = this.#options;
    const terms = await this.#slotTerms();
    const inOrder = roots
      .map((root) => ({ ...root, path: path.resolve(root.path) }))
      // Where two have one id, the one that came with the host counts.
      .sort((a, b) => Number(a.kind === 'user') - Number(b.kind === 'user'));
    const watched = inOrder.filter(({ kind }) => kind === 'user').map((root) => root.path);
    for (const root of watched) await mkdir(root, { recursive: true });
    if (watched.length > 0 && !permissionModelCoversNet()) {
      log.warn('this Node does not keep user plugins off the network; Node 25 or newer does', { node: process.versions.node });
    }
    const registry = (this.#registry = new PluginRegistry(
      inOrder,
      terms,
      () => this.#judge(),
      (id) => {
        for (const listener of this.#removalListeners) listener(id);
      },
    ));
    this.#watch = new FolderWatch(
      watched,
      this.#timings.debounceMs,
      (folder) => registry.read(folder),
      (error) => log.warn(`watching the plugin folders: ${error.message}`),
    );
    await this.#watch.start();
    await registry.discover();
  }

  /**
   * Drains and ends every plugin, those first that nobody else needs. After the deadline what is left is killed.
   * @returns when all their processes are gone.
   */
  stop({ deadlineMs }: { deadlineMs: number }): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  /**
   * The first half of a stop in order: drains and ends the plugins of these kinds; the others run on, and no folder is read any more. {@link stop} ends the rest.
   */
  async stopKinds(kinds: readonly PluginKind[], deadlineMs: number): Promise<void> {
    await this.#stopSlots(deadlineMs, ({ kind }) => kinds.includes(kind));
  }

  /** Starts what the tier allows now, and drains what it does not allow any more. */
  setTier(tier: Tier): void {
    if (tier === this.#tier) return;
    this.#tier = tier;
    this.#judge();
  }

  list(): PluginInfo[] {
    return this.#registry?.slots.map(({ info }) => info) ?? [];
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

  /** Called when a plugin is gone for good: its folder was removed, or has a plugin of another id, and no other folder has one of its id. Not at a stop, a crash or a reload. */
  onRemoved(listener: (id: string) => void): () => void {
    this.#removalListeners.add(listener);
    return () => this.#removalListeners.delete(listener);
  }

  /** Lifts a quarantine, cuts a backoff short, reads a rejected or held-back folder again. @throws {PluginError} PLUGIN_NOT_FOUND */
  retry(id: string): void {
    const registry = this.#started();
    const slot = registry.slot(id);
    slot.retry();
    if (slot.state === 'rejected' || slot.info.held !== null) registry.read(slot.folder);
  }

  /** Replaces a running plugin by a new isolate of what its folder has now, even if nothing changed. @throws {PluginError} PLUGIN_NOT_FOUND */
  reload(id: string): Promise<void> {
    return this.#started().offerAgain(id);
  }

  /** Gives a plugin another config than `configFor` does; one that runs is swapped, and keeps the old config when it does not accept the new one. */
  reconfigure(id: string, config: Record<string, unknown>): void {
    const slot = this.#started().slot(id);
    this.#configs.set(id, config);
    slot.reconfigure();
    this.#judge();
  }

  /** Static checks of a folder and, unless `trial` is false, a load in an isolate. Touches nothing that runs; needs no `start`. */
  async check(folder: string, { trial = true, origin = 'user' }: { trial?: boolean; origin?: PluginOrigin } = {}): Promise<CheckReport> {
    return checkPlugin(path.resolve(folder), { ...(await this.#slotTerms()), origin, trial });
  }

  /** Tells all running plugins of a kind. */
  tellAll(kind: PluginKind, message: HostMessage): void {
    for (const slot of this.#registry?.slots ?? []) if (slot.manifest?.kind === kind) slot.tell(message);
  }

  /** Resolves when every plugin is where it can get to without waiting for a backoff. */
  async settled(): Promise<void> {
    const registry = this.#started();
    do {
      await registry.still();
      await Promise.all(registry.slots.map((slot) => slot.settled()));
    } while (!registry.slots.every(({ idle }) => idle));
  }

  // ---- what should run

  #judge(): void {
    if (this.#leaving) return;
    const wanted = this.#verdicts(this.#judged());
    for (const slot of this.#registry?.slots ?? []) {
      const verdict = slot.manifest === null ? undefined : wanted.get(slot.manifest.id);
      if (verdict) slot.setVerdict(verdict);
    }
  }

  #verdicts(plugins: readonly Judged[]): Map<string, Verdict> {
    const wanted = verdicts(plugins, this.#tier);
    for (const { manifest } of plugins) {
      if (manifest.activation === 'configured' && this.#configOf(manifest.id) === undefined)
        wanted.set(manifest.id, notConfigured(manifest.id));
    }
    for (const id of this.#options.disabled ?? []) if (wanted.has(id)) wanted.set(id, DISABLED);
    return wanted;
  }

  /** What the verdict on a plugin that runs would be with this manifest. */
  #judgeOne(manifest: PluginManifest): Verdict {
    const others = this.#judged().filter((plugin) => plugin.manifest.id !== manifest.id);
    return this.#verdicts([...others, { manifest, state: 'running' }]).get(manifest.id) ?? RUN;
  }

  #judged(): Judged[] {
    return this.#registry?.slots.flatMap(({ manifest, state }) => (manifest === null ? [] : [{ manifest, state }])) ?? [];
  }

  #stop(deadlineMs: number): Promise<void> {
    return this.#stopSlots(deadlineMs, () => true);
  }

  async #stopSlots(deadlineMs: number, wanted: (manifest: PluginManifest) => boolean): Promise<void> {
    const until = performance.now() + deadlineMs;
    this.#leaving = true;
    await this.#watch?.stop();
    const registry = this.#registry;
    if (registry === null) return;
    await registry.close();
    const waves = stopWaves(registry.manifests.filter(wanted));
    for (const [at, wave] of waves.entries()) {
      // One that will not drain takes only its wave's share of the time, not that of those it depends on.
      const left = Math.max(0, Math.ceil((until - performance.now()) / (waves.length - at)));
      const slots = registry.slots.filter(({ manifest }) => manifest !== null && wave.includes(manifest.id));
      await Promise.all(slots.map((slot) => slot.stop('the host stops', left)));
    }
  }

  // ---- small things

  async #slotTerms(): Promise<SlotTerms> {
    const { log, attach, tenant, hostVersion, sdkDist } = this.#options;
    await mkdir(this.#options.dataDir, { recursive: true });
    // Node holds real paths against the rights of an isolate.
    const dataDir = await realpath(this.#options.dataDir);
    const sdk = await realpath(sdkDist);
    return {
      dataDir,
      tenant,
      hostVersion,
      log,
      attach,
      isolateEntry: path.join(sdk, 'isolate.js'),
      sdkFolders: [sdk],
      timings: this.#timings,
      staging: new Staging(path.join(dataDir, 'staged')),
      configFor: (id) => this.#configOf(id) ?? {},
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

  #configOf(id: string): Record<string, unknown> | undefined {
    return this.#configs.get(id) ?? this.#options.configFor(id);
  }

  #started(): PluginRegistry {
    if (this.#registry === null)
      throw new PluginError('PLUGIN_NOT_FOUND', 'the plugin host was not started yet, so it has no plugins', { remedy: 'Start it first.' });
    return this.#registry;
  }
}
