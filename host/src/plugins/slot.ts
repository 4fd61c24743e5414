import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { HostMessage, PluginManifest, PluginStatus } from '@tickhub/plugin-sdk/host';
import type { Log } from '../telemetry/log.ts';
import type { Attach } from './attachment.ts';
import { HttpBackend } from './capabilities/http.ts';
import { StoreBackend } from './capabilities/store.ts';
import type { PluginOrigin } from './discovery/inspect.ts';
import type { Release, Staging } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import { Isolate } from './isolate/isolate.ts';
import type { IsolateEnd } from './isolate/isolate-end.ts';
import { planLaunch } from './isolate/launch.ts';
import { swap } from './reload.ts';
import type { ReloadEvent, Version } from './reload.ts';
import { isUp, PluginStateMachine } from './state.ts';
import type { PluginState, Transition } from './state.ts';
import { CrashTally } from './supervision/crash-tally.ts';
import type { PluginTimings } from './timings.ts';
import type { NotRunning, Verdict } from './verdict.ts';

/** What all slots of a host share. */
export interface SlotTerms {
  readonly dataDir: string;
  readonly isolateEntry: string;
  readonly sdkFolders: readonly string[];
  readonly tenant: string;
  readonly hostVersion: string;
  readonly timings: PluginTimings;
  readonly log: Log;
  readonly attach: Attach;
  readonly staging: Staging;
  readonly configFor: (id: string) => Record<string, unknown>;
  /** Whether a version with this manifest should run. */
  readonly judge: (manifest: PluginManifest) => Verdict;
  readonly onTransition: (transition: Transition) => void;
  readonly onReload: (event: ReloadEvent) => void;
}

/** What a slot shows of itself. */
export interface PluginInfo {
  readonly id: string;
  readonly folder: string;
  readonly origin: PluginOrigin;
  /** Null while the folder was never readable. */
  readonly version: string | null;
  readonly kind: PluginManifest['kind'] | null;
  readonly tier: PluginManifest['tier'] | null;
  readonly state: PluginState;
  /** What is in brackets behind the state: the tier of gated, the service of blocked, the count of crashed. */
  readonly detail: string;
  readonly reason: string;
  /** Since when it is in this state, Unix epoch milliseconds. */
  readonly since: number;
  readonly restarts: number;
  readonly pid: number | null;
  readonly rssBytes: number | null;
  readonly loopLagMs: number | null;
  readonly status: PluginStatus | null;
  /** Why an older version than the one in the folder runs; null otherwise. */
  readonly held: string | null;
  /** The last crash, with the last lines of its stderr. */
  readonly lastCrash: { readonly at: number; readonly code: string; readonly reason: string; readonly stderr: readonly string[] } | null;
}

/**
 * The place of one plugin in the host: its state, its version, its isolate. Whatever happens (a new version, another tier, a crash, a stop) only notes
 * what is wanted; one loop goes step by step from what is to what is wanted, so a storm of changes ends in the last of them.
 */
export class PluginSlot {
  readonly folder: string;
  readonly origin: PluginOrigin;
  readonly #terms: SlotTerms;
  readonly #machine: PluginStateMachine;
  readonly #tally: CrashTally;
  #id: string;
  #log: Log;
  #store: StoreBackend | null = null;

  /** What runs, or would. */
  #current: Version | null = null;
  /** What is to take its place. */
  #candidate: Version | null = null;
  /** The last version that showed health: a crash of another that never did leads back to it. */
  #proven: Version | null = null;
  /** Hash of the release that failed to take over, so that the same one is not tried again by itself. */
  #failedHash: string | null = null;
  #held: string | null = null;

  /** Null until the host has looked at it. */
  #verdict: Verdict | null = null;
  #isolate: Isolate | null = null;
  #generation = 0;
  #restarts = 0;
  #backoff: NodeJS.Timeout | null = null;
  #lastCrash: PluginInfo['lastCrash'] = null;
  #retry = false;
  #drainMs: number;
  #leaving = false;

  /** Set while a step waits for an isolate that is not yet in charge. */
  #interrupt: AbortController | null = null;
  #dirty = false;
  #loop: Promise<void> | null = null;

  constructor(id: string, folder: string, origin: PluginOrigin, terms: SlotTerms) {
    this.#id = id;
    this.folder = folder;
    this.origin = origin;
    this.#terms = terms;
    this.#log = terms.log;
    this.#machine = new PluginStateMachine(id, 'found', (transition) => this.#onTransition(transition));
    this.#tally = new CrashTally(terms.timings);
    this.#drainMs = terms.timings.drainMs;
  }

  get id(): string {
    return this.#id;
  }

  get state(): PluginState {
    return this.#machine.state;
  }

  /** Of the version that runs or would; null while the folder was never readable. */
  get manifest(): PluginManifest | null {
    return (this.#candidate !== null && this.#isolate === null ? this.#candidate : this.#current)?.release.manifest ?? null;
  }

  get info(): PluginInfo {
    const manifest = this.manifest;
    const health = this.#isolate?.health ?? null;
    return {
      id: this.#id,
      folder: this.folder,
      origin: this.origin,
      version: manifest?.version ?? null,
      kind: manifest?.kind ?? null,
      tier: manifest?.tier ?? null,
      state: this.#machine.state,
      detail: this.#machine.detail,
      reason: this.#machine.reason,
      since: this.#machine.since,
      restarts: this.#restarts,
      pid: this.#isolate?.pid ?? null,
      rssBytes: health?.rssBytes ?? null,
      loopLagMs: health?.loopLagMs ?? null,
      status: health?.status ?? null,
      held: this.#held,
      lastCrash: this.#lastCrash,
    };
  }

  // ---- what is wanted

  /** The folder has this release. @param again also when the same one failed before, or runs already. */
  offer(release: Release, again = false): void {
    if (this.#leaving) return;
    const { id } = release.manifest;
    if (this.manifest === null) {
      this.#id = id;
      this.#machine.rename(id);
    }
    const same = this.#current?.release.hash === release.hash;
    if (!again && same) {
      if (this.#held !== null) this.#log.info('the folder is back at the version that runs');
      this.#held = null;
      this.#failedHash = null;
      if (this.#candidate !== null) this.#drop('the folder is back at the version that runs');
      return;
    }
    if (!again && (this.#failedHash === release.hash || this.#candidate?.release.hash === release.hash)) return;
    this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', 'a newer version of it came'));
    this.#candidate = { release, config: this.#configOf(release), why: same ? 'asked for' : 'its folder changed' };
    this.#kick();
  }

  /** The folder cannot be run. What runs goes on. */
  refuse(error: PluginError): void {
    if (this.#current !== null) {
      if (this.#candidate !== null) this.#drop(error.message);
      this.#hold(this.#current, `the folder is broken: ${error.advice}`, null);
      return;
    }
    if (this.#machine.state === 'rejected') {
      if (this.#machine.reason === error.advice) return;
      this.#machine.to('discovered', 'its folder changed');
    }
    this.#machine.to('rejected', error.advice, error.code);
  }

  setVerdict(verdict: Verdict): void {
    if (this.#leaving) return;
    this.#verdict = verdict;
    if (!verdict.run) this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', verdict.reason));
    this.#kick();
  }

  /** Takes the config anew; a version that runs is replaced by one with the new config, as in any reload. */
  reconfigure(): void {
    const base = this.#candidate?.release ?? this.#current?.release;
    if (base === undefined) return;
    this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', 'its config changed'));
    this.#candidate = { release: base, config: this.#configOf(base), why: 'its config changed' };
    this.#kick();
  }

  /** Lifts a quarantine and cuts a backoff short. */
  retry(): void {
    this.#failedHash = null;
    if (this.#machine.state !== 'backoff' && this.#machine.state !== 'quarantined') return;
    this.#retry = true;
    this.#kick();
  }

  /**
   * Stops it; resolves when its process is gone.
   * @param drainMs how long it may take to drain, at most.
   */
  async stop(reason: string, drainMs = this.#terms.timings.drainMs): Promise<void> {
    this.#drainMs = drainMs;
    this.setVerdict({ run: false, state: 'stopped', detail: '', reason });
    this.#leaving = true;
    await this.settled();
    await this.#store?.flush();
  }

  /** Resolves when what is wanted is reached, as far as it can be without waiting for a backoff. */
  async settled(): Promise<void> {
    while (this.#loop !== null) await this.#loop;
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#loop === null;
  }

  tell(message: HostMessage): void {
    if (isUp(this.#machine.state)) this.#isolate?.tell(message);
  }

  // ---- from what is to what is wanted

  #kick(): void {
    this.#dirty = true;
    this.#loop ??= this.#run().finally(() => {
      this.#loop = null;
      if (this.#dirty) this.#kick();
    });
  }

  async #run(): Promise<void> {
    // Not within the call that changed something: that may be in the middle of more.
    await null;
    while (this.#dirty) {
      this.#dirty = false;
      if (await this.#step()) this.#dirty = true;
    }
  }

  /** @returns whether something was done. */
  async #step(): Promise<boolean> {
    const verdict = this.#verdict;
    const { state } = this.#machine;
    if (verdict === null) return false;
    if (this.#isolate !== null && isUp(state)) {
      if (!verdict.run) return this.#takeDown(this.#isolate, verdict);
      if (this.#candidate !== null && this.#mayTakeOver(this.#candidate)) return this.#swap(this.#isolate, this.#candidate);
      return false;
    }
    if (this.#candidate !== null && this.#machine.can('discovered')) {
      this.#machine.to('discovered', this.#candidate.why);
      return true;
    }
    switch (state) {
      case 'discovered':
        return this.#resolve();
      case 'resolved':
        if (verdict.run) return this.#bringUp();
        this.#machine.to(verdict.state, verdict.reason, verdict.detail);
        return true;
      case 'gated':
      case 'blocked':
      case 'stopped':
        if (this.#current === null) return false;
        if (!verdict.run && verdict.state === state && verdict.detail === this.#machine.detail) {
          this.#machine.explain(verdict.reason);
          return false;
        }
        this.#machine.to('resolved', verdict.run ? 'nothing holds it back any more' : verdict.reason);
        return true;
      case 'backoff':
        if (this.#backoff !== null && verdict.run && !this.#retry) return false;
        this.#clearBackoff();
        this.#machine.to('resolved', verdict.run ? 'started again after a crash' : verdict.reason);
        return true;
      case 'quarantined':
        if (this.#retry) {
          this.#tally.reset();
          this.#retry = false;
          this.#machine.to('resolved', 'a retry was asked for');
          return true;
        }
        if (verdict.run || verdict.state !== 'stopped') return false;
        this.#machine.to('stopped', verdict.reason);
        return true;
      case 'rejected':
        if (verdict.run || verdict.state !== 'stopped') return false;
        this.#machine.to('stopped', verdict.reason);
        return true;
      default:
        return false;
    }
  }

  /** A version that the tier or its requirements hold back waits, and is looked at again with each change of these. */
  #mayTakeOver({ release }: Version): boolean {
    const verdict = this.#terms.judge(release.manifest);
    if (!verdict.run && this.#current !== null) this.#hold(this.#current, `${release.manifest.version} ${verdict.reason}`, null);
    return verdict.run;
  }

  #resolve(): boolean {
    const candidate = this.#candidate;
    if (candidate !== null) {
      this.#candidate = null;
      this.#current = candidate;
      this.#failedHash = null;
      this.#held = null;
      this.#tally.reset();
      this.#clearBackoff();
    }
    if (this.#current === null) return false;
    const { version, kind } = this.#current.release.manifest;
    this.#log = this.#terms.log.with({ plugin: this.#id, version });
    this.#machine.to('resolved', `${kind} ${version}`);
    return true;
  }

  async #bringUp(): Promise<boolean> {
    const version = this.#current;
    if (version === null) return false;
    this.#retry = false;
    this.#machine.to('starting', `${version.release.manifest.kind} ${version.release.manifest.version}`);
    const interrupt = (this.#interrupt = new AbortController());
    let isolate: Isolate | null = null;
    try {
      isolate = await this.#launch(version);
      await isolate.load(this.#loadTerms(version), interrupt.signal);
      await isolate.start(null, interrupt.signal);
    } catch (error) {
      this.#interrupt = null;
      const end = await this.#discard(isolate);
      if (interrupt.signal.aborted) {
        this.#machine.to('draining', (interrupt.signal.reason as Error).message);
        this.#machine.to('resolved', (interrupt.signal.reason as Error).message);
      } else {
        this.#crashed(PluginError.from(error, 'PLUGIN_START_FAILED', 'it did not start'), end?.stderr ?? []);
      }
      return true;
    }
    this.#interrupt = null;
    this.#inCharge(isolate);
    this.#machine.to('running', `${version.release.manifest.version} started`);
    isolate.proveHealth(true).then(
      () => (this.#proven = version),
      () => undefined,
    );
    return true;
  }

  async #takeDown(isolate: Isolate, { reason }: NotRunning): Promise<boolean> {
    this.#machine.to('draining', reason);
    await this.#retire(isolate);
    this.#isolate = null;
    this.#machine.to('resolved', 'drained');
    return true;
  }

  async #swap(old: Isolate, candidate: Version): Promise<boolean> {
    const from = this.#current as Version; // There is one as long as an isolate is in charge.
    const interrupt = (this.#interrupt = new AbortController());
    const started = performance.now();
    const event = { plugin: this.#id, from: from.release.manifest.version, to: candidate.release.manifest.version };
    let fresh: Isolate;
    try {
      fresh = await swap({
        old,
        launch: () => this.#launch(candidate),
        load: this.#loadTerms(candidate),
        acceptDegraded: this.#machine.state === 'degraded',
        drainMs: this.#drainMs,
        signal: interrupt.signal,
        warn: (message) => this.#log.warn(message),
      });
    } catch (error) {
      this.#interrupt = null;
      if (interrupt.signal.aborted && !old.hasEnded) return true;
      const reason = PluginError.from(error, 'PLUGIN_START_FAILED', 'it did not take over').advice;
      if (this.#candidate === candidate) this.#candidate = null;
      this.#hold(from, `${event.to} failed: ${reason}`, candidate.release.hash);
      this.#terms.onReload({ ...event, outcome: 'kept', reason, ms: performance.now() - started, at: Date.now() });
      if (old.hasEnded && this.#isolate === old) {
        this.#isolate = null;
        this.#crashed(new PluginError('PLUGIN_EXITED', 'it ended while its successor was tried'), []);
      }
      return true;
    }
    this.#interrupt = null;
    this.#current = candidate;
    this.#proven = candidate;
    if (this.#candidate === candidate) this.#candidate = null;
    this.#held = null;
    this.#failedHash = null;
    this.#log = this.#terms.log.with({ plugin: this.#id, version: event.to });
    this.#inCharge(fresh);
    if (this.#machine.state === 'degraded') this.#machine.to('running', `${event.to} took over`);
    const ms = performance.now() - started;
    this.#log.info(`${event.to} took over from ${event.from}: ${candidate.why}`, { ms: Math.round(ms) });
    this.#terms.onReload({ ...event, outcome: 'switched', reason: candidate.why, ms, at: Date.now() });
    await this.#retire(old);
    await this.#terms.staging.prune(this.#id, new Set([candidate.release.hash, this.#candidate?.release.hash ?? candidate.release.hash]));
    return true;
  }

  // ---- isolates

  async #launch(version: Version): Promise<Isolate> {
    const { release } = version;
    const { manifest } = release;
    const base = path.join(this.#terms.dataDir, 'plugins', manifest.id);
    const dataDir = path.join(base, 'data');
    await mkdir(dataDir, { recursive: true });
    const store = (this.#store ??= new StoreBackend(path.join(base, 'store.json'), (message) => this.#log.warn(message)));
    const http = new HttpBackend(manifest.permissions.hosts, `tickhub/${this.#terms.hostVersion} (${manifest.id})`);
    const isolate = new Isolate({
      manifest,
      generation: ++this.#generation,
      plan: planLaunch(release, {
        isolateEntry: this.#terms.isolateEntry,
        sdkFolders: this.#terms.sdkFolders,
        dataDir,
        hostEnv: process.env,
      }),
      timings: this.#terms.timings,
      log: this.#terms.log,
      attach: this.#terms.attach,
      answer: (capability, method, args) => {
        if (capability === 'store') return store.call(method, args);
        if (capability === 'http') return http.call(method, args);
        if (capability === 'credentials' && release.origin === 'user') {
          return Promise.reject(new PluginError('CAPABILITY_DENIED', 'credentials are given to bundled transports only'));
        }
        return null;
      },
    });
    void isolate.ended.then(() => http.close());
    return isolate;
  }

  #loadTerms(version: Version): Parameters<Isolate['load']>[0] {
    const { release, config } = version;
    return {
      entry: path.resolve(release.dir, release.manifest.entry),
      config,
      dataDir: path.join(this.#terms.dataDir, 'plugins', release.manifest.id, 'data'),
      tenant: this.#terms.tenant,
      hostVersion: this.#terms.hostVersion,
    };
  }

  #inCharge(isolate: Isolate): void {
    this.#isolate = isolate;
    void isolate.ended.then((end) => this.#onEnd(isolate, end));
    isolate.onHealth(({ status }) => {
      if (this.#isolate !== isolate) return;
      if (status.status === 'ok') {
        this.#tally.healthy(performance.now());
        if (this.#machine.state === 'degraded') this.#machine.to('running', status.detail || 'it says it is well again');
      } else if (this.#machine.state === 'running') {
        this.#machine.to('degraded', status.detail || 'it says it is degraded');
      }
    });
  }

  #onEnd(isolate: Isolate, end: IsolateEnd): void {
    // One that was asked to, or was drained for its successor, may go.
    if (this.#isolate !== isolate || end.error === null || !isUp(this.#machine.state)) return;
    this.#isolate = null;
    this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', 'the version before it crashed'));
    this.#crashed(end.error, end.stderr);
    this.#kick();
  }

  async #retire(isolate: Isolate): Promise<void> {
    try {
      await isolate.drain(this.#drainMs);
    } catch (error) {
      this.#log.warn(`it did not drain in time and is ended: ${(error as Error).message}`);
    }
    await isolate.exit();
  }

  async #discard(isolate: Isolate | null): Promise<IsolateEnd | null> {
    if (isolate === null) return null;
    isolate.crash(new PluginError('PLUGIN_REPLACED', 'dropped'));
    return isolate.ended;
  }

  #crashed(error: PluginError, stderr: readonly string[]): void {
    this.#lastCrash = { at: Date.now(), code: error.code, reason: error.message, stderr };
    this.#restarts++;
    const { count, backoffMs } = this.#tally.crash(performance.now());
    this.#log.error(`crashed: ${error.message}`, { code: error.code, crashes: count, ...(stderr.length > 0 ? { stderr } : {}) });
    this.#machine.to('crashed', error.advice, String(count));
    const proven = this.#proven;
    if (proven !== null && proven !== this.#current && this.#current !== null && this.#candidate === null) {
      this.#hold(proven, `${this.#current.release.manifest.version} failed: ${error.advice}`, this.#current.release.hash);
      this.#current = proven;
    }
    if (backoffMs === null) {
      this.#machine.to('quarantined', `${count} crashes, the last: ${error.advice}`);
      return;
    }
    this.#machine.to('backoff', `again in ${(backoffMs / 1_000).toFixed(1)} s; ${error.advice}`);
    this.#backoff = setTimeout(() => {
      this.#backoff = null;
      this.#kick();
    }, backoffMs);
  }

  // ---- notes

  #configOf(release: Release): Record<string, unknown> {
    return { ...release.manifest.config, ...this.#terms.configFor(release.manifest.id) };
  }

  #drop(reason: string): void {
    this.#candidate = null;
    this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', reason));
  }

  #hold(kept: Version, reason: string, failedHash: string | null): void {
    const held = `kept ${kept.release.manifest.version}: ${reason}`;
    this.#failedHash = failedHash;
    if (this.#held === held) return;
    this.#held = held;
    this.#log.warn(held);
  }

  #clearBackoff(): void {
    if (this.#backoff !== null) clearTimeout(this.#backoff);
    this.#backoff = null;
  }

  #onTransition(transition: Transition): void {
    const { from, to, detail, reason } = transition;
    const level =
      to === 'rejected' || to === 'quarantined' ? 'error' : to === 'backoff' || to === 'degraded' || to === 'blocked' ? 'warn' : 'info';
    const quiet = to === 'discovered' || to === 'resolved';
    this.#log[quiet ? 'debug' : level](`${from} -> ${to}${detail === '' ? '' : `(${detail})`}: ${reason}`, { plugin: this.#id });
    this.#terms.onTransition(transition);
  }
}
