import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small disk of its own: a tmpfs, which fills up as a real one does. */
export class SmallDisk {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** @returns the disk, or why there can be none here. */
  static async mount(dir: string, megabytes: number): Promise<SmallDisk | { missing: string }> {
    await mkdir(dir, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tickhub-test', dir]);
      return new SmallDisk(dir);
    } catch (error) {
      return { missing: `a tmpfs cannot be mounted: ${String((error as { stderr?: string }).stderr ?? error).trim()}` };
    }
  }

  /** Also while somebody has a file open on it. */
  async unmount(): Promise<void> {
    await run('umount', ['--lazy', this.dir]);
  }
}
