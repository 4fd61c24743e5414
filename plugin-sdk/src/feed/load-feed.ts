import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PluginDefinition } from '../define-plugin.ts';
import { feedPlugin } from './feed-plugin.ts';

/**
 * The plugin that a plugin.json with a `feed` makes.
 * @param file path or file: URL.
 * @throws {PluginFault} BAD_FEED with the line of what is wrong.
 */
export async function loadFeed(file: string): Promise<PluginDefinition> {
  const at = file.startsWith('file:') ? fileURLToPath(file) : file;
  return feedPlugin(await readFile(at, 'utf8'), path.basename(at));
}
