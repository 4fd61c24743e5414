import type { PluginDefinition } from '../define-plugin.ts';
import { PluginFault } from './fault.ts';

const MOST_NAMED = 5;

/**
 * The config as the plugin's own schema makes it.
 * @throws {PluginFault} BAD_CONFIG, naming each field that is wrong.
 */
export async function parseConfig(
  definition: PluginDefinition,
  plugin: string,
  config: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const fail = (what: readonly string[]): never => {
    const named = what.slice(0, MOST_NAMED).join('; ');
    const more = what.length > MOST_NAMED ? `; and ${what.length - MOST_NAMED} more` : '';
    throw new PluginFault(
      'BAD_CONFIG',
      `config ${named}${more}. Correct it under "plugins.${plugin}" in the config file, or in plugin.json under "config"`,
    );
  };
  const schema = definition.config;
  if (schema === undefined) {
    const keys = Object.keys(config);
    if (keys.length > 0) fail(keys.map((key) => `"${key}": this plugin takes no config`));
    return {};
  }
  if (typeof schema.safeParseAsync !== 'function') {
    throw new PluginFault('NOT_A_PLUGIN', '"config" is no zod schema; write config: z.object({ ... }) with the z of @tickhub/plugin-sdk');
  }
  const parsed = await schema.safeParseAsync(config);
  if (parsed.success) return parsed.data;
  return fail(
    parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `"${path.map(String).join('.')}": ${message}`)),
  );
}
