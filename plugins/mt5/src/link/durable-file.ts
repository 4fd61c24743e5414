import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Windows refuses to replace a file while a virus scanner or a reader holds it: a moment later it goes. */
const REPLACE_TRIES = 10;
const REPLACE_WAIT_MS = 20;

/** Writes a file that is either the old or the new one after a power cut, never half of it. `mode` counts where the system has modes. */
export async function writeDurably(file: string, text: string, mode = 0o600): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await replace(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function replace(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const held = error instanceof Error && 'code' in error && ['EPERM', 'EACCES', 'EBUSY'].includes(String(error.code));
      if (!held || tries === REPLACE_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, REPLACE_WAIT_MS * tries));
    }
  }
}
