import { CapabilityCalls } from '../run/remote/capability-calls.ts';
import { checkDefinition } from '../run/check-definition.ts';
import { PluginFault, toFailure } from '../run/fault.ts';
import { parseConfig } from '../run/parse-config.ts';
import { PluginRun } from '../run/plugin-run.ts';
import type { RunTerms } from '../run/plugin-run.ts';
import { SymbolIds } from '../run/publish/symbol-ids.ts';
import { machineTime } from '../run/time-source.ts';
import type { Log } from '../capabilities/log.ts';
import type { HostMessage, IsolateMessage, PluginStatus } from '../protocol/control.ts';
import type { FrameChannel } from '../run/frame-channel.ts';
import type { ControlChannel, LogLevel } from './control-channel.ts';
import { loadEntry } from './load-entry.ts';
import { LoopLag } from './loop-lag.ts';

const HEALTH_EVERY_MS = 1_000;
/** So long its last words may take. */
const LAST_WORDS_MS = 500;
/** So many symbols are named in one health message. */
const MAX_REFUSED = 10_000;
const IDLE: PluginStatus = { status: 'ok', detail: '', counters: {} };

type During = Extract<IsolateMessage, { type: 'failed' }>['during'];
type Loaded = Pick<RunTerms, 'definition' | 'plugin' | 'config' | 'dataDir'>;

/** What runs in the child process: does what the host says, in the order it says it. */
export class Isolate {
  readonly #control: ControlChannel;
  readonly #channel: FrameChannel;
  readonly #exit: (code: number) => void;
  readonly #calls: CapabilityCalls;
  readonly #ids = new SymbolIds();
  readonly #lag = new LoopLag();
  readonly #log: Log;
  #loaded: Loaded | null = null;
  #run: PluginRun | null = null;
  #health: NodeJS.Timeout | null = null;
  /** What was asked for and is still being done. */
  #work: Promise<void> = Promise.resolve();
  #drainsAsked = 0;
  #crashed = false;

  constructor(control: ControlChannel, channel: FrameChannel, exit: (code: number) => void) {
    this.#control = control;
    this.#channel = channel;
    this.#exit = exit;
    this.#calls = new CapabilityCalls((call) => control.send({ type: 'call', ...call }));
    const at =
      (level: LogLevel) =>
      (message: string, fields?: Record<string, unknown>): void =>
        control.log(level, message, fields);
    this.#log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  take(message: HostMessage): void {
    switch (message.type) {
      case 'load':
        return this.#next('load', () => this.#load(message));
      case 'start':
        return this.#next('start', () => this.#start(message));
      case 'drain':
        // A start that is under way, or still to come, hears of it at once; the rest waits its turn.
        this.#drainsAsked++;
        this.#run?.abort();
        return this.#next('drain', () => this.#drain(message.deadlineMs));
      case 'snapshot':
        return void this.#try('snapshot', () => this.#snapshot());
      case 'gate':
        return this.#run?.onGate(message.verdicts);
      case 'credentials-changed':
        return this.#run?.onCredentialsChanged();
      case 'socket-messages':
      case 'socket-ended':
        return this.#run?.onSocket(message);
      case 'analyst-terms':
      case 'analyse':
        return this.#run?.onAnalysis(message);
      case 'agents-ask':
        return this.#run?.onAgentsAsk(message.request);
      case 'reply':
        return this.#calls.take(message);
      case 'ping':
        return this.#sendHealth();
      case 'exit':
        return this.#exit(0);
    }
  }

  /** Says why, sends what was published, and ends the process. */
  crash(thrown: unknown): void {
    if (this.#crashed) return;
    this.#crashed = true;
    void this.#lastWords(thrown).finally(() => this.#exit(1));
  }

  async #lastWords(thrown: unknown): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    try {
      this.#run?.flush();
    } catch {
      // The reason of the crash is worth more than the reason why the last ticks could not be sent.
    }
    const told = this.#control.sendLast({ type: 'failed', during: 'run', failure: toFailure(thrown, 'UNCAUGHT') });
    await Promise.race([Promise.all([told, this.#channel.flushed()]), late]);
  }

  #next(during: During, work: () => Promise<void>): void {
    this.#work = this.#work.then(() => this.#try(during, work));
  }

  async #try(during: During, work: () => Promise<void>): Promise<void> {
    if (this.#crashed) return;
    try {
      await work();
    } catch (error) {
      this.#control.send({ type: 'failed', during, failure: toFailure(error, `${during.toUpperCase()}_THREW`) });
    }
  }

  async #load({ plugin, entry, config, dataDir }: Extract<HostMessage, { type: 'load' }>): Promise<void> {
    if (this.#loaded !== null) throw new PluginFault('CONTROL_PROTOCOL', 'a plugin is loaded already');
    const definition = checkDefinition(await loadEntry(entry, plugin.kind), plugin.kind);
    this.#loaded = { definition, plugin, dataDir, config: await parseConfig(definition, plugin.id, config) };
    this.#control.send({ type: 'loaded', kind: definition.kind });
  }

  async #start(start: Extract<HostMessage, { type: 'start' }>): Promise<void> {
    if (this.#loaded === null) throw new PluginFault('CONTROL_PROTOCOL', 'nothing is loaded that could be started');
    if (this.#run !== null) throw new PluginFault('CONTROL_PROTOCOL', 'the plugin runs already; drain it first');
    const run = new PluginRun({
      ...this.#loaded,
      start,
      channel: this.#channel,
      ids: this.#ids,
      calls: this.#calls,
      log: this.#log,
      time: machineTime,
      tell: (message) => this.#control.send(message),
      crash: (error) => this.crash(error),
    });
    this.#run = run;
    try {
      const started = run.start();
      if (this.#drainsAsked > 0) run.abort();
      await started;
    } catch (error) {
      this.#run = null;
      throw error;
    }
    this.#control.send({ type: 'started' });
    this.#health = setInterval(() => this.#sendHealth(), HEALTH_EVERY_MS);
    this.#sendHealth();
  }

  async #drain(deadlineMs: number): Promise<void> {
    this.#drainsAsked--;
    const run = this.#run;
    if (run !== null) {
      if (this.#health !== null) clearInterval(this.#health);
      await run.stop(deadlineMs).finally(() => {
        this.#run = null;
      });
    }
    this.#control.send({ type: 'drained' });
  }

  async #snapshot(): Promise<void> {
    const snapshot = (await this.#run?.snapshot()) ?? null;
    this.#control.send({ type: 'snapshot', snapshot });
  }

  #sendHealth(): void {
    if (this.#crashed) return;
    const status = this.#run?.status() ?? IDLE;
    const refused = (this.#run?.refused() ?? []).slice(0, MAX_REFUSED);
    this.#control.send({ type: 'health', status, refused, loopLagMs: this.#lag.take(), rssBytes: process.memoryUsage.rss() });
  }
}
