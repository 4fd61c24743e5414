import type { PluginDefinition } from '../define-plugin.ts';

/**
 * The plugin that a plugin.json with a `feed` makes, for {@link createHarness}.
 * @param file its path.
 * @throws {PluginFault} BAD_FEED with the line of what is wrong.
 */
export async function readFeed(file: string): Promise<PluginDefinition> {
  // What reads it is loaded by those tests only that read one.
  const { loadFeed } = await import('../feed/load-feed.ts');
  return loadFeed(file);
}
