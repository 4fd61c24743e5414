import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EntitlementService } from '../entitlement/entitlement-service.ts';
import { KeptToken } from './kept-token.ts';
import { TenantEntitlement } from './tenant-entitlement.ts';
import { ManualBackend, memoryLog, scratchDir, TestSigner } from './tenant.fixture.ts';

let signer: TestSigner;
let dir: string;
const running: TenantEntitlement[] = [];

beforeAll(async () => {
  signer = await TestSigner.make();
});
beforeEach(async () => {
  dir = await scratchDir();
});
afterEach(() => {
  vi.useRealTimers();
  for (const entitlement of running.splice(0)) entitlement.stop();
});

/** A tenant's entitlement as a start of the host makes it, in the same folder each time. */
function start(backend = new ManualBackend()) {
  const log = memoryLog();
  const entitlement = new TenantEntitlement(backend, new EntitlementService({ graceMs: 3_600_000 }), { id: 't', dataDir: dir }, log);
  running.push(entitlement);
  const changed = (): Promise<string> => new Promise((resolve) => entitlement.onChange(({ tier }) => resolve(tier)));
  return { backend, entitlement, log, changed, started: entitlement.start() };
}

/** A backend that is there at once, with this token. */
async function backendWith(token: Promise<string>, by = signer): Promise<ManualBackend> {
  const backend = new ManualBackend();
  backend.keys.set(by.verifier);
  backend.gives(await token);
  return backend;
}

describe('TenantEntitlement', () => {
  it('is what the token says once it has started, and follows each new one', async () => {
    const { backend, entitlement, changed, started } = start(await backendWith(signer.sign('pro')));
    await started;
    expect(entitlement.current).toMatchObject({ tier: 'pro', userId: 'u' });
    const next = changed();
    backend.gives(await signer.sign('enterprise'));
    expect(await next).toBe('enterprise');
  });

  it('goes on as free when no backend tells anything in time, and takes the token when it comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { backend, entitlement, changed, started } = start();
    const tiers: string[] = [];
    void started.then(() => tiers.push(entitlement.current.tier));
    while (tiers.length === 0) {
      await turn();
      vi.advanceTimersByTime(100);
    }
    expect(tiers).toEqual(['free']);
    const next = changed();
    backend.keys.set(signer.verifier);
    backend.gives(await signer.sign('pro'));
    expect(await next).toBe('pro');
  });

  it('starts from the token of the last time when the backend is away', async () => {
    await start(await backendWith(signer.sign('pro'))).started;
    const { entitlement, started } = start();
    await started;
    expect(entitlement.current.tier).toBe('pro');
  });

  it('takes the token that was put there while the host was off, though the one of the last time still counts', async () => {
    await start(await backendWith(signer.sign('free'))).started;
    const { entitlement, started } = start(await backendWith(signer.sign('enterprise')));
    await started;
    expect(entitlement.current.tier).toBe('enterprise');
  });

  it('counts nothing that another authority signed the last time', async () => {
    await start(await backendWith(signer.sign('enterprise'))).started;
    const other = new ManualBackend();
    other.authority = 'another';
    other.keys.set((await TestSigner.make()).verifier);
    other.gives('no.token.at-all');
    const { entitlement, started } = start(other);
    await started;
    expect(entitlement.current.tier).toBe('free');
  });

  it('lets the newest of several tokens count, in whatever order they could be verified', async () => {
    const { backend, entitlement, started, changed } = start();
    const tokens = await Promise.all(['pro', 'enterprise', 'free', 'pro', 'free', 'enterprise'].map((tier) => signer.sign(tier)));
    for (const token of tokens) backend.gives(token);
    const next = changed();
    backend.keys.set(signer.verifier);
    await next;
    await started;
    expect(entitlement.current.tier).toBe('enterprise');
  });

  it('asks for the keys again when a token is signed by one it does not know: a backend changes its keys', async () => {
    const { backend, entitlement, started, changed } = start(await backendWith(signer.sign('pro')));
    await started;
    const renewed = await TestSigner.make('k2');
    backend.fresh = renewed.verifier;
    const next = changed();
    backend.gives(await renewed.sign('enterprise'));
    expect(await next).toBe('enterprise');
    expect(entitlement.current.tier).toBe('enterprise');
    expect(backend.asked).toBe(1);
  });

  it('says why a token does not count, keeps the tier, and never repeats the token', async () => {
    const { backend, entitlement, log, started } = start(await backendWith(signer.sign('pro')));
    await started;
    const forged = await (await TestSigner.make()).sign('enterprise');
    backend.gives(forged);
    await vi.waitFor(() =>
      expect(log.lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('The tier stays pro') }),
    );
    expect(entitlement.current.tier).toBe('pro');
    expect(JSON.stringify(log.lines)).not.toContain(forged.slice(0, 30));
  });

  it('does not call a token refused because it could not be kept', async () => {
    dir = path.join(dir, 'file');
    await writeFile(dir, 'a file where a folder should be');
    const { entitlement, log, started } = start(await backendWith(signer.sign('pro')));
    await started;
    expect(entitlement.current.tier).toBe('pro');
    expect(log.lines.map(({ message }) => message).join('\n')).toMatch(/could not be kept .*ENOTDIR|could not be kept .*EEXIST/);
    expect(log.lines.map(({ message }) => message).join('\n')).not.toMatch(/refused/);
  });

  it('hears nothing more once it is stopped', async () => {
    const { backend, entitlement, started } = start(await backendWith(signer.sign('pro')));
    await started;
    entitlement.stop();
    backend.gives(await signer.sign('enterprise'));
    await turn();
    expect(entitlement.current.tier).toBe('pro');
  });
});

describe('KeptToken', () => {
  it('is none where nothing was kept, or the file is damaged, or of another authority', async () => {
    const kept = new KeptToken(dir, 'a');
    expect(await kept.read()).toBeNull();
    await kept.write('t', signer.verifier);
    expect(await kept.read()).toMatchObject({ token: 't' });
    expect(await new KeptToken(dir, 'b').read()).toBeNull();
    const file = path.join(dir, 'subscription.json');
    for (const damage of ['', '{', '{"token":"t"}', '{"authority":"a","token":"t","jwks":{"keys":[]}}']) {
      await writeFile(file, damage);
      expect(await kept.read()).toBeNull();
    }
  });

  it('keeps what it takes to verify the token again', async () => {
    const token = await signer.sign('pro');
    await new KeptToken(dir, 'a').write(token, signer.verifier);
    const kept = await new KeptToken(dir, 'a').read();
    await expect(kept?.verifier.verify(token, Date.now())).resolves.toMatchObject({ tier: 'pro' });
    expect(JSON.parse(await readFile(path.join(dir, 'subscription.json'), 'utf8'))).toMatchObject({ authority: 'a' });
  });
});
