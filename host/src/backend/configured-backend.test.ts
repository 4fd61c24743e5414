import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigSchema } from '../config/schema.ts';
import { memoryLog, TestSigner } from '../tenant/tenant.fixture.ts';
import type { BackendCredentials } from './backend.ts';
import { ConfiguredBackend } from './configured-backend.ts';

let dir: string;
let signer: TestSigner;
let log: ReturnType<typeof memoryLog>;
const backends: ConfiguredBackend[] = [];
const servers: Server[] = [];

interface Settings {
  url?: string;
  jwks?: string;
  token?: string;
  issuer?: string;
  audience?: string;
}

function make(settings: Settings = {}, env: NodeJS.ProcessEnv = {}): ConfiguredBackend {
  log = memoryLog();
  const { backend } = ConfigSchema.parse({
    backend: { url: 'wss://backend.example/ws/client/{user_id}', jwks: 'jwks.json', token: 'file:token', ...settings },
  });
  if (backend === undefined) throw new Error('the schema keeps a backend');
  const made = new ConfiguredBackend({ backend, dataDir: dir, env, log });
  backends.push(made);
  return made;
}

/** A key set over http on loopback: what it answers with is the test's to change. */
async function keyServer(): Promise<{
  url: string;
  answer: { status: number; body: string };
  requests: number;
  close: () => Promise<void>;
}> {
  const served = { url: '', answer: { status: 200, body: JSON.stringify(signer.jwks) }, requests: 0, close: async () => undefined as void };
  const server = createServer((_request, response) => {
    served.requests++;
    response.writeHead(served.answer.status, served.answer.status === 302 ? { location: 'http://127.0.0.1:1/' } : {});
    response.end(served.answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  served.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return served;
}

function next(backend: ConfiguredBackend): Promise<BackendCredentials> {
  return new Promise((resolve) => {
    const end = backend.onCredentials((credentials) => {
      end();
      resolve(credentials);
    });
  });
}

const said = (): string => log.lines.map(({ level, message }) => `${level} ${message}`).join('\n');
const tokenFile = (): string => path.join(dir, 'token');

beforeAll(async () => {
  signer = await TestSigner.make();
});
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-backend-'));
  await writeFile(path.join(dir, 'jwks.json'), JSON.stringify(signer.jwks));
});
afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()));
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe('the token of a ConfiguredBackend', () => {
  it("is in the file, and its user's name in the address", async () => {
    const token = await signer.sign('pro', 60, 'a b/ü');
    await writeFile(tokenFile(), `${token}\n`);
    const backend = make();
    await backend.start();
    expect(backend.credentialsNow).toEqual({
      url: 'wss://backend.example/ws/client/a%20b%2F%C3%BC',
      userId: 'a b/ü',
      token,
    });
    expect(await backend.credentials()).toBe(backend.credentialsNow);
  });

  it('may come from the environment', async () => {
    const token = await signer.sign('pro');
    const backend = make({ token: 'env:MY_TOKEN' }, { MY_TOKEN: token });
    await backend.start();
    expect(backend.credentialsNow?.token).toBe(token);
  });

  it('counts at once when its file is written over, replaced, removed and put back', async () => {
    const tokens = await Promise.all(['free', 'pro', 'enterprise', 'free'].map((tier, i) => signer.sign(tier, 60 + i)));
    const [first = '', second = '', third = '', fourth = ''] = tokens;
    await writeFile(tokenFile(), first);
    const backend = make();
    await backend.start();
    let change = next(backend);
    await writeFile(tokenFile(), second);
    expect((await change).token).toBe(second);
    change = next(backend);
    await writeFile(`${tokenFile()}.new`, third);
    await rename(`${tokenFile()}.new`, tokenFile());
    expect((await change).token).toBe(third);
    change = next(backend);
    await rm(tokenFile());
    await writeFile(tokenFile(), fourth);
    expect((await change).token).toBe(fourth);
  });

  it('is waited for where there is none, which is said once', async () => {
    const backend = make({ token: 'file:later/token' });
    await backend.start();
    expect(backend.credentialsNow).toBeNull();
    expect(said()).toMatch(/^warn .*later.token: the token file cannot be read \(ENOENT\); put the token there/);
    const change = next(backend);
    await mkdir(path.join(dir, 'later'));
    const token = await signer.sign('pro');
    await writeFile(path.join(dir, 'later', 'token'), token);
    expect((await change).token).toBe(token);
  });

  it.each([
    ['is empty', '', /no subscription token/],
    ['is no JWT', 'nonsense', /not a JWT/],
  ])('stays the one it was when the file %s, and the file says nothing of it', async (_what, content, message) => {
    const token = await signer.sign('pro');
    await writeFile(tokenFile(), token);
    const backend = make();
    await backend.start();
    await writeFile(tokenFile(), content);
    await vi.waitFor(() => expect(said()).toMatch(message));
    expect(backend.credentialsNow?.token).toBe(token);
    expect(said()).not.toContain(token.slice(0, 20));
  });

  it('is missing where the variable is not set', async () => {
    const backend = make({ token: 'env:NO_SUCH' });
    await backend.start();
    expect(said()).toMatch(/the environment variable NO_SUCH: it is not set/);
  });
});

describe('the keys of a ConfiguredBackend', () => {
  it('come from a file', async () => {
    const backend = make();
    await backend.start();
    await expect((await backend.verifier()).verify(await signer.sign('pro'), Date.now())).resolves.toMatchObject({ tier: 'pro' });
  });

  it('come over http from this machine', async () => {
    const server = await keyServer();
    const backend = make({ jwks: server.url });
    await backend.start();
    await expect((await backend.verifier()).verify(await signer.sign('pro'), Date.now())).resolves.toMatchObject({ tier: 'pro' });
  });

  it.each(['http://example.com/jwks', 'http://127.0.0.1.example.com/', 'ftp://example.com/jwks', 'HTTP://10.0.0.1/'])(
    'may not come from %s',
    (jwks) => {
      expect(() => make({ jwks })).toThrow(/over https/);
    },
  );

  it('are those of the last time when the backend is away, but not those of another backend', async () => {
    const server = await keyServer();
    const first = make({ jwks: server.url });
    await first.start();
    await first.verifier();
    await vi.waitFor(async () => expect(await readFile(path.join(dir, 'backend-jwks.json'), 'utf8')).toContain(server.url));
    await first.stop();
    await server.close();
    const second = make({ jwks: server.url });
    await second.start();
    await expect((await second.verifier()).verify(await signer.sign('pro'), Date.now())).resolves.toMatchObject({ tier: 'pro' });
    expect(said()).toMatch(/going on with the key set of the last time/);
    const other = make({ jwks: server.url.replace('/jwks', '/others') });
    await other.start();
    await vi.waitFor(() => expect(said()).toMatch(/could not be read: .*ECONNREFUSED/));
    expect(await Promise.race([other.verifier(), Promise.resolve('none')])).toBe('none');
  });

  it.each([
    ['an error', { status: 500, body: '' }, /HTTP status 500/],
    ['no JSON', { status: 200, body: '<html>' }, /is not valid JSON/],
    ['no key set', { status: 200, body: '{"keys":[]}' }, /not a JWKS/],
    ['a redirect', { status: 302, body: '' }, /redirect/],
  ])('are asked for again when the backend answers with %s', async (_what, answer, message) => {
    const server = await keyServer();
    const good = server.answer;
    server.answer = answer;
    const backend = make({ jwks: server.url });
    await backend.start();
    await vi.waitFor(() => expect(said()).toMatch(message));
    server.answer = good;
    await backend.verifier();
    expect(server.requests).toBe(2);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('are asked for again on request, but not at each one, and the token is presented again under new ones', async () => {
    await writeFile(tokenFile(), await signer.sign('pro'));
    const server = await keyServer();
    const backend = make({ jwks: server.url });
    await backend.start();
    const before = await backend.verifier();
    const renewed = await TestSigner.make('k2');
    server.answer = { status: 200, body: JSON.stringify(renewed.jwks) };
    const again = next(backend);
    const fresh = await backend.freshVerifier();
    expect(fresh).not.toBe(before);
    await again;
    await expect(fresh.verify(await renewed.sign('pro'), Date.now())).resolves.toMatchObject({ tier: 'pro' });
    expect(await backend.freshVerifier()).toBe(fresh);
    expect(server.requests).toBe(2);
  });

  it('stay the same verifier while they are the same', async () => {
    const backend = make();
    await backend.start();
    const before = await backend.verifier();
    expect(await backend.freshVerifier()).toBe(before);
  });

  it('hold issuer and audience, which are part of the authority', async () => {
    const backend = make({ issuer: 'me' });
    await backend.start();
    await expect((await backend.verifier()).verify(await signer.sign('pro'), Date.now())).rejects.toMatchObject({ code: 'TOKEN_CLAIMS' });
    expect(new Set([backend.authority, make().authority, make({ audience: 'me' }).authority]).size).toBe(3);
  });
});
