import type { PluginDefinition } from '../define-plugin.ts';
import type { PluginKind } from '../manifest/plugin-kind.ts';
import { PluginFault, describe } from '../run/fault.ts';

/**
 * Imports the entry module of a plugin, or makes one of a plugin.json that has a feed or a model.
 * @throws {PluginFault} ENTRY_THREW with the stack of what was thrown; BAD_FEED; {ModelFault}
 */
export async function loadEntry(url: string, kind: PluginKind): Promise<{ readonly default?: unknown }> {
  if (url.endsWith('/plugin.json')) return { default: await withoutCode(url, kind) };
  try {
    return (await import(url)) as { readonly default?: unknown };
  } catch (error) {
    const fault = new PluginFault('ENTRY_THREW', `the entry module could not be loaded: ${reason(error)}`, { cause: error });
    if (error instanceof Error && error.stack !== undefined) fault.stack = error.stack;
    throw fault;
  }
}

/** What makes a plugin of a plugin.json is loaded for it only. */
async function withoutCode(url: string, kind: PluginKind): Promise<PluginDefinition> {
  if (kind === 'model') return (await import('../model/load-model-plugin.ts')).loadModelPlugin(url);
  return (await import('../feed/load-feed.ts')).loadFeed(url);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${describe(error)}`;
  const code: unknown = 'code' in error ? error.code : undefined;
  const what = `${error.name}: ${error.message}`;
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
      return `${what}. A plugin brings the packages it imports in its folder, bundled or under node_modules; only @tickhub/plugin-sdk is provided`;
    case 'ERR_ACCESS_DENIED':
      return `${what}. A plugin reads its own folder and writes its data folder; for the network it uses the Http capability`;
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return `${what}. Types are stripped, not compiled: enums, namespaces and parameter properties need a build`;
    default:
      return what;
  }
}
