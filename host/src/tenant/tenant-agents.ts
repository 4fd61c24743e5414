import path from 'node:path';
import { BackendAgentDesk } from '../analysis/agents/desk.ts';
import { KeptStateFile } from '../analysis/agents/kept-state.ts';
import type { Backend } from '../backend/backend.ts';
import { serviceToken } from '../hub/token.ts';
import type { Log } from '../telemetry/log.ts';
import type { TenantEntitlement } from './tenant-entitlement.ts';

export const AgentDeskToken = serviceToken<BackendAgentDesk>('agent desk');

export interface TenantAgents {
  readonly desk: BackendAgentDesk;
  /** Resolves when the record of agents is on the disk. */
  close(): Promise<void>;
}

/** One tenant's desk for the backend's agents, with the keys and the record of before in its folder's `agents.json`. */
export async function openTenantAgents(
  tenantDir: string,
  backend: Backend,
  entitlement: TenantEntitlement,
  log: Log,
): Promise<TenantAgents> {
  const file = new KeptStateFile(path.join(tenantDir, 'agents.json'), (words) => log.warn(words));
  const desk = new BackendAgentDesk({
    backend,
    user: () => backend.credentialsNow?.userId ?? null,
    allowance: () => entitlement.current,
    kept: await file.read(),
    onChange: (state) => file.save(state),
    log: log.with({ component: 'agents' }),
  });
  return { desk, close: () => file.settled() };
}
