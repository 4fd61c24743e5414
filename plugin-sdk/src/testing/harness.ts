import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { InjectMap } from '../capabilities/capability.ts';
import type { PluginDefinition } from '../define-plugin.ts';
import type { AgentsNews, Failure, GateVerdict, NamedCursor, PluginStatus, Snapshot } from '../protocol/control.ts';
import { DURABLE_ENTRY_BYTES, PipeFrame } from '../protocol/pipe.ts';
import type { RecordStream, StreamRecord, SymbolEntry } from '../protocol/records.ts';
import { checkDefinition } from '../run/check-definition.ts';
import { PluginFault, toFailure } from '../run/fault.ts';
import { encodeJson } from '../run/json-frame.ts';
import { parseConfig } from '../run/parse-config.ts';
import { PluginRun } from '../run/plugin-run.ts';
import type { RunTerms } from '../run/plugin-run.ts';
import { SymbolIds } from '../run/publish/symbol-ids.ts';
import type { CapabilityCalls } from '../run/remote/capability-calls.ts';
import { machineTime } from '../run/time-source.ts';
import type { TimeSource } from '../run/time-source.ts';
import { HistoryAnswers } from './history-answers.ts';
import type { TestHistory } from './history-answers.ts';
import { answeredCalls } from './answers.ts';
import type { HttpHandler, HttpRoutes, TestCredentials } from './answers.ts';
import { Collector } from './collected.ts';
import type { CollectedRecord, CollectedTick } from './collected.ts';
import { HostSymbols } from './host-symbols.ts';
import type { TestTick } from './host-symbols.ts';
import { MemoryChannel } from './memory-channel.ts';
import { f64, OutgoingQueue } from './outgoing-queue.ts';
import type { LinkState } from './outgoing-queue.ts';
import { TestAnalyst } from './test-analyst.ts';
import { TestSockets } from './test-sockets.ts';
import { VirtualTime } from './virtual-time.ts';

export interface HarnessOptions {
  /** `{ id: 'test', version: '1.0.0' }` when it is not given. */
  plugin?: { id: string; version?: string };
  config?: Record<string, unknown>;
  /** `virtual` (the default): time stands still but for {@link Harness.advance}. */
  clock?: 'virtual' | 'real';
  /** Where a virtual clock begins, Unix epoch milliseconds; 2026-01-01T00:00:00Z when it is not given. */
  now?: number;
  /** What the host has of earlier runs. */
  cursors?: readonly NamedCursor[];
  verdicts?: readonly GateVerdict[];
  /** What the version before left. */
  snapshot?: Snapshot;
  http?: HttpRoutes | HttpHandler;
  /** What the store holds; it is written to. */
  store?: Map<string, unknown>;
  credentials?: TestCredentials;
  /** What the host's history holds; nothing when it is not given. */
  history?: TestHistory;
  /** Transports: the spool that is delivered from. */
  spool?: { epoch?: string; lastSeq?: number; ackedSeq?: number };
  tenant?: string;
  /** A temporary folder when it is not given, removed by {@link Harness.stop}. */
  dataDir?: string;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: Record<string, unknown> | undefined;
}

const START_OF_TIME = Date.UTC(2026, 0, 1);
const STOP_MS = 5_000;
/** So many turns of the event loop are given to what waits for an answer that is there already. */
const SETTLE_TURNS = 5;

/**
 * Runs a plugin without a host, in this process, with the same code around it as in an isolate.
 * @example
 * const harness = createHarness(plugin, { config: { everyMs: 100 } });
 * await harness.start();
 * await harness.advance(250);
 * expect(harness.ticks).toHaveLength(2);
 * await harness.stop();
 */
export function createHarness<Config, M extends InjectMap>(definition: PluginDefinition<Config, M>, options: HarnessOptions = {}): Harness {
  return new Harness(definition as unknown as PluginDefinition, options);
}

export class Harness {
  /** What the plugin logged. */
  readonly logs: LogLine[] = [];
  /** What the plugin stored. */
  readonly store: Map<string, unknown>;
  /** The other ends of the WebSockets that the plugin opens. */
  readonly sockets = new TestSockets((news) => this.#run?.onSocket(news));
  /** What a transport said of the backend's agents. */
  readonly agents: AgentsNews[] = [];
  /** The monitor that asks the plugin's models. */
  readonly analyst = new TestAnalyst((order) => this.#run?.onAnalysis(order));
  readonly #definition: PluginDefinition;
  readonly #options: HarnessOptions;
  readonly #time: TimeSource;
  readonly #virtual: VirtualTime | null;
  readonly #channel: MemoryChannel;
  readonly #collector = new Collector();
  readonly #symbols = new HostSymbols();
  readonly #queue: OutgoingQueue;
  readonly #calls: CapabilityCalls;
  readonly #ids = new SymbolIds();
  readonly #verdicts = new Map<string, GateVerdict>();
  #credentials: TestCredentials;
  #run: PluginRun | null = null;
  #madeDir: string | null = null;
  #thrown: unknown = null;
  #failure: Failure | null = null;

  constructor(definition: PluginDefinition, options: HarnessOptions) {
    this.#definition = definition;
    this.#options = options;
    this.#virtual = options.clock === 'real' ? null : new VirtualTime(options.now ?? START_OF_TIME);
    this.#time = this.#virtual ?? machineTime;
    this.store = options.store ?? new Map();
    this.#credentials = options.credentials ?? { url: 'ws://127.0.0.1:1', userId: 'test', token: 'a-test-token' };
    for (const verdict of options.verdicts ?? []) this.#verdicts.set(verdict.symbol, verdict);
    this.#channel = new MemoryChannel((type, body) => this.#onSent(type, body));
    this.#queue = new OutgoingQueue(this.#channel, options.spool?.lastSeq ?? 0, options.spool?.ackedSeq ?? 0);
    this.#calls = answeredCalls({
      http: options.http ?? {},
      store: this.store,
      credentials: () => this.#credentials,
      sockets: this.sockets,
      history: new HistoryAnswers(options.history ?? {}),
    });
  }

  #onTold(message: Parameters<RunTerms['tell']>[0]): void {
    switch (message.type) {
      case 'resume':
      case 'suspend':
        return this.#queue.take(message);
      case 'analyst':
      case 'analysed':
        return this.analyst.take(message);
      case 'agents-said':
        this.agents.push(message);
        return;
      default:
        return this.sockets.take(message);
    }
  }

  // ---- its life

  /**
   * Checks the definition and the config and runs `start`. A stopped plugin may be started again: it goes on from what it published.
   * @throws what `start` threw; {PluginFault} with the codes a host would report.
   */
  async start(options: { snapshot?: Snapshot | null } = {}): Promise<void> {
    if (this.#run !== null) throw new Error('the plugin runs already; stop() it first');
    const { plugin: { id, version = '1.0.0' } = { id: 'test' }, config = {}, spool, tenant = 'test' } = this.#options;
    const definition = checkDefinition({ default: this.#definition }, this.#definition.kind);
    const run = new PluginRun({
      definition,
      plugin: { id, version },
      config: await parseConfig(definition, id, config),
      dataDir: this.#dataDir(),
      start: {
        cursors: [...this.#earlierCursors(), ...this.#collector.cursors],
        verdicts: [...this.#verdicts.values()],
        snapshot: options.snapshot ?? this.#options.snapshot ?? null,
        spool:
          definition.kind === 'transport'
            ? { epoch: spool?.epoch ?? 'test-epoch', lastSeq: this.#queue.lastSeq, ackedSeq: this.#queue.acked }
            : null,
        tenant,
      },
      channel: this.#channel,
      ids: this.#ids,
      calls: this.#calls,
      log: this.#log(),
      time: this.#time,
      tell: (message) => this.#onTold(message),
      crash: (error) => this.#crash(error),
    });
    this.#run = run;
    try {
      await run.start();
    } catch (error) {
      this.#run = null;
      throw error;
    }
    await this.settle();
  }

  /** Stops the plugin as a host does; what it published before is there. @throws what its `stop` threw, or what crashed it before. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    try {
      await run.stop(STOP_MS);
    } finally {
      this.#queue.stopped();
      this.#symbols.announceAll();
      if (this.#madeDir !== null) rmSync(this.#madeDir, { recursive: true, force: true });
      this.#madeDir = null;
    }
    this.#throwIfCrashed();
  }

  /** Moves the virtual clock; every timer on the way runs at its time. @throws what a timer of the plugin threw. */
  async advance(ms: number): Promise<void> {
    if (this.#virtual === null) throw new Error("advance() moves a virtual clock; this harness has clock: 'real'");
    await this.#virtual.advance(ms, () => this.#turns());
    this.#throwIfCrashed();
  }

  /**
   * The machine sleeps for `ms`: nothing runs meanwhile, and the wall clock is ahead afterwards. The monotonic clock stands still (Linux, macOS)
   * or went on (Windows).
   */
  async sleepMachine(ms: number, { monotonic = false }: { monotonic?: boolean } = {}): Promise<void> {
    if (this.#virtual === null) throw new Error("sleepMachine() moves a virtual clock; this harness has clock: 'real'");
    this.#virtual.leap(ms, monotonic ? ms : 0);
    await this.settle();
  }

  /** Sets the wall clock ahead, or back, as a time server does. */
  stepClock(ms: number): void {
    if (this.#virtual === null) throw new Error("stepClock() moves a virtual clock; this harness has clock: 'real'");
    this.#virtual.leap(ms, 0);
  }

  /** Lets what the plugin waits for happen, as far as it needs no time. @throws what crashed the plugin meanwhile. */
  async settle(): Promise<void> {
    await this.#turns();
    this.#throwIfCrashed();
  }

  /** Why the plugin crashed: something was thrown in a timer or a listener. */
  get failure(): Failure | null {
    return this.#failure;
  }

  status(): PluginStatus {
    return this.#running().status();
  }

  /** @throws {PluginFault} SNAPSHOT_* */
  snapshot(): Promise<Snapshot | null> {
    return this.#running().snapshot();
  }

  /** Unix epoch milliseconds on the plugin's clock. */
  now(): number {
    return this.#time.now();
  }

  // ---- what it published

  /** Every tick published so far, in order. */
  get ticks(): readonly CollectedTick[] {
    this.#run?.flush();
    return this.#collector.ticks;
  }

  get records(): readonly CollectedRecord[] {
    this.#run?.flush();
    return this.#collector.records;
  }

  /** Every symbol announced so far, whether it has ticks or not. */
  get symbols(): readonly SymbolEntry[] {
    this.#run?.flush();
    return this.#collector.symbols;
  }

  /** How many ticks each batch had that left the plugin. */
  get batchSizes(): readonly number[] {
    return this.#collector.batchSizes;
  }

  /** Tells the plugin that every tick published so far is durable. */
  makeDurable(): void {
    this.#run?.flush();
    const cursors = this.#collector.cursorIds;
    if (cursors.length === 0) return;
    const body = new Uint8Array(cursors.length * DURABLE_ENTRY_BYTES);
    const view = new DataView(body.buffer);
    cursors.forEach(({ source, symbol, time, same }, index) => {
      const at = index * DURABLE_ENTRY_BYTES;
      view.setUint16(at, source, true);
      view.setUint16(at + 2, symbol, true);
      view.setUint32(at + 4, same, true);
      view.setFloat64(at + 8, time, true);
    });
    this.#channel.receive(PipeFrame.durable, null, body);
  }

  /** Makes the host slow, or quick again. */
  set congested(congested: boolean) {
    this.#channel.congested = congested;
  }

  // ---- what the host tells it

  setVerdicts(verdicts: readonly GateVerdict[]): void {
    for (const verdict of verdicts) this.#verdicts.set(verdict.symbol, verdict);
    this.#run?.onGate(verdicts);
  }

  changeCredentials(credentials: TestCredentials): void {
    this.#credentials = credentials;
    this.#run?.onCredentialsChanged();
  }

  /** Models: gives ticks to the plugin. */
  giveTicks(ticks: readonly TestTick[]): void {
    const batches = this.#symbols.batches(ticks, this.#time.now());
    this.#announce();
    for (const batch of batches) this.#channel.receive(PipeFrame.ticks, null, batch.bytes);
  }

  /** Models: that many ticks went by unsent before the next ones. */
  giveMissed(count: number): void {
    this.#channel.receive(PipeFrame.missed, null, f64(count));
  }

  // ---- transports

  /** Puts ticks into the spool, one frame for each source in a row; they are sent when the link is up. Answers the last seq. */
  deliverTicks(ticks: readonly TestTick[]): number {
    const batches = this.#symbols.batches(ticks, this.#time.now());
    this.#announce();
    for (const batch of batches) this.#queue.add(PipeFrame.deliverTicks, batch.bytes);
    return this.#queue.lastSeq;
  }

  /** Puts one frame of records into the spool. Answers its seq. */
  deliverRecords(stream: RecordStream, records: readonly StreamRecord[], source = 'test'): number {
    return this.#queue.add(PipeFrame.deliverRecords, encodeJson({ stream, source, records }));
  }

  /** What the transport said of its link. */
  get link(): LinkState {
    return this.#queue.link;
  }

  /** The last seq the transport acknowledged. */
  get acked(): number {
    this.#run?.flush();
    return this.#queue.acked;
  }

  // ---- inside

  #onSent(type: number, body: Uint8Array): void {
    switch (type) {
      case PipeFrame.symbols:
        return this.#collector.takeSymbols(body);
      case PipeFrame.ticks:
        return this.#collector.takeTicks(body);
      case PipeFrame.records:
        return this.#collector.takeRecords(body);
      case PipeFrame.acked:
        return this.#queue.takeAck(body);
      default:
        throw new Error(`a plugin sends no frame of type ${type}`);
    }
  }

  #announce(): void {
    const table = this.#symbols.takeNew();
    if (table !== null) this.#channel.receive(PipeFrame.symbols, null, encodeJson(table));
  }

  #earlierCursors(): readonly NamedCursor[] {
    return this.#options.cursors ?? [];
  }

  #dataDir(): string {
    if (this.#options.dataDir !== undefined) return this.#options.dataDir;
    this.#madeDir ??= mkdtempSync(path.join(os.tmpdir(), 'tickhub-plugin-'));
    return this.#madeDir;
  }

  #log(): Record<LogLine['level'], (message: string, fields?: Record<string, unknown>) => void> {
    const at =
      (level: LogLine['level']) =>
      (message: string, fields?: Record<string, unknown>): void => {
        this.logs.push({ level, message, fields });
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  async #turns(): Promise<void> {
    for (let i = 0; i < SETTLE_TURNS; i++) await turn();
  }

  #running(): PluginRun {
    if (this.#run === null) throw new PluginFault('NOT_RUNNING', 'the plugin does not run; start() it first');
    return this.#run;
  }

  #crash(error: unknown): void {
    this.#failure ??= toFailure(error, 'UNCAUGHT');
    this.#thrown ??= { error };
  }

  #throwIfCrashed(): void {
    const thrown = this.#thrown as { error: unknown } | null;
    this.#thrown = null;
    if (thrown !== null) throw thrown.error;
  }
}
