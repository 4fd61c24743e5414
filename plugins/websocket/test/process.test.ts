/** The gateway as a program: its commands, and as the host's child. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignJWT, createLocalJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayProcess, freePort, runGateway } from './gateway-process.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'tickhub-gateway-'));
  stops.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return dir;
}

async function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(args, env);
  stops.push(() => gateway.kill());
  return gateway;
}

async function embedded(dir: string, ...more: string[]) {
  const gateway = await start(['serve', '--port', '0', '--data', dir, '--issue-user', 'tenant 1', '--issue-tier', 'free', ...more], {
    TICKHUB_EMBEDDED: '1',
  });
  await until(
    () => `the announcement: ${gateway.stderr}`,
    () => gateway.messages.length > 0,
  );
  const hello = gateway.messages[0] as unknown as { type: string; url: string; jwks: JSONWebKeySet; token: string };
  return { gateway, hello };
}

describe('embedded', () => {
  it('announces itself, with keys that verify its token', async () => {
    const { hello } = await embedded(folder());
    expect(hello.type).toBe('listening');
    expect(hello.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws\/client\/tenant%201$/);
    const { payload } = await jwtVerify(hello.token, createLocalJWKSet(hello.jwks));
    expect(payload).toMatchObject({ sub: 'tenant 1', tier: 'free', iss: 'tickhub-gateway', aud: 'tickhub' });
    const client = new RawClient(hello.url, hello.token, { user: 'tenant 1' });
    expect(await client.hello()).toBe(0);
    client.socket.close();
  });

  it('issues a token of another tier, and tells its numbers, when the host asks', async () => {
    const { gateway } = await embedded(folder());
    gateway.child.send({ type: 'issue', tier: 'enterprise' });
    await until('the token', () => gateway.messages.length === 2);
    expect(decodeJwt(String(gateway.messages[1]?.['token']))).toMatchObject({ tier: 'enterprise', sub: 'tenant 1' });
    gateway.child.send({ type: 'stats' });
    await until('the numbers', () => gateway.messages.length === 3);
    expect(gateway.messages[2]).toMatchObject({ type: 'stats', connections: 0, ledger: { ok: true } });
  });

  it('sends a fresh token before the old one expires, of the tier last asked for', async () => {
    const { gateway, hello } = await embedded(folder(), '--issue-expires', '1s');
    gateway.child.send({ type: 'issue', tier: 'pro' });
    await until('a renewal', () => gateway.messages.filter(({ type }) => type === 'token').length >= 2);
    const renewed = decodeJwt(String(gateway.messages.at(-1)?.['token']));
    expect(renewed['tier']).toBe('pro');
    expect(renewed.exp).toBeGreaterThanOrEqual(decodeJwt(hello.token).exp ?? 0);
  });

  it('ends when its host goes, and keeps key and ledger for the next', async () => {
    const dir = folder();
    const { gateway, hello } = await embedded(dir);
    const client = new RawClient(hello.url, hello.token, { user: 'tenant 1' });
    await client.hello();
    client.symbols();
    client.tick(1);
    await client.acked(1);
    gateway.child.disconnect();
    expect(await gateway.exit()).toBe(0);
    expect(await client.end()).toMatchObject({ code: 1001 });
    const next = await embedded(dir);
    expect(next.hello.jwks).toEqual(hello.jwks);
    const again = new RawClient(next.hello.url, hello.token, { user: 'tenant 1' });
    expect(await again.hello()).toBe(1);
    again.socket.close();
  });

  it('takes over while the one before is still going', async () => {
    const dir = folder();
    const first = await embedded(dir);
    setTimeout(() => void first.gateway.kill(), 300);
    const second = await embedded(dir);
    expect(second.hello.type).toBe('listening');
  });

  it('says nothing secret', async () => {
    const { gateway, hello } = await embedded(folder());
    gateway.child.send({ type: 'nonsense' });
    await until('the complaint', () => gateway.stderr.includes('not understood'));
    await until('the greeting', () => gateway.stderr.includes('listening on'));
    expect(gateway.stderr).not.toContain(hello.token);
    expect(gateway.stderr).not.toContain('eyJ');
  });
});

describe('the command line', () => {
  it('helps', async () => {
    const { code, stdout } = await runGateway(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('tickhub-gateway serve');
  });

  it.each([
    [['dance'], 'is no command'],
    [['serve', '--port', 'many'], '--port'],
    [['serve', '--prot', '1'], '--prot'],
    [['issue', '--tier', 'pro'], '--user'],
    [['issue', '--user', 'a', '--tier', 'gold'], '--tier'],
    [['issue', '--user', 'a', '--tier', 'pro', '--expires', 'soon'], '--expires'],
    [['serve', 'now'], 'one word too many'],
  ])('explains what is wrong with %j', async (args, what) => {
    const { code, stderr } = await runGateway(args);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain('--help');
  });

  it('issues a token and prints nothing else; the key is kept, and nobody else may read it', async () => {
    const dir = folder();
    const { stdout, stderr } = await runGateway(['issue', '--user', 'trader', '--tier', 'pro', '--expires', '2h', '--data', dir]);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stderr).toBe('');
    const { iat = 0, exp = 0, ...claims } = decodeJwt(stdout.trim());
    expect(claims).toEqual({ sub: 'trader', tier: 'pro', iss: 'tickhub-gateway', aud: 'tickhub' });
    expect(exp - iat).toBe(7_200);
    if (process.platform !== 'win32') expect(statSync(path.join(dir, 'gateway-key.json')).mode & 0o777).toBe(0o600);
    const before = readFileSync(path.join(dir, 'gateway-key.json'), 'utf8');
    await runGateway(['issue', '--user', 'b', '--tier', 'free', '--data', dir]);
    expect(readFileSync(path.join(dir, 'gateway-key.json'), 'utf8')).toBe(before);
  });

  it('makes one key when two processes want one at once', async () => {
    const dir = folder();
    const issue = () => runGateway(['issue', '--user', 'a', '--tier', 'free', '--data', dir]);
    const results = await Promise.all([issue(), issue(), issue()]);
    const kids = results
      .map(({ stdout }) => JSON.parse(Buffer.from(stdout.split('.')[0] ?? '', 'base64url').toString()) as { kid: string })
      .map(({ kid }) => kid);
    expect(new Set(kids).size).toBe(1);
  });

  it('says which file is broken when the key is', async () => {
    const dir = folder();
    writeFileSync(path.join(dir, 'gateway-key.json'), '{"kty":');
    const { code, stderr } = await runGateway(['issue', '--user', 'a', '--tier', 'free', '--data', dir]);
    expect(code).toBe(1);
    expect(stderr).toContain('gateway-key.json is not a signing key any more');
  });

  it('says which port is in use', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    stops.push(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runGateway(['serve', '--port', String(port), '--data', folder()]);
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
  });

  it('refuses a folder that another gateway has', async () => {
    const dir = folder();
    await embedded(dir);
    const { code, stderr } = await runGateway(['serve', '--port', '0', '--data', dir]);
    expect(code).toBe(1);
    expect(stderr).toContain('another gateway runs in this folder');
  }, 15_000);

  it('prints what was taken', async () => {
    const dir = folder();
    const { hello } = await embedded(dir);
    const client = new RawClient(hello.url, hello.token, { user: 'tenant 1' });
    await client.hello();
    client.symbols();
    client.tick(1, { time: 17 });
    await client.acked(1);
    const counts = await runGateway(['ledger', '--data', dir]);
    expect(counts.stdout).toContain('tenant 1\tmt5:test\tEURUSD\t1\n');
    const ticks = await runGateway(['ledger', '--data', dir, '--ticks', '--symbol', 'EURUSD']);
    expect(ticks.stdout).toBe('source,symbol,time_msc,ordinal,bid,ask,flags\nmt5:test,EURUSD,17,0,1.1,2.1,6\n');
    const none = await runGateway(['ledger', '--data', folder()]);
    expect(none).toMatchObject({ code: 1 });
    expect(none.stderr).toContain('there is no ledger');
    client.socket.close();
  });

  it("takes another issuer's RS256 tokens when it is given their keys, and no others", async () => {
    const dir = folder();
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwks = path.join(dir, 'accounts.json');
    writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'accounts-1', alg: 'RS256' }] }));
    const port = await freePort();
    const gateway = await start(['serve', '--port', String(port), '--data', dir, '--jwks', jwks, '--issuer', 'https://accounts.example']);
    await until(
      () => `it to listen: ${gateway.stderr}`,
      () => gateway.stderr.includes('listening'),
    );
    const sign = (issuer: string): Promise<string> =>
      new SignJWT({ tier: 'pro' })
        .setProtectedHeader({ alg: 'RS256', kid: 'accounts-1' })
        .setSubject('trader')
        .setIssuer(issuer)
        .setAudience('tickhub')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey);
    const url = `ws://127.0.0.1:${port}/ws/client/trader`;
    const good = new RawClient(url, await sign('https://accounts.example'));
    expect(await good.hello()).toBe(0);
    good.socket.close();
    const bad = new RawClient(url, await sign('https://other.example'));
    expect(await bad.end()).toMatchObject({ code: 4401 });
  });
});
