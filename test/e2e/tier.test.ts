import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEa } from '../counterparts/ea/index.ts';
import type { EaHandle } from '../counterparts/ea/index.ts';
import { freePort } from '../system/free-port.ts';
import { GatewayProcess } from '../system/gateway-process.ts';
import { HostProcess } from '../system/host-process.ts';
import { compiledEa, demoRecording, eaBinary, eaTitle, scratchDir } from '../system/market.ts';

const names = Array.from({ length: 60 }, (_, i) => `SYM${String(i).padStart(2, '0')}`);

describe.skipIf('missing' in compiledEa)(`the tier, live, through a real gateway${eaTitle}`, () => {
  let dir: string;
  let gateway: GatewayProcess;
  let host: HostProcess;
  let ea: EaHandle | null = null;

  beforeEach(async () => {
    dir = await scratchDir('tier');
    gateway = new GatewayProcess(await freePort(), path.join(dir, 'gateway'));
    await gateway.start();
  });

  afterEach(async () => {
    ea?.kill();
    host.kill();
    await host.exited;
    await gateway.kill();
  });

  async function present(tier: string, expires?: string): Promise<void> {
    await writeFile(path.join(dir, 'token'), await gateway.issue('trader', tier, expires));
  }

  it('passes 5 symbols for free and 50 for pro, says which are held back and why, and follows a new token at once', async () => {
    const { file, digits } = await demoRecording('XAUUSD', dir, { limit: 20_000 });
    await present('free');
    host = HostProcess.start({
      dataDir: path.join(dir, 'host'),
      set: [
        ...gateway.settings(path.join(dir, 'token')),
        'plugins.mt5.port=0',
        `pluginRoots=["${path.resolve('test/fixtures/plugins-by-tier')}"]`,
      ],
    });
    await host.ready();
    const { port, token } = await host.link();
    ea = startEa({
      binary: eaBinary(),
      port,
      token,
      eaId: 'many',
      symbols: names.map((name) => ({ name, digits, file })),
      marketStart: Date.now(),
      speed: 2,
    });

    const free = await host.statusWhen(
      '5 symbols to flow',
      ({ symbols }) => symbols.length === 60 && symbols.filter(({ taken }) => taken > 0).length === 5,
    );
    const held = free.symbols.filter(({ allowed }) => !allowed);
    expect(held).toHaveLength(55);
    expect(held.every(({ taken, reason }) => taken === 0 && /the free tier passes 5 symbols/.test(reason ?? ''))).toBe(true);
    await host.statusWhen('the mt5 plugin to say what is held back', ({ plugins }) =>
      plugins.some(({ id, detail }) => id === 'mt5' && /held back: .*free tier/.test(detail)),
    );
    expect(free.plugins.find(({ id }) => id === 'pro-only')).toMatchObject({ state: 'gated(pro)' });

    await present('pro');
    const pro = await host.statusWhen(
      '50 symbols and the pro plugin to run',
      ({ symbols, plugins }) =>
        symbols.filter(({ taken }) => taken > 0).length === 50 && plugins.some(({ id, state }) => id === 'pro-only' && state === 'running'),
    );
    expect(pro.entitlement.tier).toBe('pro');
    await host.statusWhen('the pro plugin to run', ({ plugins }) =>
      plugins.some(({ id, state }) => id === 'pro-only' && state === 'running'),
    );
    const first = free.symbols.filter(({ allowed }) => allowed).map(({ symbol }) => symbol);
    expect(pro.symbols.filter(({ allowed }) => allowed).map(({ symbol }) => symbol)).toEqual(expect.arrayContaining(first));

    await present('free');
    const back = await host.statusWhen(
      'free again',
      ({ entitlement, plugins }) =>
        entitlement.tier === 'free' && plugins.some(({ id, state }) => id === 'pro-only' && state === 'gated(pro)'),
    );
    const takenBy = (status: typeof back): number =>
      status.symbols.filter(({ allowed }) => !allowed).reduce((sum, { taken }) => sum + taken, 0);
    expect(back.symbols.filter(({ allowed }) => allowed).map(({ symbol }) => symbol)).toEqual(first);
    const later = await host.statusWhen('the allowed ones to flow on', ({ ticks }) => ticks.taken > back.ticks.taken + 20);
    expect(takenBy(later)).toBe(takenBy(back));
  });

  it('keeps the tier it had when a token is expired, forged or empty, and says what is wrong', async () => {
    await present('pro');
    host = HostProcess.start({
      dataDir: path.join(dir, 'host'),
      set: [...gateway.settings(path.join(dir, 'token')), 'plugins.mt5.port=0'],
    });
    await host.statusWhen('pro', ({ entitlement }) => entitlement.tier === 'pro');
    const stranger = new GatewayProcess(0, path.join(dir, 'stranger'));
    const refusals: [string, RegExp][] = [
      [await stranger.issue('trader', 'enterprise'), /not signed by a key of the configured backend/],
      ['nonsense', /not a JWT/],
    ];
    for (const [token, message] of refusals) {
      await writeFile(path.join(dir, 'token'), token);
      const line = await host.line(String(message), ({ msg }) => message.test(msg));
      expect(line.level).toBe('warn');
      expect((await host.status()).entitlement.tier).toBe('pro');
    }
    const everything = JSON.stringify(host.lines) + host.noise.join('\n');
    for (const [token] of refusals.slice(0, 1)) expect(everything).not.toContain(token.split('.')[1]);
  });
});
