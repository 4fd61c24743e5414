import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryLog } from '../tenant/tenant.fixture.ts';
import type { BackendCredentials } from './backend.ts';
import { EmbeddedBackend } from './embedded-backend.ts';

const MODULE = path.resolve('test/counterparts/gateway-child.mjs');

let dir: string;
let backend: EmbeddedBackend;
let log: ReturnType<typeof memoryLog>;

function make(module = MODULE): EmbeddedBackend {
  log = memoryLog();
  backend = new EmbeddedBackend({ module, dataDir: dir, userId: 'trader', tier: 'pro', log, restartMs: { first: 5, longest: 20 } });
  return backend;
}

/** The next credentials, and what led to them. */
function next(because: () => unknown): Promise<BackendCredentials> {
  return new Promise((resolve) => {
    const end = backend.onCredentials((credentials) => {
      end();
      resolve(credentials);
    });
    because();
  });
}

async function order(what: object): Promise<void> {
  const socket = connect(Number(new URL((await backend.credentials()).url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(`${JSON.stringify(what)}\n`);
  socket.resume();
  await once(socket, 'close');
}

const said = (level: string): string[] => log.lines.filter((line) => line.level === level).map(({ message }) => message);

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-embedded-'));
});
afterEach(() => backend.stop());

describe('EmbeddedBackend', () => {
  it('learns keys, address and a token that counts from the gateway', async () => {
    const embedded = make();
    embedded.start();
    const { url, userId, token } = await embedded.credentials();
    expect(userId).toBe('trader');
    expect(embedded.description).toBe(`embedded gateway at ${url}`);
    await expect((await embedded.verifier()).verify(token, Date.now())).resolves.toMatchObject({ tier: 'pro', userId: 'trader' });
  });

  it("gives the gateway nothing of the user's environment", async () => {
    vi.stubEnv('TICKHUB_TEST_SECRET', 'hunter2');
    make().start();
    await backend.credentials();
    vi.unstubAllEnvs();
    const { env, argv } = JSON.parse(await readFile(path.join(dir, 'started.json'), 'utf8')) as { env: object; argv: string[] };
    expect(env).toMatchObject({ TICKHUB_EMBEDDED: '1' });
    expect(JSON.stringify(env)).not.toContain('hunter2');
    expect(argv).toEqual(['serve', '--port', '0', '--data', dir, '--issue-user', 'trader', '--issue-tier', 'pro']);
  });

  it('starts one that crashed again, on the same port', async () => {
    make().start();
    const before = await backend.credentials();
    const after = await next(() => order({ end: 3 }));
    expect(after.url).toBe(before.url);
    expect(said('warn')).toEqual(['the embedded gateway ended (exit code 3); starting it again in 5 ms']);
  });

  it('takes another port when its own is taken, rather than none', async () => {
    make().start();
    const before = await backend.credentials();
    const port = Number(new URL(before.url).port);
    const squatter = createServer();
    const squat = async (): Promise<void> => {
      const gone = vi.waitFor(() => expect(said('warn')).toHaveLength(1));
      await order({ end: 1 });
      await gone;
      squatter.listen(port, '127.0.0.1');
    };
    const after = await next(() => void squat());
    squatter.close();
    expect(after.url).not.toBe(before.url);
    expect(said('error').join()).toContain('EADDRINUSE');
  });

  it('hands a renewed token on', async () => {
    make().start();
    const before = await backend.credentials();
    const after = await next(() => order({ say: { type: 'token', token: 'renewed' } }));
    expect(after).toEqual({ ...before, token: 'renewed' });
  });

  it.each([
    ['no message of the protocol', { type: 'party' }],
    ['keys that are none', { type: 'listening', url: 'ws://127.0.0.1:1/', jwks: { keys: [] }, token: 't' }],
    ['an address that is none', { type: 'listening', url: 'nowhere', jwks: { keys: [{ kty: 'OKP' }] }, token: 't' }],
    ['a text', 'hello'],
  ])('says so when the gateway sends %s, and goes on', async (_what, message) => {
    make().start();
    const before = await backend.credentials();
    await order({ say: message });
    await vi.waitFor(() => expect(said('warn')).toEqual(['the embedded gateway sent a message that is not understood']));
    expect(backend.credentialsNow).toBe(before);
    expect(backend.pid).toBeTypeOf('number');
  });

  it('logs what the gateway writes, line by line, at the level it gives', async () => {
    make().start();
    await order({ write: 'one\nwarn: tw' });
    await order({ write: 'o\nerror: three\n\n' });
    await vi.waitFor(() =>
      expect(log.lines).toEqual([
        { level: 'info', message: 'one' },
        { level: 'warn', message: 'two' },
        { level: 'error', message: 'three' },
      ]),
    );
  });

  it('keeps trying when the module cannot run, waiting longer each time', async () => {
    make(path.join(dir, 'missing.mjs')).start();
    await vi.waitFor(() => expect(said('warn').length).toBeGreaterThan(3), 15_000);
    expect(
      said('warn')
        .slice(0, 4)
        .map((text) => /in (\d+) ms/.exec(text)?.[1]),
    ).toEqual(['5', '10', '20', '20']);
  });

  it('ends the gateway with the stop, and starts none after it', async () => {
    make().start();
    await backend.credentials();
    const { pid } = backend;
    await backend.stop();
    expect(() => process.kill(pid as number, 0)).toThrow('ESRCH');
    expect(backend.pid).toBeUndefined();
    await backend.stop();
  });

  it('stops in between two starts, too', async () => {
    make(path.join(dir, 'missing.mjs')).start();
    await vi.waitFor(() => expect(said('warn').length).toBeGreaterThan(0));
    await backend.stop();
    const lines = log.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(log.lines).toHaveLength(lines);
  });
});
