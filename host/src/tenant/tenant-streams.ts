import type { RecordBatch, TickBatch } from '@tickhub/plugin-sdk/host';
import { inject, injectable } from 'tsyringe';
import { serviceToken } from '../hub/token.ts';
import { Cadence } from '../collector/cadence.ts';
import { PreferenceFilter } from '../collector/preferences.ts';
import { SourceBook } from '../collector/source-book.ts';
import type { Config } from '../config/schema.ts';
import { ConfigToken } from '../config/token.ts';
import type { Spool } from '../delivery/spool.ts';
import { SymbolGate } from '../entitlement/symbol-gate.ts';
import { EventBus } from '../streams/bus.ts';
import type { TenantEvents } from '../streams/bus.ts';
import { DurableTracker } from '../streams/durable-tracker.ts';
import { Intake } from '../streams/intake.ts';
import { RecordIntake } from '../streams/record-intake.ts';
import type { SourceStreams } from '../streams/source-attachment.ts';
import { SymbolDirectory } from '../streams/symbol-directory.ts';
import { WallClockToken } from '../streams/wall-clock.ts';
import type { WallClock } from '../streams/wall-clock.ts';
import { FlowMeter } from '../telemetry/flow-meter.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import type { GateMemory } from './gate-memory.ts';
import type { TenantEntitlement } from './tenant-entitlement.ts';
import { GateMemoryToken, SpoolToken, TenantToken } from './tokens.ts';
import { TenantEntitlementToken } from './tenant-entitlement.ts';
import type { TenantIdentity } from './tokens.ts';

const MEASURE_MS = 1_000;

export const TenantStreamsToken = serviceToken<TenantStreams>('streams');

/** One tenant's way of the ticks: directory, gate, intake, durability, bus and meters, built around its spool. */
@injectable()
export class TenantStreams implements SourceStreams {
  readonly tenant: string;
  readonly directory: SymbolDirectory;
  readonly gate: SymbolGate;
  readonly intake: Intake;
  readonly records: RecordIntake;
  readonly durable: DurableTracker;
  readonly bus: EventBus<TenantEvents>;
  readonly flow: FlowMeter;
  readonly cadence: Cadence;
  readonly sources = new SourceBook();
  readonly #spool: Spool;
  readonly #memory: GateMemory;
  readonly #entitlement: TenantEntitlement;
  readonly #release: (() => void)[] = [];

  constructor(
    @inject(TenantToken) identity: TenantIdentity,
    @inject(ConfigToken) config: Config,
    @inject(SpoolToken) spool: Spool,
    @inject(GateMemoryToken) memory: GateMemory,
    @inject(TenantEntitlementToken) entitlement: TenantEntitlement,
    @inject(LogToken) log: Log,
    @inject(WallClockToken) now: WallClock,
  ) {
    this.tenant = identity.id;
    this.#spool = spool;
    this.#memory = memory;
    this.#entitlement = entitlement;
    this.bus = new EventBus((error, event) => log.error(`a listener of ${event} failed`, { error }));
    this.directory = new SymbolDirectory(spool.symbols(), (added) => spool.addSymbols(added));
    const preferences = new PreferenceFilter(config.preferences);
    this.gate = new SymbolGate(entitlement.current, config.symbols.prefer, memory.announced, (symbol) => preferences.wantsSymbol(symbol));
    this.durable = new DurableTracker(spool.cursors());
    this.intake = new Intake(this.directory, this.gate, spool, (seq, batch) => this.#onTicks(seq, batch));
    this.records = new RecordIntake(this.gate, spool, (plugin, batch) => this.#onRecords(plugin, batch), {
      wants: (stream, source, record) => preferences.wantsRecord(stream, source, record),
      now,
    });
    this.flow = new FlowMeter(this.intake.counters);
    this.cadence = new Cadence(performance.now());
  }

  start(): void {
    const measuring = setInterval(() => {
      this.flow.measure();
      this.cadence.measure(this.intake.counters.taken, performance.now());
      this.#memory.note(this.gate);
    }, MEASURE_MS);
    this.#release.push(
      () => clearInterval(measuring),
      this.#entitlement.onChange((now) => this.gate.setAllowance(now)),
      this.#spool.onDurable((seq) => this.durable.durableUpTo(seq)),
    );
    this.gate.setAllowance(this.#entitlement.current);
  }

  async stop(): Promise<void> {
    for (const release of this.#release) release();
    await this.#memory.close(this.gate);
  }

  #onRecords(plugin: string, batch: RecordBatch): void {
    this.sources.take(batch);
    this.bus.emit('records_received', { plugin, batch });
    if (batch.stream === 'analysis') this.bus.emit('ai_analysis_complete', { plugin, batch });
  }

  #onTicks(seq: number, batch: TickBatch): void {
    this.durable.appended(seq, batch);
    this.flow.taken(seq, batch);
    this.bus.emit('market_data_received', { seq, batch });
  }
}
