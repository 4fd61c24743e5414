import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PluginError } from '../errors.ts';
import { isIgnoredName } from './folder-files.ts';
import type { PluginOrigin } from './inspect.ts';

/** A folder of plugin folders. */
export interface PluginRoot {
  readonly path: string;
  readonly kind: PluginOrigin;
}

/** Folders in a root that can be no plugin. */
export function isPluginFolderName(name: string): boolean {
  return !isIgnoredName(name) && name !== 'node_modules';
}

/**
 * The plugin folders of a root, by name. Plain files in it are passed over.
 * @throws {PluginError} PLUGIN_ROOT_UNREADABLE
 */
export async function foldersOf(root: PluginRoot): Promise<string[]> {
  try {
    const entries = await readdir(root.path, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isPluginFolderName(entry.name))
      .map((entry) => path.join(root.path, entry.name))
      .sort();
  } catch (error) {
    throw PluginError.from(error, 'PLUGIN_ROOT_UNREADABLE', `plugin root ${root.path}`);
  }
}
