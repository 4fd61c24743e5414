import type { Spool } from '../delivery/spool.ts';
import type { EntitlementService } from '../entitlement/entitlement-service.ts';
import { serviceToken } from '../hub/token.ts';
import type { GateMemory } from './gate-memory.ts';
import type { TenantEntitlement } from './tenant-entitlement.ts';
import type { TenantPlugins } from './tenant-plugins.ts';
import type { TenantStreams } from './tenant-streams.ts';

/** Who a scope is for, and where its files are. */
export interface TenantIdentity {
  readonly id: string;
  /** Absolute path of the tenant's folder. */
  readonly dataDir: string;
}

export const TenantToken = serviceToken<TenantIdentity>('tenant');
export const SpoolToken = serviceToken<Spool>('spool');
export const GateMemoryToken = serviceToken<GateMemory>('gate memory');
export const EntitlementServiceToken = serviceToken<EntitlementService>('entitlement service');
export const TenantEntitlementToken = serviceToken<TenantEntitlement>('entitlement');
export const TenantStreamsToken = serviceToken<TenantStreams>('streams');
export const TenantPluginsToken = serviceToken<TenantPlugins>('plugins');
