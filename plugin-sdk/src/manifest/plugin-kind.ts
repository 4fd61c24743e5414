import { z } from 'zod';

/** What a plugin is. Apart from the manifest, so that an isolate does not load the manifest's schema. */
export const PluginKind = z.enum(['data-source', 'model', 'transport']);
export type PluginKind = z.infer<typeof PluginKind>;
