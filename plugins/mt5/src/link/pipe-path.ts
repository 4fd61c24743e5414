import { unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';

/** Of a unix socket's path, with room for the closing zero: 104 on macOS, 108 on Linux. */
const MAX_SOCKET_PATH = 103;

/** The path is too long for a unix socket. Code `LINK_PIPE_PATH`. */
export class PipePathError extends Error {
  readonly code = 'LINK_PIPE_PATH';

  constructor(socket: string) {
    super(
      `the unix socket ${socket} has a path of more than ${MAX_SOCKET_PATH} bytes: choose a data folder with a shorter path, or leave plugins.mt5.pipe out`,
    );
    this.name = 'PipePathError';
  }
}

/** Where terminals find the pipe `name`: a named pipe on Windows, elsewhere a unix socket in `dataDir`. @throws {PipePathError} */
export function pipePath(name: string, dataDir: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return `\\\\.\\pipe\\tickhub-${name}`;
  const socket = path.join(dataDir, `tickhub-${name}.sock`);
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH) throw new PipePathError(socket);
  return socket;
}

/** Removes a unix socket that a kill left behind; one that somebody listens on stays. On Windows pipes end with their processes. */
export async function removeAbandoned(socket: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === 'win32') return;
  const refused = await new Promise<boolean>((resolve) => {
    const probe = connect(socket, () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (refused) await unlink(socket).catch(() => undefined);
}
