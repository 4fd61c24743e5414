import { serialize } from 'node:v8';
import type { PluginContext, PluginDefinition, RunningPlugin } from '../define-plugin.ts';
import type { Log } from '../capabilities/log.ts';
import { PluginStatus } from '../protocol/control.ts';
import type { AgentRequest } from '../protocol/agents.ts';
import type {
  AgentsNews,
  AnalystNews,
  GateVerdict,
  HostMessage,
  IsolateMessage,
  RefusedTicks,
  Snapshot,
  SocketNews,
  SocketOrder,
} from '../protocol/control.ts';
import { PipeFrame, PipeProtocolError } from '../protocol/pipe.ts';
import { CapabilityContainer } from './container.ts';
import { Deadline } from './deadline.ts';
import { PluginFault, describe } from './fault.ts';
import type { AnalysisOrder } from './analyst-desk.ts';
import type { FrameChannel } from './frame-channel.ts';
import type { SymbolIds } from './publish/symbol-ids.ts';
import type { CapabilityCalls } from './remote/capability-calls.ts';
import { preciseEpoch } from './time-source.ts';
import type { TimeSource } from './time-source.ts';

const SNAPSHOT_MS = 1_000;
const MAX_SNAPSHOT_BYTES = 1_048_576;
const MAX_DETAIL = 500;

/** What a run needs of the isolate around it, or of a test. */
export interface RunTerms {
  readonly definition: PluginDefinition;
  readonly plugin: { readonly id: string; readonly version: string };
  /** Parsed by the plugin's schema. */
  readonly config: unknown;
  readonly dataDir: string;
  readonly start: Omit<Extract<HostMessage, { type: 'start' }>, 'type'>;
  readonly channel: FrameChannel;
  readonly ids: SymbolIds;
  readonly calls: CapabilityCalls;
  readonly log: Log;
  readonly time: TimeSource;
  readonly tell: (message: Extract<IsolateMessage, { type: 'resume' | 'suspend' }> | SocketOrder | AnalystNews | AgentsNews) => void;
  /** Called with what was thrown where nobody can catch it: in a timer, in a listener. */
  readonly crash: (error: unknown) => void;
}

/** One life of a plugin, from start to stop. A plugin that is started again gets a new one. */
export class PluginRun {
  readonly #terms: RunTerms;
  readonly #capabilities: CapabilityContainer;
  readonly #abort = new AbortController();
  #plugin: RunningPlugin = {};
  #statusFailed = false;
  #stopped = false;

  constructor(terms: RunTerms) {
    this.#terms = terms;
    const { start, channel, tell, crash, log, time, calls, plugin, ids } = terms;
    this.#capabilities = new CapabilityContainer({
      log,
      time,
      calls,
      crash,
      tellSocket: tell,
      tellAnalyst: tell,
      tellAgents: tell,
      verdicts: start.verdicts,
      publish: {
        plugin: plugin.id,
        cursors: start.cursors,
        channel,
        ids,
        epoch: preciseEpoch(
          () => time.now(),
          () => time.monotonic(),
        ),
      },
      delivery: start.spool === null ? null : { epoch: start.spool.epoch, tenant: start.tenant, channel, tell },
    });
  }

  /** Runs the plugin's `start`. What it throws is thrown on, after everything it had begun was ended. */
  async start(): Promise<void> {
    const { definition, plugin, config, dataDir, start, channel } = this.#terms;
    const context: PluginContext<unknown> = {
      plugin: { id: plugin.id, version: plugin.version },
      config,
      dataDir,
      signal: this.#abort.signal,
      restored: start.snapshot,
    };
    try {
      const running: unknown = await definition.start({ ...context, ...this.#capabilities.inject(definition.inject ?? {}) });
      this.#plugin = checkRunning(running);
    } catch (error) {
      this.#end();
      throw error;
    }
    // Only now: a listener that `start` sets is there for the first frame.
    if (!this.#stopped) channel.resume((type, body) => this.#onFrame(type, body));
  }

  /** Tells the plugin that it is to stop; {@link stop} does the rest. */
  abort(): void {
    this.#abort.abort();
  }

  /**
   * Stops the plugin and sends what it published.
   * @throws what its `stop` threw; {PluginFault} DRAIN_TIMEOUT when it, or the host's taking of what was published, took longer than `deadlineMs`.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.abort();
    const deadline = new Deadline(deadlineMs, 'DRAIN_TIMEOUT');
    let failed: { readonly error: unknown } | null = null;
    try {
      await deadline.race(Promise.resolve(this.#plugin.stop?.()), 'stop() of the plugin did not end');
    } catch (error) {
      failed = { error };
    }
    this.#end();
    try {
      await deadline.race(this.#terms.channel.flushed(), 'the host did not take what was published');
    } catch (error) {
      failed ??= { error };
    } finally {
      deadline.clear();
    }
    if (failed !== null) throw failed.error;
  }

  /**
   * What the plugin leaves for its next version; null when it has nothing to leave.
   * @throws {PluginFault} SNAPSHOT_THREW, SNAPSHOT_TIMEOUT, SNAPSHOT_TOO_LARGE, SNAPSHOT_NOT_CLONEABLE
   */
  async snapshot(): Promise<Snapshot | null> {
    if (this.#plugin.snapshot === undefined) return null;
    const deadline = new Deadline(SNAPSHOT_MS, 'SNAPSHOT_TIMEOUT');
    let state: unknown;
    try {
      state = await deadline.race(Promise.resolve(this.#plugin.snapshot()), 'snapshot() of the plugin did not end');
    } catch (error) {
      if (error instanceof PluginFault) throw error;
      throw new PluginFault('SNAPSHOT_THREW', `snapshot() threw: ${error instanceof Error ? error.message : describe(error)}`, {
        cause: error,
      });
    } finally {
      deadline.clear();
    }
    if (state === undefined) return null;
    const bytes = sizeOf(state);
    if (bytes > MAX_SNAPSHOT_BYTES) {
      throw new PluginFault(
        'SNAPSHOT_TOO_LARGE',
        `the snapshot has ${bytes} bytes, at most ${MAX_SNAPSHOT_BYTES} are handed on; keep large state in dataDir`,
      );
    }
    return { version: this.#terms.plugin.version, state };
  }

  /** Never throws: a plugin whose `status` does is degraded, and says why. */
  status(): PluginStatus {
    if (this.#plugin.status === undefined) return { status: 'ok', detail: '', counters: {} };
    try {
      const given = this.#plugin.status();
      const detail = typeof given?.detail === 'string' ? given.detail.slice(0, MAX_DETAIL) : given?.detail;
      const status = PluginStatus.parse({ ...given, detail });
      this.#statusFailed = false;
      return status;
    } catch (error) {
      const message = error instanceof Error ? error.message : describe(error);
      if (!this.#statusFailed) this.#terms.log.warn('status() of the plugin failed', { error: message });
      this.#statusFailed = true;
      return { status: 'degraded', detail: `status() failed: ${message}`.slice(0, MAX_DETAIL), counters: {} };
    }
  }

  /** Ticks that were refused so far, by source and symbol. */
  refused(): RefusedTicks[] {
    return this.#capabilities.publisher?.refused() ?? [];
  }

  onGate(verdicts: readonly GateVerdict[]): void {
    this.#guard(() => {
      this.#capabilities.publisher?.onGate(verdicts);
      this.#capabilities.gate.take(verdicts);
    });
  }

  onCredentialsChanged(): void {
    this.#guard(() => this.#capabilities.credentials?.changed());
  }

  onSocket(news: SocketNews): void {
    this.#guard(() => this.#capabilities.socket?.take(news));
  }

  onAnalysis(message: AnalysisOrder): void {
    this.#guard(() => this.#capabilities.analyst?.take(message));
  }

  onAgentsAsk(request: AgentRequest): void {
    this.#guard(() => this.#capabilities.agents?.take(request));
  }

  /** Sends what is published and waits to be batched. */
  flush(): void {
    this.#capabilities.publisher?.flush();
    this.#capabilities.delivery?.flush();
  }

  #onFrame(type: number, body: Uint8Array): void {
    this.#guard(() => {
      const { publisher, market, delivery } = this.#capabilities;
      switch (type) {
        case PipeFrame.durable:
          return publisher?.onDurable(body);
        case PipeFrame.symbols:
          return market ? market.takeSymbols(body) : delivery?.takeSymbols(body);
        case PipeFrame.ticks:
          return market?.takeTicks(body);
        case PipeFrame.missed:
          return market?.takeMissed(body);
        case PipeFrame.deliverTicks:
        case PipeFrame.deliverRecords:
          return delivery?.takeFrame(type, body);
        case PipeFrame.resumed:
          return delivery?.takeResumed(body);
        default:
          throw new PipeProtocolError(`the host sent a frame of type ${type}, which none of this SDK is`);
      }
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#terms.crash(error);
    }
  }

  #end(): void {
    this.#stopped = true;
    this.abort();
    this.#terms.channel.pause();
    this.#capabilities.timers?.close();
    this.#capabilities.socket?.close();
    this.#capabilities.analyst?.close();
    this.#capabilities.delivery?.flush();
    this.#capabilities.publisher?.close();
  }
}

function checkRunning(running: unknown): RunningPlugin {
  if (running === undefined || running === null) return {};
  if (typeof running !== 'object') {
    throw new PluginFault('BAD_START_RESULT', `start() gave ${describe(running)}; it may give { status, snapshot, stop } or nothing`);
  }
  for (const name of ['status', 'snapshot', 'stop'] as const) {
    const member: unknown = Reflect.get(running, name);
    if (member !== undefined && typeof member !== 'function') {
      throw new PluginFault('BAD_START_RESULT', `start() gave a "${name}" that is ${describe(member)}; it must be a function`);
    }
  }
  return running;
}

function sizeOf(state: unknown): number {
  try {
    return serialize(state).byteLength;
  } catch (error) {
    throw new PluginFault(
      'SNAPSHOT_NOT_CLONEABLE',
      `the snapshot cannot be handed on: ${(error as Error).message}; leave functions and class instances with private state out`,
    );
  }
}
