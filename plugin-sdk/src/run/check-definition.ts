import { CAPABILITIES_OF_KIND, isPluginDefinition } from '../define-plugin.ts';
import type { PluginDefinition } from '../define-plugin.ts';
import type { PluginKind } from '../manifest/plugin-kind.ts';
import { PluginFault, describe } from './fault.ts';

/** Names that the context has already. */
const CONTEXT_NAMES: ReadonlySet<string> = new Set(['plugin', 'config', 'dataDir', 'signal', 'restored']);

/**
 * Holds a module's default export against what a plugin of this kind must be.
 * @throws {PluginFault} NO_DEFAULT_EXPORT, NOT_A_PLUGIN, WRONG_KIND, BAD_INJECT, CAPABILITY_DENIED
 */
export function checkDefinition(module: { readonly default?: unknown }, kind: PluginKind): PluginDefinition {
  const definition = module.default;
  if (definition === undefined) {
    throw new PluginFault('NO_DEFAULT_EXPORT', 'the entry module has no default export; write `export default definePlugin({ ... })`');
  }
  if (!isPluginDefinition(definition)) {
    throw new PluginFault(
      'NOT_A_PLUGIN',
      `the default export is ${describe(definition)} that was not made by definePlugin; write \`export default definePlugin({ ... })\``,
    );
  }
  if (definition.kind !== kind) {
    throw new PluginFault(
      'WRONG_KIND',
      `plugin.json says kind "${kind}", the module defines a "${String(definition.kind)}"; make both the same`,
    );
  }
  if (typeof definition.start !== 'function') {
    throw new PluginFault('NOT_A_PLUGIN', `"start" is ${describe(definition.start)}; definePlugin takes a function start(ctx)`);
  }
  checkInject(definition.inject, kind);
  return definition;
}

function checkInject(inject: unknown, kind: PluginKind): void {
  if (inject === undefined) return;
  if (typeof inject !== 'object' || inject === null)
    throw new PluginFault('BAD_INJECT', `"inject" is ${describe(inject)}; write { log: Log }`);
  const allowed = CAPABILITIES_OF_KIND[kind];
  for (const [property, token] of Object.entries(inject) as [string, unknown][]) {
    if (typeof token !== 'object' || token === null || !('name' in token) || typeof token.name !== 'string') {
      throw new PluginFault('BAD_INJECT', `inject.${property} is ${describe(token)}; give a token that the SDK exports, such as Log`);
    }
    if (CONTEXT_NAMES.has(property))
      throw new PluginFault('BAD_INJECT', `inject.${property}: the context has a "${property}" already; choose another name`);
    if (!allowed.has(token.name)) {
      throw new PluginFault(
        'CAPABILITY_DENIED',
        `inject.${property}: a ${kind} may not have the capability "${token.name}"; it may have ${[...allowed].join(', ')}`,
      );
    }
  }
}
