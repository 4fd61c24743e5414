import type { HostMessage, PluginManifest } from '@tickhub/plugin-sdk/host';
import type { PluginOrigin } from './discovery/inspect.ts';
import type { Release, Staging } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import type { Isolate } from './isolate/isolate.ts';
import type { IsolateEnd } from './isolate/isolate-end.ts';
import { proveHealth } from './isolate/proof.ts';
import { Launcher } from './launcher.ts';
import type { LauncherTerms } from './launcher.ts';
import type { PluginInfo } from './plugin-info.ts';
import { swap } from './reload.ts';
import type { ReloadEvent } from './reload.ts';
import { isUp, PluginStateMachine } from './state.ts';
import type { PluginState, Transition } from './state.ts';
import { Recovery } from './supervision/recovery.ts';
import { StepLoop } from './supervision/step-loop.ts';
import type { NotRunning, Verdict } from './verdict.ts';
import { Versions } from './versions.ts';
import type { Version } from './versions.ts';

/** What all slots of a host share. */
export interface SlotTerms extends LauncherTerms {
  readonly staging: Staging;
  readonly configFor: (id: string) => Record<string, unknown>;
  /** Whether a version with this manifest should run. */
  readonly judge: (manifest: PluginManifest) => Verdict;
  readonly onTransition: (transition: Transition) => void;
  readonly onReload: (event: ReloadEvent) => void;
}

/**
 * The place of one plugin in the host: its state, its versions, its isolate. Whatever happens (a new version, another tier, a crash, a stop) only notes
 * what is wanted; one loop goes step by step from what is to what is wanted, so a storm of changes ends in the last of them.
 */
export class PluginSlot {
  readonly folder: string;
  readonly origin: PluginOrigin;
  readonly #terms: SlotTerms;
  readonly #machine: PluginStateMachine;
  readonly #versions: Versions;
  readonly #recovery: Recovery;
  readonly #launcher: Launcher;
  readonly #loop = new StepLoop(
    () => this.#step(),
    (error) => this.#log('error', `a step failed, which is a bug: ${(error as Error).stack}`),
  );
  #id: string;
  /** Null until the host has looked at it. */
  #verdict: Verdict | null = null;
  /** Set when it is to stop for good. */
  #leaving = false;
  #retry = false;
  #drainMs: number;
  /** The isolate in charge. */
  #isolate: Isolate | null = null;
  /** Set while a step waits for an isolate that is not in charge yet. */
  #interrupt: AbortController | null = null;

  /** @param id the folder's name until a manifest was read. */
  constructor(id: string, folder: string, origin: PluginOrigin, terms: SlotTerms) {
    this.#id = id;
    this.folder = folder;
    this.origin = origin;
    this.#terms = terms;
    this.#drainMs = terms.timings.drainMs;
    this.#machine = new PluginStateMachine(id, 'found', (transition) => this.#onTransition(transition));
    this.#versions = new Versions((note) => this.#log('warn', note));
    this.#recovery = new Recovery(terms.timings, () => this.#loop.kick());
    this.#launcher = new Launcher(terms);
  }

  get id(): string {
    return this.#id;
  }

  get state(): PluginState {
    return this.#machine.state;
  }

  /** Hashes of the releases it needs. */
  get hashes(): ReadonlySet<string> {
    return this.#versions.hashes;
  }

  /** Of the version that runs or would; null while the folder was never readable. */
  get manifest(): PluginManifest | null {
    const { current, candidate } = this.#versions;
    return (this.#isolate === null ? (candidate ?? current) : current)?.release.manifest ?? null;
  }

  get info(): PluginInfo {
    const manifest = this.manifest;
    const health = this.#isolate?.health ?? null;
    const { state, detail, reason, since } = this.#machine;
    return {
      id: this.#id,
      folder: this.folder,
      origin: this.origin,
      version: manifest?.version ?? null,
      kind: manifest?.kind ?? null,
      tier: manifest?.tier ?? null,
      state,
      detail,
      reason,
      since,
      restarts: this.#recovery.crashes,
      pid: this.#isolate?.pid ?? null,
      rssBytes: health?.rssBytes ?? null,
      loopLagMs: health?.loopLagMs ?? null,
      status: health?.status ?? null,
      refused: health?.refused ?? [],
      held: this.#versions.held,
      lastCrash: this.#recovery.last,
    };
  }

  // ---- what is wanted

  /** The folder has this release. @param again also when the same one failed before, or runs already. */
  offer(release: Release, again = false): void {
    if (this.#leaving) return;
    if (this.manifest === null) {
      this.#id = release.manifest.id;
      this.#machine.rename(this.#id);
    }
    const known = this.#versions.compare(release);
    if (known === 'current' && !again) {
      if (this.#versions.agree()) this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', 'the folder is back at the version that runs'));
    } else if (known === 'new' || again) {
      this.#propose(release, known === 'current' ? 'asked for' : 'its folder changed');
    }
  }

  /** The folder cannot be run. What runs goes on. */
  refuse(error: PluginError): void {
    if (this.#versions.current !== null) {
      this.#versions.withdraw();
      this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', error.message));
      this.#versions.keep(`the folder is broken: ${error.advice}`);
    } else if (this.#machine.state !== 'rejected' || this.#machine.reason !== error.advice) {
      this.#versions.withdraw();
      if (this.#machine.state !== 'discovered') this.#machine.to('discovered', 'its folder changed');
      this.#machine.to('rejected', error.advice, error.code);
    }
  }

  setVerdict(verdict: Verdict): void {
    if (this.#leaving) return;
    this.#verdict = verdict;
    if (!verdict.run) this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', verdict.reason));
    this.#loop.kick();
  }

  /** Takes the config anew; a version that runs is replaced by one with the new config, as in any reload. */
  reconfigure(): void {
    const release = (this.#versions.candidate ?? this.#versions.current)?.release;
    if (release !== undefined) this.#propose(release, 'its config changed');
  }

  /** Lifts a quarantine and cuts a backoff short. */
  retry(): void {
    this.#versions.forgive();
    if (this.#machine.state !== 'backoff' && this.#machine.state !== 'quarantined') return;
    this.#retry = true;
    this.#loop.kick();
  }

  /**
   * Stops it for good; resolves when its process is gone.
   * @param drainMs how long it may take to drain, at most.
   */
  async stop(reason: string, drainMs = this.#terms.timings.drainMs): Promise<void> {
    this.#drainMs = drainMs;
    this.setVerdict({ run: false, state: 'stopped', detail: '', reason });
    this.#leaving = true;
    await this.settled();
    await this.#launcher.flush();
  }

  /** Resolves when what is wanted is reached, as far as it can be without waiting for a backoff. */
  settled(): Promise<void> {
    return this.#loop.settled();
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#loop.idle;
  }

  tell(message: HostMessage): void {
    if (isUp(this.#machine.state)) this.#isolate?.tell(message);
  }

  #propose(release: Release, why: string): void {
    const { id, config } = release.manifest;
    this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', why));
    this.#versions.propose({ release, config: { ...config, ...this.#terms.configFor(id) }, why });
    this.#loop.kick();
  }

  // ---- from what is to what is wanted

  /** @returns whether something was done. */
  async #step(): Promise<boolean> {
    const verdict = this.#verdict;
    if (verdict === null) return false;
    const { candidate } = this.#versions;
    if (this.#isolate !== null && isUp(this.#machine.state)) {
      if (!verdict.run) return this.#takeDown(this.#isolate, verdict);
      return candidate !== null && this.#mayTakeOver(candidate) && this.#swap(this.#isolate, candidate);
    }
    if (candidate !== null && this.#machine.can('discovered')) {
      this.#machine.to('discovered', candidate.why);
      return true;
    }
    switch (this.#machine.state) {
      case 'discovered':
        return this.#resolve();
      case 'resolved':
        return verdict.run ? this.#bringUp() : this.#hold(verdict);
      case 'gated':
      case 'blocked':
      case 'stopped':
        return this.#lookAgain(verdict);
      case 'backoff':
        return this.#endBackoff(verdict);
      case 'quarantined':
        return this.#leaveQuarantine(verdict);
      case 'rejected':
        return this.#leaving && this.#hold(verdict as NotRunning);
      default:
        return false;
    }
  }

  /** A version that the tier or its requirements hold back waits, and is looked at again with each change of these. */
  #mayTakeOver({ release }: Version): boolean {
    const verdict = this.#terms.judge(release.manifest);
    if (!verdict.run) this.#versions.keep(`${release.manifest.version} ${verdict.reason}`);
    return verdict.run;
  }

  #resolve(): boolean {
    if (this.#versions.candidate !== null) {
      this.#versions.adopt();
      this.#recovery.reset();
    }
    const release = this.#versions.current?.release;
    if (release === undefined) return false;
    this.#machine.to('resolved', `${release.manifest.kind} ${release.manifest.version}`);
    return true;
  }

  #hold(verdict: NotRunning): boolean {
    this.#machine.to(verdict.state, verdict.reason, verdict.detail);
    return true;
  }

  #lookAgain(verdict: Verdict): boolean {
    if (this.#versions.current === null) return false;
    if (!verdict.run && verdict.state === this.#machine.state && verdict.detail === this.#machine.detail) {
      this.#machine.explain(verdict.reason);
      return false;
    }
    this.#machine.to('resolved', verdict.run ? 'nothing holds it back any more' : verdict.reason);
    return true;
  }

  #endBackoff(verdict: Verdict): boolean {
    if (this.#recovery.waiting && verdict.run && !this.#retry) return false;
    this.#recovery.proceed();
    this.#machine.to('resolved', verdict.run ? 'started again after a crash' : verdict.reason);
    return true;
  }

  #leaveQuarantine(verdict: Verdict): boolean {
    if (this.#leaving) return this.#hold(verdict as NotRunning);
    if (!this.#retry) return false;
    this.#recovery.reset();
    this.#machine.to('resolved', 'a retry was asked for');
    return true;
  }

  async #bringUp(): Promise<boolean> {
    const version = this.#versions.current as Version; // `resolved` is reached only with one.
    const { manifest } = version.release;
    this.#retry = false;
    this.#machine.to('starting', `${manifest.kind} ${manifest.version}`);
    const interrupt = (this.#interrupt = new AbortController());
    let isolate: Isolate | null = null;
    try {
      isolate = await this.#launcher.launch(version);
      await isolate.load(this.#launcher.loadTerms(version), interrupt.signal);
      await isolate.start(null, interrupt.signal);
    } catch (error) {
      isolate?.crash(new PluginError('PLUGIN_REPLACED', 'dropped'));
      const end = await isolate?.ended;
      if (interrupt.signal.aborted) {
        this.#machine.to('draining', (interrupt.signal.reason as Error).message);
        this.#machine.to('resolved', (interrupt.signal.reason as Error).message);
      } else {
        this.#crashed(PluginError.from(error, 'PLUGIN_START_FAILED', 'it did not start'), end?.lastWords ?? []);
      }
      return true;
    } finally {
      this.#interrupt = null;
    }
    this.#machine.to('running', `${manifest.version} started`);
    this.#putInCharge(isolate);
    void this.#prove(isolate, version);
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
    const interrupt = (this.#interrupt = new AbortController());
    const started = performance.now();
    const { version: to } = candidate.release.manifest;
    const tell = (outcome: ReloadEvent['outcome'], reason: string): void =>
      this.#terms.onReload({
        plugin: this.#id,
        from: old.manifest.version,
        to,
        outcome,
        reason,
        ms: performance.now() - started,
        at: Date.now(),
      });
    let fresh: Isolate;
    try {
      fresh = await swap({
        old,
        launch: () => this.#launcher.launch(candidate),
        load: this.#launcher.loadTerms(candidate),
        timings: this.#terms.timings,
        acceptDegraded: this.#machine.state === 'degraded',
        drainMs: this.#drainMs,
        signal: interrupt.signal,
        warn: (message) => this.#log('warn', message),
      });
    } catch (error) {
      if (!interrupt.signal.aborted) {
        const reason = PluginError.from(error, 'PLUGIN_START_FAILED', 'it did not take over').advice;
        this.#versions.failed(candidate, reason);
        tell('kept', reason);
      }
      // It had let go of everything for its successor, and could not be woken.
      if (old.hasEnded && this.#isolate === old) {
        this.#isolate = null;
        this.#crashed(new PluginError('PLUGIN_EXITED', 'it ended while its successor was tried'), (await old.ended).lastWords);
      }
      return true;
    } finally {
      this.#interrupt = null;
    }
    this.#versions.switched(candidate);
    this.#putInCharge(fresh);
    if (this.#machine.state === 'degraded') this.#machine.to('running', `${to} took over`);
    this.#log('info', `${to} took over from ${old.manifest.version}: ${candidate.why}`, { ms: Math.round(performance.now() - started) });
    tell('switched', candidate.why);
    await this.#retire(old);
    if (this.origin === 'user') await this.#terms.staging.prune(this.#id, this.#versions.hashes);
    return true;
  }

  // ---- the isolate in charge

  #putInCharge(isolate: Isolate): void {
    this.#isolate = isolate;
    void isolate.ended.then((end) => this.#onEnd(isolate, end));
    isolate.onHealth(({ status: { status, detail } }) => {
      if (this.#isolate !== isolate) return;
      if (status === 'ok') {
        this.#recovery.healthy();
        if (this.#machine.state === 'degraded') this.#machine.to('running', detail || 'it says it is well again');
      } else if (this.#machine.state === 'running') {
        this.#machine.to('degraded', detail || 'it says it is degraded');
      }
    });
  }

  async #prove(isolate: Isolate, version: Version): Promise<void> {
    try {
      await proveHealth(isolate, { timings: this.#terms.timings, acceptDegraded: true });
      this.#versions.prove(version);
    } catch {
      // It crashed, which is told elsewhere, or was replaced: then it is not the one to go back to.
    }
  }

  async #retire(isolate: Isolate): Promise<void> {
    try {
      await isolate.drain(this.#drainMs);
      await isolate.exit();
    } catch (error) {
      this.#log('warn', `it did not drain and is ended: ${(error as Error).message}`);
      await isolate.exit(0);
    }
  }

  #onEnd(isolate: Isolate, end: IsolateEnd): void {
    // One that was asked to, or was drained for its successor, may go.
    if (this.#isolate !== isolate || end.error === null || !isUp(this.#machine.state)) return;
    this.#isolate = null;
    this.#interrupt?.abort(new PluginError('PLUGIN_REPLACED', 'the version before it crashed'));
    this.#crashed(end.error, end.lastWords);
    this.#loop.kick();
  }

  #crashed(error: PluginError, lastWords: readonly string[]): void {
    const { count, backoffMs } = this.#recovery.crash(error, lastWords);
    this.#log('error', `crashed: ${error.message}`, { code: error.code, crashes: count, ...(lastWords.length > 0 ? { lastWords } : {}) });
    this.#machine.to('crashed', error.advice, String(count));
    this.#versions.fallBack(error.advice);
    if (backoffMs === null) this.#machine.to('quarantined', `${count} crashes, the last: ${error.advice}`);
    else this.#machine.to('backoff', `again in ${(backoffMs / 1_000).toFixed(1)} s; ${error.advice}`);
  }

  // ---- notes

  #onTransition(transition: Transition): void {
    const { from, to, detail, reason } = transition;
    const text = `${from} -> ${to}${detail === '' ? '' : `(${detail})`}: ${reason}`;
    this.#log(LEVEL_OF[to] ?? 'info', text);
    this.#terms.onTransition(transition);
  }

  #log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown> = {}): void {
    const version = this.#versions.current?.release.manifest.version;
    this.#terms.log[level](message, { ...fields, plugin: this.#id, ...(version === undefined ? {} : { version }) });
  }
}

/** The level at which reaching a state is logged, where it is not `info`. */
const LEVEL_OF: Partial<Record<PluginState, 'debug' | 'warn' | 'error'>> = {
  discovered: 'debug',
  resolved: 'debug',
  rejected: 'error',
  quarantined: 'error',
  backoff: 'warn',
  degraded: 'warn',
  blocked: 'warn',
  // The error with its code and its last lines is logged beside it.
  crashed: 'debug',
};
