import { Scope } from './scope.ts';

/**
 * The Central Hub: the container of the whole host, a scope per tenant below it, a scope per plugin below those.
 * It knows no service by name; the composition roots (`host.ts`, `tenant/tenant.ts`) fill it.
 */
export class CentralHub {
  readonly scope = Scope.root('hub');
  readonly #tenants = new Map<string, Scope>();

  /** The scope of a tenant, made on first use. */
  tenant(id: string): Scope {
    let scope = this.#tenants.get(id);
    if (scope === undefined || scope.closed) {
      scope = this.scope.child(id);
      this.#tenants.set(id, scope);
    }
    return scope;
  }

  /** Stops everything, tenants first. @returns what failed while stopping; the rest was stopped all the same. */
  stop(): ReturnType<Scope['close']> {
    return this.scope.close();
  }
}
