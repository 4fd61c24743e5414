import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { PluginError } from '../errors.ts';

export interface FolderFile {
  /** Relative to the folder, with the separators of this platform. */
  readonly name: string;
  readonly bytes: number;
}

export interface FolderFiles {
  readonly files: readonly FolderFile[];
  readonly bytes: number;
  /** Names, sizes and times of all files: two equal ones mean that nothing was written in between. */
  readonly signature: string;
}

export const MAX_FOLDER_FILES = 2_000;
export const MAX_FOLDER_BYTES = 64 * 1_048_576;

/** Whether a name in a plugin folder is none of Tickhub's business: `.git`, `.DS_Store`, `node_modules/.bin`. */
export function isIgnoredName(name: string): boolean {
  return name.startsWith('.');
}

/**
 * Lists the files of a user's plugin folder.
 * @throws {PluginError} PLUGIN_SYMLINK, PLUGIN_FOLDER_TOO_LARGE, PLUGIN_FOLDER_UNREADABLE.
 */
export async function listFolder(folder: string): Promise<FolderFiles> {
  const files: FolderFile[] = [];
  const signature: string[] = [];
  let bytes = 0;

  const visit = async (dir: string): Promise<void> => {
    const entries = await readdir(path.join(folder, dir), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (isIgnoredName(entry.name)) continue;
      const name = path.join(dir, entry.name);
      if (entry.isSymbolicLink()) throw new PluginError('PLUGIN_SYMLINK', `${path.join(folder, name)} is a symbolic link`);
      if (entry.isDirectory()) {
        await visit(name);
        continue;
      }
      if (!entry.isFile()) {
        throw new PluginError('PLUGIN_FOLDER_UNREADABLE', `${path.join(folder, name)} is neither a file nor a folder`, {
          remedy: 'Remove it.',
        });
      }
      const stat = await lstat(path.join(folder, name));
      files.push({ name, bytes: stat.size });
      signature.push(`${name}\0${stat.size}\0${stat.mtimeMs}\0${stat.ctimeMs}`);
      bytes += stat.size;
      if (files.length > MAX_FOLDER_FILES) {
        throw new PluginError('PLUGIN_FOLDER_TOO_LARGE', `${folder} has more than ${MAX_FOLDER_FILES.toLocaleString('en')} files`);
      }
      if (bytes > MAX_FOLDER_BYTES) {
        throw new PluginError(
          'PLUGIN_FOLDER_TOO_LARGE',
          `${folder} is over ${MAX_FOLDER_BYTES / 1_048_576} MiB; "${name}" is where it passed that`,
        );
      }
    }
  };

  try {
    await visit('');
  } catch (error) {
    throw PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', folder);
  }
  return { files, bytes, signature: signature.join('\n') };
}
