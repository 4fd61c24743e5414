import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

/** Another host works on the same data folder. Code `DATA_DIR_BUSY`. */
export class DataDirBusyError extends Error {
  readonly code = 'DATA_DIR_BUSY';

  constructor(dataDir: string, pid: number) {
    super(`${dataDir}: a Tickhub host (process ${pid}) works on this data folder already; stop it, or give this one its own with --data`);
    this.name = 'DataDirBusyError';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Takes a data folder for this process. A lock whose process is gone is taken over.
 * @returns lets go of it again.
 * @throws {DataDirBusyError}
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const file = path.join(dataDir, 'host.lock');
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(`${process.pid}\n`);
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
      const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
      if (Number.isInteger(pid) && pid !== process.pid && isAlive(pid)) throw new DataDirBusyError(dataDir, pid);
      await rm(file, { force: true });
    }
  }
}
