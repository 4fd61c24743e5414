import { statfsSync } from 'node:fs';

const MOST_KEPT = 32 * 1_048_576;

/** A disk has less room than is kept for delivery. `code` is that of a full disk, as for whoever asked it is one. */
export class NoSpareRoomError extends Error {
  readonly code = 'ENOSPC';

  constructor(freeBytes: number, keptBytes: number) {
    super(
      `the disk is nearly full: ${megabytes(freeBytes)} are free, and the last ${megabytes(keptBytes)} are kept for delivery. Make some room`,
    );
    this.name = 'NoSpareRoomError';
  }
}

/**
 * For files that can wait, such as the history: the last 32 MiB of a disk, or a quarter of a small one, are the spool's alone. Without that the two compete for
 * the last bytes, and the reserve that the spool gives up to take acknowledged frames out would be gone before it could use it.
 * @throws {NoSpareRoomError}
 */
export function assertSpareRoom(dir: string): void {
  let free: number;
  let kept: number;
  try {
    const { bavail, bsize, blocks } = statfsSync(dir);
    free = bavail * bsize;
    kept = Math.min(MOST_KEPT, (blocks * bsize) / 4);
  } catch {
    // A file system that does not tell: the write itself does.
    return;
  }
  if (free < kept) throw new NoSpareRoomError(free, kept);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
