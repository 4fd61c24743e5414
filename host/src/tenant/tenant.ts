import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { ConfigToken } from '../config/token.ts';
import { BackendToken } from '../backend/backend.ts';
import { AckBook } from '../delivery/ack-book.ts';
import { openSpool } from '../delivery/open-spool.ts';
import type { Spool } from '../delivery/spool.ts';
import { UsageReporter } from '../delivery/usage-reporter.ts';
import type { ReporterClock } from '../delivery/usage-reporter.ts';
import { EntitlementService } from '../entitlement/entitlement-service.ts';
import type { CentralHub } from '../hub/central-hub.ts';
import type { Scope } from '../hub/scope.ts';
import { LogToken } from '../telemetry/log.ts';
import { GateMemory } from './gate-memory.ts';
import { HistoryToken } from './history-token.ts';
import { AgentDeskToken, openTenantAgents } from './tenant-agents.ts';
import { TenantAnalysis, TenantAnalysisToken } from './tenant-analysis.ts';
import { TenantEntitlement } from './tenant-entitlement.ts';
import { TenantHistory } from './tenant-history.ts';
import { TenantPlugins } from './tenant-plugins.ts';
import { TenantStreams } from './tenant-streams.ts';
import { TenantWatch } from './tenant-watch.ts';
import {
  AckBookToken,
  EntitlementServiceToken,
  GateMemoryToken,
  SpoolBudgetToken,
  SpoolToken,
  TenantScopeToken,
  TenantToken,
} from './tokens.ts';
import { TenantEntitlementToken } from './tenant-entitlement.ts';
import { TenantPluginsToken } from './tenant-plugins.ts';
import { TenantStreamsToken } from './tenant-streams.ts';

const MIB = 1_048_576;
const HOUR_MS = 3_600_000;

const reporterClock: ReporterClock = {
  now: () => Date.now(),
  every(ms, task) {
    const timer = setInterval(() => void task(), ms);
    return () => clearInterval(timer);
  },
};

/** What the host needs of a tenant that runs. */
export interface RunningTenant {
  readonly id: string;
  readonly scope: Scope;
  readonly spool: Spool;
  readonly streams: TenantStreams;
  readonly entitlement: TenantEntitlement;
  readonly plugins: TenantPlugins;
  readonly watch: TenantWatch;
  /** Who has what of the spool. */
  readonly book: AckBook;
  readonly history: TenantHistory;
  readonly analysis: TenantAnalysis;
}

/**
 * Fills a tenant's scope and starts it: entitlement, spool, streams, plugins, in this order; they stop in the reverse of it when the scope
 * closes.
 * @throws {HubError | SpoolError} when one of them does not start; the scope is closed then, and what had started is stopped again.
 */
export async function startTenant(hub: CentralHub, id: string, dataDir: string): Promise<RunningTenant> {
  const scope = hub.tenant(id);
  try {
    return await startIn(scope, id, dataDir);
  } catch (error) {
    await scope.close();
    throw error;
  }
}

async function startIn(scope: Scope, id: string, dataDir: string): Promise<RunningTenant> {
  const tenantDir = path.join(dataDir, 'tenants', id);
  await mkdir(tenantDir, { recursive: true, mode: 0o700 });
  const config = scope.resolve(ConfigToken);
  const log = scope.resolve(LogToken).with({ tenant: id });

  scope
    .value(TenantScopeToken, scope)
    .value(TenantToken, { id, dataDir: tenantDir })
    .value(EntitlementServiceToken, new EntitlementService({ graceMs: config.entitlement.graceHours * HOUR_MS }))
    .service(TenantEntitlementToken, TenantEntitlement);
  await scope.start(TenantEntitlementToken);
  const entitlement = scope.resolve(TenantEntitlementToken);
  // A token may say that there is no cache; a spool needs some room to deliver at all.
  const budgetBytes = (): number => Math.max(1, Math.min(config.spool.budgetMb, entitlement.current.limits.cacheMb)) * MIB;

  const agents = await openTenantAgents(tenantDir, scope.resolve(BackendToken), entitlement, log);
  const spool = await openSpool({ path: path.join(tenantDir, 'spool.db'), budgetBytes: budgetBytes(), clock: Date });
  scope
    .onClose('agents', () => agents.close())
    .value(AgentDeskToken, agents.desk)
    .onClose('spool', () => spool.close())
    .onClose(
      'spool budget',
      entitlement.onChange(() => spool.setBudget(budgetBytes())),
    )
    .value(SpoolToken, spool)
    .value(SpoolBudgetToken, budgetBytes)
    .value(AckBookToken, new AckBook(spool))
    .value(GateMemoryToken, await GateMemory.open(tenantDir, log))
    .service(TenantStreamsToken, TenantStreams)
    .service(HistoryToken, TenantHistory)
    .service(TenantAnalysisToken, TenantAnalysis)
    .service(TenantPluginsToken, TenantPlugins);
  spool.onHealth((health) => {
    if (health.state === 'ok') log.info('the spool goes on');
    else log.error(`the spool is stalled: ${health.reason}. Sources are held until it takes what waits; nothing acknowledged is lost.`);
  });
  spool.onGap((gap) =>
    log.error(`${gap.ticks} ticks (frames ${gap.fromSeq} to ${gap.toSeq}) left the spool undelivered: ${gap.reason}`, { ...gap }),
  );
  spool.onFailure((error) => log.error(error.message, { code: error.code }));
  const reporter = new UsageReporter({
    spool,
    tenant: id,
    clock: reporterClock,
    onError: (error) => log.warn(`usage could not be reported yet: ${(error as Error).message}`),
  });
  reporter.start();
  scope.onClose('usage reporter', () => reporter.stop());
  const streams = scope.resolve(TenantStreamsToken);
  // Before the plugins start: a transport may be connected before all of them have.
  const watch = new TenantWatch(streams.bus, spool);
  await scope.start(TenantPluginsToken);

  return {
    id,
    scope,
    spool,
    entitlement,
    streams,
    plugins: scope.resolve(TenantPluginsToken),
    watch,
    book: scope.resolve(AckBookToken),
    history: scope.resolve(HistoryToken),
    analysis: scope.resolve(TenantAnalysisToken),
  };
}
