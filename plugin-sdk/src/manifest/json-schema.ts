import { z } from 'zod';
import { PluginManifest } from './manifest.ts';

/** What a plugin.json may look like, as JSON Schema (draft 2020-12): fields with a default may be left out. */
export function manifestJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(PluginManifest, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'Tickhub plugin manifest (plugin.json)',
    ...schema,
    oneOf: [{ required: ['entry'] }, { required: ['feed'] }, { required: ['model'] }],
  };
}
