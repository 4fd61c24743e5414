import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pipePath, PipePathError, removeAbandoned } from './pipe-path.ts';

describe('where the pipe is', () => {
  it('on Windows a named pipe, elsewhere a socket in the data folder', () => {
    expect(pipePath('desk', 'C:\\data', 'win32')).toBe('\\\\.\\pipe\\tickhub-desk');
    expect(pipePath('desk', '/data', 'linux')).toBe('/data/tickhub-desk.sock');
  });

  it('a path that no system takes is said with what to do', () => {
    expect(() => pipePath('desk', `/${'x'.repeat(100)}`, 'linux')).toThrow(PipePathError);
    expect(pipePath('desk', `C:\\${'x'.repeat(100)}`, 'win32')).toBe('\\\\.\\pipe\\tickhub-desk');
  });
});

describe.skipIf(process.platform === 'win32')('a unix socket', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-sock-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('that a kill left behind is removed; one that somebody listens on is not', async () => {
    const socket = path.join(dir, 'a.sock');
    const listen = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await promisify(execFile)(process.execPath, ['-e', listen]).catch(() => undefined);
    await access(socket);
    await removeAbandoned(socket);
    await expect(access(socket)).rejects.toThrow(/ENOENT/);
    const server = createServer().listen(socket);
    await once(server, 'listening');
    await removeAbandoned(socket);
    await access(socket);
    server.close();
    await removeAbandoned(path.join(dir, 'none.sock'));
  });
});
