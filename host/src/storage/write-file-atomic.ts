import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { renameOver } from './rename-over.ts';

/**
 * Replaces a file so that a reader, or a crash, sees the old content or the new, never a part: written beside it, synced, renamed over it.
 * @param mode permissions of a new file; 0o600, its owner only, by default.
 */
export async function writeFileAtomic(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameOver(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
