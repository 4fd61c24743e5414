import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PluginManifest } from '@tickhub/plugin-sdk/host';

/**
 * The gateway that one of the bundled plugins brings along: the `embeddedBackend` of its plugin.json, as an absolute path. Null when none
 * does.
 * A manifest that cannot be read is none of this function's business; the plugin host rejects it with a reason.
 */
export async function findEmbeddedBackend(bundledPlugins: string): Promise<string | null> {
  const folders = await readdir(bundledPlugins, { withFileTypes: true });
  for (const folder of folders.filter((entry) => entry.isDirectory())) {
    const dir = path.join(bundledPlugins, folder.name);
    const text = await readFile(path.join(dir, 'plugin.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const manifest = PluginManifest.safeParse(parseJson(text));
    if (manifest.success && manifest.data.embeddedBackend !== undefined) return path.resolve(dir, manifest.data.embeddedBackend);
  }
  return null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
