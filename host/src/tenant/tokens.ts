import type { AckBook } from '../delivery/ack-book.ts';
import type { Spool } from '../delivery/spool.ts';
import type { EntitlementService } from '../entitlement/entitlement-service.ts';
import type { Scope } from '../hub/scope.ts';
import { serviceToken } from '../hub/token.ts';
import type { Attachment, IsolateLink } from '../plugins/attachment.ts';
import type { GateMemory } from './gate-memory.ts';

/** Who a scope is for, and where its files are. */
export interface TenantIdentity {
  readonly id: string;
  /** Absolute path of the tenant's folder. */
  readonly dataDir: string;
}

/** The tenant's own level of the hub, for what opens levels below it. */
export const TenantScopeToken = serviceToken<Scope>('tenant scope');
export const TenantToken = serviceToken<TenantIdentity>('tenant');
export const SpoolToken = serviceToken<Spool>('spool');
/** Who has what of the spool. */
export const AckBookToken = serviceToken<AckBook>('ack book');
/** The spool's budget in bytes, as the tier and the config have it now. */
export const SpoolBudgetToken = serviceToken<() => number>('spool budget');
export const GateMemoryToken = serviceToken<GateMemory>('gate memory');
export const EntitlementServiceToken = serviceToken<EntitlementService>('entitlement service');

/** In the scope of one isolate: its channel, and what it is attached to. */
export const IsolateLinkToken = serviceToken<IsolateLink>('isolate link');
export const AttachmentToken = serviceToken<Attachment>('attachment');
