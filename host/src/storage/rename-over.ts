import { rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const MOST_ATTEMPTS = 6;

/**
 * Renames `from` over `to`. Windows refuses that over a file which a reader, a virus scanner or a backup holds for a moment, so a refusal is tried
 * again for about half a second.
 */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (attempt === MOST_ATTEMPTS || (code !== 'EPERM' && code !== 'EBUSY' && code !== 'EACCES')) throw error;
      await delay(10 * 2 ** attempt);
    }
  }
}
