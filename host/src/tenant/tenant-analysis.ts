import path from 'node:path';
import { inject, injectable } from 'tsyringe';
import { Analysts } from '../analysis/analysts.ts';
import { ArchiveThread } from '../analysis/archive/archive-thread.ts';
import { analyse } from '../analysis/on-request.ts';
import { MarketMonitor } from '../analysis/market-monitor.ts';
import type { Config } from '../config/schema.ts';
import { ConfigToken } from '../config/token.ts';
import type { AnalysisReport } from '../control/analysis-report.ts';
import { serviceToken } from '../hub/token.ts';
import { WallClockToken } from '../streams/wall-clock.ts';
import type { WallClock } from '../streams/wall-clock.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import type { BackendAgentDesk } from '../analysis/agents/desk.ts';
import { AgentDeskToken } from './tenant-agents.ts';
import { HistoryToken } from './history-token.ts';
import type { TenantHistory } from './tenant-history.ts';
import type { TenantEntitlement } from './tenant-entitlement.ts';
import { TenantEntitlementToken } from './tenant-entitlement.ts';
import type { TenantStreams } from './tenant-streams.ts';
import { TenantStreamsToken } from './tenant-streams.ts';
import { TenantToken } from './tokens.ts';
import type { TenantIdentity } from './tokens.ts';

const LOOK_MS = 1_000;
/** Events of the calendar that were told of before this start. */
const EVENTS_BEFORE_MS = 7 * 86_400_000;
const EVENTS_AHEAD_MS = 14 * 86_400_000;

export const TenantAnalysisToken = serviceToken<TenantAnalysis>('analysis');

/** One tenant's market monitor, between its streams, its history and the plugins that serve models. */
@injectable()
export class TenantAnalysis {
  /** The plugins that serve models now. */
  readonly analysts = new Analysts();
  readonly monitor: MarketMonitor;
  readonly #archive: ArchiveThread;
  readonly #streams: TenantStreams;
  readonly #history: TenantHistory;
  readonly #entitlement: TenantEntitlement;
  readonly #now: WallClock;
  readonly #log: Log;
  readonly #release: (() => void)[] = [];
  #knowsEvents = false;

  constructor(
    @inject(TenantToken) identity: TenantIdentity,
    @inject(ConfigToken) config: Config,
    @inject(TenantStreamsToken) streams: TenantStreams,
    @inject(HistoryToken) history: TenantHistory,
    @inject(TenantEntitlementToken) entitlement: TenantEntitlement,
    @inject(AgentDeskToken) desk: BackendAgentDesk,
    @inject(LogToken) log: Log,
    @inject(WallClockToken) now: WallClock,
  ) {
    this.#streams = streams;
    this.#history = history;
    this.#entitlement = entitlement;
    this.#now = now;
    this.#log = log.with({ tenant: identity.id, component: 'analysis' });
    this.#archive = new ArchiveThread(path.join(identity.dataDir, 'bars.db'), (message) => this.#log.error(message));
    this.monitor = new MarketMonitor({
      analysts: this.analysts,
      archive: this.#archive,
      history: history.unclamped,
      symbols: streams.directory,
      allowance: () => entitlement.current,
      publish: (plugin, body) => streams.records.take(plugin, body),
      agents: desk,
      rules: config.analysis,
      now,
      log: this.#log,
    });
  }

  /** See {@link analyse}. */
  analyse(symbol: string): Promise<AnalysisReport> {
    const deps = {
      monitor: this.monitor,
      tier: () => this.#entitlement.current.tier,
      symbols: () => this.#streams.gate.verdicts(),
      now: this.#now,
    };
    return analyse(deps, symbol);
  }

  start(): void {
    const { bus } = this.#streams;
    const looking = setInterval(() => this.monitor.look(), LOOK_MS);
    this.#release.push(
      () => clearInterval(looking),
      bus.on('market_data_received', ({ batch }) => this.monitor.takeTicks(batch)),
      bus.on('records_received', ({ plugin, batch }) => this.monitor.takeRecords(plugin, batch)),
      this.#history.onImported(({ stream, source, records }) => this.monitor.takeRecords('', { stream, source, records })),
      this.#entitlement.onChange(() => this.monitor.roster.refresh()),
    );
    this.analysts.onAdded(() => void this.#learnEvents());
  }

  async stop(): Promise<void> {
    for (const release of this.#release) release();
    await this.#archive.close();
  }

  /** With the first model: a host without any has no use for them. */
  async #learnEvents(): Promise<void> {
    if (this.#knowsEvents) return;
    this.#knowsEvents = true;
    const now = this.#now();
    try {
      const query = { stream: 'calendar' as const, from: Math.max(0, now - EVENTS_BEFORE_MS), to: now + EVENTS_AHEAD_MS, limit: 10_000 };
      const { records } = await this.#history.unclamped.records(query);
      this.monitor.learnEvents(records);
    } catch (error) {
      this.#log.warn(`the calendar's past is not known to the models: ${(error as Error).message}`);
    }
  }
}
