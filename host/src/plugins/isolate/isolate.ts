import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { serialize } from 'node:v8';
import type {
  HostMessage,
  IsolateMessage,
  PipeFrameType,
  PluginManifest,
  PluginStatus,
  RefusedTicks,
  Snapshot,
  SocketOrder,
} from '@tickhub/plugin-sdk/host';
import type { Log, LogLevel } from '../../telemetry/log.ts';
import type { Attach, Attachment, IsolateLink } from '../attachment.ts';
import type { PluginOrigin } from '../discovery/inspect.ts';
import { PluginError } from '../errors.ts';
import type { PluginErrorCode } from '../errors.ts';
import { Heartbeat } from '../supervision/heartbeat.ts';
import type { PluginTimings } from '../timings.ts';
import { AwaitedAnswer, orAborted } from './awaited-answer.ts';
import { CapabilityCalls } from './capability-calls.ts';
import type { Answer } from './capability-calls.ts';
import { ControlChannel } from './control-channel.ts';
import { DataChannel } from './data-channel.ts';
import { causeOfExit, endlessModel, LastWords } from './isolate-end.ts';
import type { IsolateEnd } from './isolate-end.ts';
import type { LaunchPlan } from './launch.ts';
import { LogLimit } from './log-limit.ts';
import { readLines } from './output-lines.ts';

export interface IsolateTerms {
  readonly manifest: PluginManifest;
  readonly origin: PluginOrigin;
  readonly generation: number;
  readonly plan: LaunchPlan;
  readonly timings: PluginTimings;
  readonly log: Log;
  readonly attach: Attach;
  /** Answers `store`, `http` and `socket`; null for a capability that the attachment answers. */
  readonly answer: (capability: string, method: string, args: readonly unknown[]) => Promise<unknown> | null;
  /** What it does with the WebSockets that `socket` gave it. */
  readonly onSocketOrder: (order: SocketOrder) => void;
}

export interface LoadTerms {
  /** Absolute path. */
  readonly entry: string;
  readonly config: Record<string, unknown>;
  readonly dataDir: string;
  readonly tenant: string;
  readonly hostVersion: string;
}

export interface IsolateHealth {
  readonly status: PluginStatus;
  readonly refused: readonly RefusedTicks[];
  readonly loopLagMs: number;
  readonly rssBytes: number;
}

/** `waiting`: not started, or drained: it holds nothing and may be started (again). */
type Phase = 'waiting' | 'started' | 'drained' | 'ended';

const MEMORY_FACTOR = 1.5;
const MEMORY_EXTRA = 64 * 1_048_576;
const MAX_SNAPSHOT_BYTES = 1_048_576;
/** After its exit the rest of its output is read for so long. */
const LAST_WORDS_MS = 1_000;

const FAILURE_CODE: Record<'load' | 'start' | 'run' | 'drain' | 'snapshot', PluginErrorCode> = {
  load: 'PLUGIN_LOAD_FAILED',
  start: 'PLUGIN_START_FAILED',
  run: 'PLUGIN_RUN_FAILED',
  drain: 'PLUGIN_RUN_FAILED',
  snapshot: 'PLUGIN_RUN_FAILED',
};

/** One child process that runs one version of one plugin. It is spawned by the constructor; {@link ended} tells its end, whatever the cause. */
export class Isolate implements IsolateLink {
  readonly manifest: PluginManifest;
  readonly origin: PluginOrigin;
  readonly generation: number;
  /** Never rejects. */
  readonly ended: Promise<IsolateEnd>;
  readonly #terms: IsolateTerms;
  readonly #child: ChildProcess;
  readonly #control: ControlChannel;
  readonly #data: DataChannel | null;
  readonly #lastWords = new LastWords();
  readonly #heartbeat: Heartbeat;
  readonly #calls: CapabilityCalls;
  readonly #log: LogLimit;
  readonly #healthListeners = new Set<(health: IsolateHealth) => void>();
  readonly #ready: Promise<void>;
  #end!: (end: IsolateEnd) => void; // Set by the constructor, with the promise.
  #attachment: Attachment | null = null;
  readonly #awaited = new AwaitedAnswer();
  #phase: Phase = 'waiting';
  #asked = false;
  #fault: PluginError | null = null;
  #health: IsolateHealth | null = null;
  #output = Promise.withResolvers<void>();

  constructor(terms: IsolateTerms) {
    const { manifest, plan, timings } = terms;
    this.manifest = manifest;
    this.origin = terms.origin;
    this.generation = terms.generation;
    this.#terms = terms;
    this.#log = new LogLimit(terms.log, manifest.id);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#calls = new CapabilityCalls(
      (answer) => this.#reply(answer),
      (error) => this.crash(error),
    );
    this.#heartbeat = new Heartbeat(timings.heartbeatMs, timings.missedBeats, () =>
      this.crash(
        new PluginError(
          'PLUGIN_UNRESPONSIVE',
          `no sign of life for ${((timings.heartbeatMs * timings.missedBeats) / 1_000).toFixed(1)} s: it spins or blocks`,
        ),
      ),
    );
    this.#child = spawn(plan.command, plan.args, {
      // Overlapped is what a Windows pipe must be for the child to use it as a socket; elsewhere it is the same as 'pipe'.
      stdio: ['ignore', 'pipe', 'pipe', 'overlapped', 'ipc'],
      serialization: 'advanced',
      env: plan.env,
      cwd: plan.cwd,
      windowsHide: true,
    });
    this.#control = new ControlChannel(
      this.#child,
      (message) => {
        try {
          this.#onMessage(message);
        } catch (error) {
          this.crash(PluginError.from(error, 'PLUGIN_PROTOCOL', `${message.type} message`));
        }
      },
      (error) => this.crash(error),
    );
    this.#ready = this.#awaited.expect('ready', 'boot', manifest.limits.startTimeoutMs).then(() => undefined);
    // Whoever loads it hears of it; here it only must not count as unhandled.
    this.#ready.catch(() => undefined);
    const [, stdout, stderr, data] = this.#child.stdio as readonly (Readable | null)[];
    if (stdout) readLines(stdout, (line) => this.#log.write('info', line));
    if (stderr) readLines(stderr, (line) => this.#onLog('warn', line));
    this.#data = data
      ? new DataChannel(
          data as unknown as Duplex,
          (type, body) => this.#onFrame(type, body),
          (error) => this.crash(error),
        )
      : null;
    this.#child.once('error', (error) => this.#onSpawnError(error));
    this.#child.once('exit', (code, signal) => this.#onExit(code, signal));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get health(): IsolateHealth | null {
    return this.#health;
  }

  get drained(): boolean {
    return this.#phase === 'drained';
  }

  get hasEnded(): boolean {
    return this.#phase === 'ended';
  }

  /** Resolves when it has published something since it was started. */
  get firstOutput(): Promise<void> {
    return this.#output.promise;
  }

  onHealth(listener: (health: IsolateHealth) => void): () => void {
    this.#healthListeners.add(listener);
    return () => this.#healthListeners.delete(listener);
  }

  // ---- IsolateLink: what the rest of the host does with it

  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): boolean {
    return this.#data?.send(type, head, body) ?? true;
  }

  get backlogBytes(): number {
    return this.#data?.backlogBytes ?? 0;
  }

  onDrained(listener: () => void): void {
    this.#data?.onDrained(listener);
  }

  pauseReading(): void {
    this.#data?.pause();
  }

  resumeReading(): void {
    this.#data?.resume();
  }

  tell(message: HostMessage): void {
    this.#control.send(message);
  }

  // ---- its life; each step rejects with a PluginError, also when `signal` is aborted

  /** Loads the module and checks its config. Nothing runs yet. */
  async load(terms: LoadTerms, signal?: AbortSignal): Promise<void> {
    const { id, version, kind, limits } = this.manifest;
    await orAborted(this.#ready, signal);
    const { entry, ...rest } = terms;
    this.tell({ type: 'load', plugin: { id, version, kind }, entry: pathToFileURL(entry).href, ...rest });
    const loaded = await this.#awaited.expect('loaded', 'load', limits.startTimeoutMs, signal).catch((error: unknown) => {
      throw endlessModel(error, this.manifest);
    });
    if (loaded.type === 'loaded' && loaded.kind !== kind) {
      throw new PluginError('PLUGIN_LOAD_FAILED', `plugin.json says kind "${kind}", the module defines a ${loaded.kind}`, {
        remedy: 'Make both the same.',
      });
    }
  }

  /** Starts it, or starts it again after {@link drain}. */
  async start(snapshot: Snapshot | null, signal?: AbortSignal): Promise<void> {
    const attachment = this.#terms.attach(this);
    this.#attachment = attachment;
    this.#output = Promise.withResolvers<void>();
    this.#phase = 'started';
    this.tell({ type: 'start', ...attachment.startTerms(), snapshot });
    await this.#awaited.expect('started', 'start', this.manifest.limits.startTimeoutMs, signal);
    this.#heartbeat.start();
  }

  /** The state for the next version. Rejects when it gives none in time, or one that is too large. */
  async snapshot(): Promise<Snapshot | null> {
    this.tell({ type: 'snapshot' });
    const message = await this.#awaited.expect('snapshot', 'snapshot', this.#terms.timings.snapshotMs);
    if (message.type !== 'snapshot' || message.snapshot === null) return null;
    const { byteLength } = serialize(message.snapshot);
    if (byteLength > MAX_SNAPSHOT_BYTES) {
      throw new PluginError('PLUGIN_RUN_FAILED', `its snapshot has ${byteLength} bytes, at most ${MAX_SNAPSHOT_BYTES} are handed on`);
    }
    return message.snapshot;
  }

  /** Stops it; when this resolves, all it published was taken. It stays, and may be started again. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#phase !== 'started') return;
    this.#heartbeat.stop();
    const signal = AbortSignal.timeout(deadlineMs);
    this.tell({ type: 'drain', deadlineMs });
    await this.#awaited.expect('drained', 'drain', deadlineMs);
    await this.#data?.quiet(signal);
    if (this.#phase === 'started') this.#phase = 'drained';
    this.#detach();
  }

  /** Ends it: asks first, kills when it does not listen in time. */
  async exit(graceMs = this.#terms.timings.exitMs): Promise<IsolateEnd> {
    this.#asked = true;
    this.#heartbeat.stop();
    this.tell({ type: 'exit' });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** Ends it at once because of a fault; {@link ended} carries it. */
  crash(error: PluginError): void {
    if (this.#phase === 'ended') return;
    this.#fault ??= error;
    this.#heartbeat.stop();
    this.#child.kill('SIGKILL');
  }

  // ---- what comes from it

  #onMessage(message: IsolateMessage): void {
    switch (message.type) {
      case 'health':
        return this.#onHealth(message);
      case 'log':
        return this.#onLog(message.level, message.message, message.fields);
      case 'call':
        return this.#calls.take(message, this.#route(message));
      case 'failed':
        return this.#onFailed(message);
      case 'socket-send':
      case 'socket-taken':
      case 'socket-close':
        return this.#terms.onSocketOrder(message);
      case 'resume':
      case 'suspend':
      case 'analyst':
      case 'analysed':
      case 'agents-said':
        return this.#attachment?.onMessage(message);
      default:
        this.#awaited.arrived(message);
    }
  }

  #onLog(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    if (level === 'warn' || level === 'error') this.#lastWords.add(message);
    this.#log.write(level, message, fields);
  }

  #onHealth({ status, refused, loopLagMs, rssBytes }: IsolateHealth): void {
    this.#heartbeat.beat();
    this.#health = { status, refused, loopLagMs, rssBytes };
    const most = this.manifest.limits.memoryMb * 1_048_576 * MEMORY_FACTOR + MEMORY_EXTRA;
    if (rssBytes > most) {
      return this.crash(new PluginError('PLUGIN_MEMORY', `memory: it uses ${mib(rssBytes)} MiB, allowed are ${mib(most)} MiB`));
    }
    for (const listener of this.#healthListeners) listener(this.#health);
  }

  #onFailed({ during, failure }: Extract<IsolateMessage, { type: 'failed' }>): void {
    const error = new PluginError(FAILURE_CODE[during], failure.message, { cause: failure });
    if (failure.stack !== undefined) this.#lastWords.add(failure.stack);
    if (this.#awaited.failed(during, error) || during === 'snapshot') return;
    if (during !== 'run') return this.crash(error);
    // It sends what it published before, and ends by itself.
    this.#fault ??= error;
    this.#heartbeat.stop();
    setTimeout(() => this.crash(error), this.#terms.timings.exitMs).unref();
  }

  #onFrame(type: number, body: Uint8Array): void {
    if (this.#attachment === null) {
      if (this.#phase === 'waiting') throw new Error('a frame before the start');
      // Left over from before a drain that ran out of time.
      return;
    }
    if (this.#attachment.onFrame(type, body)) this.#output.resolve();
  }

  #route({ capability, method, args }: Extract<IsolateMessage, { type: 'call' }>): Promise<unknown> {
    const answer = this.#terms.answer(capability, method, args);
    if (answer !== null) return answer;
    if (this.#attachment === null) {
      return Promise.reject(new PluginError('CAPABILITY_DENIED', `${capability}.${method} was called while the plugin is not running`));
    }
    return this.#attachment.call(capability, method, args);
  }

  #reply(answer: Answer): void {
    this.#control.send({ type: 'reply', ...answer });
  }

  // ---- its end

  #onSpawnError(error: Error): void {
    if (this.#child.pid !== undefined) return;
    this.#finish(
      new PluginError('PLUGIN_SPAWN_FAILED', `its process could not be started: ${error.message}`, { cause: error }),
      null,
      null,
    );
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const finish = (): void => {
      clearTimeout(timer);
      // One that was drained holds nothing: its end is nobody's loss.
      const cause =
        this.#asked || this.#phase === 'drained'
          ? null
          : (this.#fault ?? causeOfExit(code, signal, this.#lastWords.lines, this.manifest.limits.memoryMb));
      this.#finish(cause, code, signal);
    };
    // Its pipes are read to their end first, so that its last ticks and its last words count. A process of its own may hold them open.
    const timer = setTimeout(finish, LAST_WORDS_MS);
    this.#child.once('close', finish);
  }

  #finish(error: PluginError | null, code: number | null, signal: string | null): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#heartbeat.stop();
    this.#detach();
    this.#data?.destroy();
    this.#awaited.close(error ?? this.#gone());
    this.#end({ error, lastWords: this.#lastWords.lines, code, signal });
  }

  #detach(): void {
    this.#attachment?.detach();
    this.#attachment = null;
  }

  #gone(): PluginError {
    return new PluginError('PLUGIN_EXITED', 'the process has ended');
  }
}

function mib(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
