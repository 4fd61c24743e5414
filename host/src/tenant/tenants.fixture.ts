/** For tests: tenants in scopes of their own on one hub, each with a spool without a disk, and feeds attached to them. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PipeFrame } from '@tickhub/plugin-sdk/host';
import type { Config } from '../config/schema.ts';
import { WallClockToken } from '../streams/wall-clock.ts';
import { ConfigToken } from '../config/token.ts';
import { BackendToken } from '../backend/backend.ts';
import { EntitlementService } from '../entitlement/entitlement-service.ts';
import { CentralHub } from '../hub/central-hub.ts';
import type { Scope } from '../hub/scope.ts';
import { SourceAttachment } from '../streams/source-attachment.ts';
import { ManualSpool, RecordedLink, symbolsBody, ticksBody } from '../streams/streams.fixture.ts';
import type { TestTick } from '../streams/streams.fixture.ts';
import { LogToken } from '../telemetry/log.ts';
import { GateMemory } from './gate-memory.ts';
import { TenantEntitlement } from './tenant-entitlement.ts';
import { ManualBackend, memoryLog, scratchDir } from './tenant.fixture.ts';
import { TenantStreams } from './tenant-streams.ts';
import { EntitlementServiceToken, GateMemoryToken, SpoolToken, TenantToken } from './tokens.ts';
import { TenantEntitlementToken } from './tenant-entitlement.ts';
import { TenantStreamsToken } from './tenant-streams.ts';

export interface OpenedTenant {
  readonly scope: Scope;
  readonly spool: ManualSpool;
  readonly streams: TenantStreams;
  readonly entitlement: TenantEntitlement;
}

/** A hub as the host fills it, with nothing running. */
export function hubWith(config: Config): CentralHub {
  const hub = new CentralHub();
  hub.scope
    .value(ConfigToken, config)
    .value(LogToken, memoryLog())
    .value(BackendToken, new ManualBackend())
    .value(WallClockToken, Date.now);
  return hub;
}

/** A tenant's streams, as `startTenant` builds them, without its plugins. Nothing is started: it ends with nothing to clear away. */
export async function openTenant(given: { config: Config; hub?: CentralHub; id?: string; dir?: string }): Promise<OpenedTenant> {
  const { config, hub = hubWith(config), id = 't' } = given;
  const dataDir = path.join(given.dir ?? (await scratchDir()), id);
  await mkdir(dataDir, { recursive: true });
  const spool = new ManualSpool();
  const scope = hub.tenant(id);
  scope
    .value(TenantToken, { id, dataDir })
    .value(EntitlementServiceToken, new EntitlementService({ graceMs: 0 }))
    .service(TenantEntitlementToken, TenantEntitlement)
    .value(SpoolToken, spool)
    .value(GateMemoryToken, await GateMemory.open(dataDir, memoryLog()))
    .service(TenantStreamsToken, TenantStreams);
  return { scope, spool, streams: scope.resolve(TenantStreamsToken), entitlement: scope.resolve(TenantEntitlementToken) };
}

/** An isolate of a source that has announced its symbols; ids are their places. */
export function attachFeed(streams: TenantStreams, plugin: string, symbols: readonly string[]) {
  const link = new RecordedLink({ id: plugin });
  const attachment = new SourceAttachment(link, streams);
  attachment.onFrame(PipeFrame.symbols, symbolsBody(plugin, symbols));
  return {
    link,
    attachment,
    send: (ticks: readonly TestTick[]): boolean => attachment.onFrame(PipeFrame.ticks, ticksBody(ticks)),
  };
}
