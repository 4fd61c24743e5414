import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildSdk, HostUnderTest } from './host-under-test.ts';

let sdk: string;
let under: HostUnderTest | null = null;

beforeAll(async () => {
  sdk = await buildSdk();
});
afterAll(() => rmSync(sdk, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
afterEach(async () => {
  await under?.close();
  under = null;
});

function make(options: ConstructorParameters<typeof HostUnderTest>[1] = {}): HostUnderTest {
  under = new HostUnderTest(sdk, options);
  return under;
}

describe('reload', () => {
  const release = (t: HostUnderTest, id: string, version: string, change: (code: string) => string = (code) => code): void => {
    t.edit(id, 'index.js', change);
    t.edit(id, 'plugin.json', (text) => text.replace(/"version": "[^"]*"/, `"version": "${version}"`));
  };

  it('starts the new version beside the old, hands on the state, and drains the old', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.until(() => t.records('ok-feed').length >= 5, 'records');
    release(t, 'ok-feed', '1.1.0');
    await t.until(() => t.reloads.length > 0, 'the swap');
    await t.host.settled();
    expect(t.reloads).toMatchObject([{ plugin: 'ok-feed', from: '1.0.0', to: '1.1.0', outcome: 'switched' }]);
    expect(t.info('ok-feed')).toMatchObject({ state: 'running', version: '1.1.0', held: null });
    const records = t.records('ok-feed');
    const fresh = records.filter(({ generation }) => generation === 2);
    // It went on from the snapshot rather than from one, and the old one said its last word.
    expect(fresh[0]?.body).toMatchObject({ version: '1.1.0' });
    expect(fresh[0]?.body.count).toBeGreaterThan(3);
    expect(records.filter(({ body }) => body.last)).toMatchObject([{ generation: 1 }]);
    expect(t.states('ok-feed')).toEqual(['resolved', 'starting', 'running']);
    expect(readdirSync(path.join(t.dataDir, 'staged', 'ok-feed'))).toHaveLength(1);
  });

  it.each([
    ['throws at load', (code: string) => `throw new Error('broken at load');\n${code}`, /broken at load/],
    ['throws at start', (code: string) => code.replace('let count', "throw new Error('broken at start'); let count"), /broken at start/],
    ['ends itself before its first output', (code: string) => code.replace('count++;', 'process.exit(3);'), /process\.exit\(3\)/],
    ['does not parse', (code: string) => `${code}\n}}}`, /./],
  ])('keeps the old version when the new one %s', async (_what, change, reason) => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    const { pid } = t.info('ok-feed');
    release(t, 'ok-feed', '1.1.0', change);
    await t.until(() => t.reloads.length > 0, 'the attempt');
    expect(t.reloads).toMatchObject([{ outcome: 'kept', from: '1.0.0', to: '1.1.0', reason: expect.stringMatching(reason) }]);
    expect(t.info('ok-feed')).toMatchObject({
      state: 'running',
      version: '1.0.0',
      pid,
      restarts: 0,
      held: expect.stringMatching(/^kept 1\.0\.0: 1\.1\.0 failed: /),
    });
    const before = t.records('ok-feed').length;
    await t.until(() => t.records('ok-feed').length > before + 2, 'the old one to go on');
    expect(t.logged.some(({ level, message }) => level === 'warn' && message.startsWith('kept 1.0.0: 1.1.0 failed'))).toBe(true);
    release(t, 'ok-feed', '1.2.0', () => '');
    t.drop('ok-feed');
    await t.until(() => t.info('ok-feed').held === null, 'the note to go when the folder is mended');
  });

  it('keeps the old version when the manifest breaks, and a crash restarts that version', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    t.edit('ok-feed', 'plugin.json', (text) => text.slice(0, 30));
    t.edit('ok-feed', 'index.js', () => 'garbage(');
    await t.until(() => t.info('ok-feed').held !== null, 'the note');
    expect(t.info('ok-feed').held).toMatch(/^kept 1\.0\.0: the folder is broken: .*plugin\.json/);
    process.kill(t.info('ok-feed').pid ?? 0, 'SIGKILL');
    await t.until(() => t.records('ok-feed').some(({ generation }) => generation === 2), 'it to be back');
    expect(t.info('ok-feed')).toMatchObject({ state: 'running', version: '1.0.0' });
  });

  it('goes back to the version that worked when the new one came while it was down', async () => {
    const t = make({ timings: { backoffFirstMs: 300 } });
    t.drop('ok-feed');
    await t.host.start();
    await t.until(() => t.records('ok-feed').length > 0, 'records');
    process.kill(t.info('ok-feed').pid ?? 0, 'SIGKILL');
    await t.state('ok-feed', 'backoff');
    release(t, 'ok-feed', '1.1.0', (code) => `throw new Error('broken at load');\n${code}`);
    await t.until(() => t.info('ok-feed').held !== null && t.info('ok-feed').state === 'running', 'it to be back');
    expect(t.info('ok-feed')).toMatchObject({ version: '1.0.0', held: expect.stringContaining('1.1.0 failed') });
  });

  it('takes a new version that gives no output after a probation in health', async () => {
    const t = make();
    t.drop('pro-feed');
    t.host.setTier('pro');
    await t.host.start();
    await t.state('pro-feed', 'running');
    release(t, 'pro-feed', '2.0.0');
    await t.until(() => t.reloads.length > 0, 'the swap');
    expect(t.reloads).toMatchObject([{ outcome: 'switched', to: '2.0.0' }]);
    expect(t.reloads[0]?.ms).toBeGreaterThan(290);
  });

  it('does not take one that says it is degraded where the old one is well', async () => {
    const t = make({ timings: { provingMs: 800 } });
    t.drop('pro-feed');
    t.host.setTier('pro');
    await t.host.start();
    await t.state('pro-feed', 'running');
    release(t, 'pro-feed', '2.0.0', (code) =>
      code.replace('start() {}', "start() { return { status: () => ({ status: 'degraded', detail: 'no login', counters: {} }) }; }"),
    );
    await t.until(() => t.reloads.length > 0, 'the attempt');
    expect(t.reloads).toMatchObject([{ outcome: 'kept', reason: expect.stringContaining('no login') }]);
  });

  it('swaps what may not overlap by drain and start, and the old one gets its turn back when the new one fails', async () => {
    const t = make();
    t.drop('exclusive');
    await t.host.start();
    await t.until(() => t.records('exclusive').length > 0, 'records');
    release(t, 'exclusive', '1.1.0');
    await t.until(() => t.info('exclusive').version === '1.1.0', 'the swap');
    await t.until(() => t.records('exclusive').some(({ body }) => body.version === '1.1.0'), 'records of 1.1.0');
    const { pid } = t.info('exclusive');
    release(t, 'exclusive', '1.2.0', (code) =>
      code.replace(
        "closeSync(openSync(lock, 'wx'));",
        "closeSync(openSync(lock, 'wx')); rmSync(lock); throw new Error('broken at start');",
      ),
    );
    await t.until(() => t.reloads.length === 2, 'the attempt');
    expect(t.reloads[1]).toMatchObject({ outcome: 'kept', from: '1.1.0', to: '1.2.0', reason: expect.stringContaining('broken at start') });
    expect(t.info('exclusive')).toMatchObject({ state: 'running', version: '1.1.0', pid, restarts: 0 });
    const before = t.records('exclusive').length;
    await t.until(() => t.records('exclusive').length > before + 2, 'the old one to publish again');
    expect(t.records('exclusive').at(-1)?.body).toEqual({ version: '1.1.0' });
  });

  it('takes a new config as a new version, and keeps the old one when the plugin refuses it', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    t.host.reconfigure('ok-feed', { everyMs: 5 });
    await t.until(() => t.reloads.length === 1, 'the swap');
    t.host.reconfigure('ok-feed', { everyMs: -5 });
    await t.until(() => t.reloads.length === 2, 'the attempt');
    expect(t.reloads).toMatchObject([
      { outcome: 'switched', reason: 'its config changed' },
      { outcome: 'kept', reason: expect.stringContaining('everyMs') },
    ]);
    expect(t.info('ok-feed').state).toBe('running');
  });

  it('makes one swap, to the last, of a rapid series of edits', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    for (let i = 1; i <= 20; i++) {
      release(t, 'ok-feed', `1.0.${i}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await t.until(() => t.info('ok-feed').version === '1.0.20', 'the last version');
    await t.host.settled();
    expect(t.reloads.length).toBeLessThanOrEqual(3);
    expect(t.info('ok-feed').state).toBe('running');
  });

  it('reloads on request though nothing changed', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    await t.host.reload('ok-feed');
    await t.until(() => t.reloads.length === 1, 'the swap');
    expect(t.reloads).toMatchObject([{ outcome: 'switched', from: '1.0.0', to: '1.0.0' }]);
  });

  it('lets a version wait that the tier does not allow', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    t.edit('ok-feed', 'plugin.json', (text) => text.replace('"version": "1.0.0"', '"version": "2.0.0", "tier": "pro"'));
    await t.until(() => t.info('ok-feed').held !== null, 'the note');
    expect(t.info('ok-feed')).toMatchObject({
      state: 'running',
      version: '1.0.0',
      held: 'kept 1.0.0: 2.0.0 needs the tier pro, the subscription is free',
    });
    t.host.setTier('pro');
    await t.until(() => t.info('ok-feed').version === '2.0.0', 'the swap');
    await t.host.settled();
    expect(t.info('ok-feed').held).toBeNull();
  });

  it('survives a folder that is moved away and back', async () => {
    const t = make();
    const folder = t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    renameSync(folder, `${t.dir}/away`);
    await new Promise((resolve) => setTimeout(resolve, 60));
    renameSync(`${t.dir}/away`, folder);
    writeFileSync(path.join(folder, 'note.txt'), 'moved');
    await t.until(() => t.reloads.length > 0, 'a swap');
    expect(t.states('ok-feed')).not.toContain('stopped');
  });
});
