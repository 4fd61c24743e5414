import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildSdk, fixtures, HostUnderTest } from './host-under-test.ts';

let sdk: string;
let under: HostUnderTest | null = null;

beforeAll(async () => {
  sdk = await buildSdk();
});
afterAll(() => process.env.TMP_SDK || rmSync(sdk, { recursive: true, force: true }));
afterEach(async () => {
  await under?.close();
  under = null;
});

function make(options: ConstructorParameters<typeof HostUnderTest>[1] = {}): HostUnderTest {
  under = new HostUnderTest(sdk, options);
  return under;
}

/** Whether a process is there. Ours are children, so there is no taking over of a number meanwhile that matters. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('life', () => {
  it('runs a plugin from discovery to stopped, and takes all it published', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    await t.until(() => t.records('ok-feed').length >= 3, 'records');
    await t.until(() => t.info('ok-feed').status !== null, 'health');
    const info = t.info('ok-feed');
    expect(info).toMatchObject({ version: '1.0.0', kind: 'data-source', tier: 'free', restarts: 0, held: null, lastCrash: null });
    expect(info.rssBytes).toBeGreaterThan(1_000_000);
    expect(info.status).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^\d+ records$/) });
    await t.host.stop({ deadlineMs: 3_000 });
    expect(t.states('ok-feed')).toEqual(['resolved', 'starting', 'running', 'draining', 'resolved', 'stopped']);
    const counts = t.records('ok-feed').map(({ body }) => body.count);
    expect(t.records('ok-feed').at(-1)?.body).toMatchObject({ last: true });
    expect(counts.slice(0, -1)).toEqual(counts.slice(0, -1).map((_, i) => i + 1));
    expect(alive(info.pid ?? 0)).toBe(false);
    expect(t.detached).toEqual([1]);
  });

  it('makes a plain .ts file that is dropped in live within a second, with no build', async () => {
    const t = make();
    await t.host.start();
    const started = performance.now();
    t.drop('ts-feed');
    await t.until(() => t.received.some(({ plugin }) => plugin === 'ts-feed'), 'its first output');
    const ms = performance.now() - started;
    console.log(`dropped .ts feed to its first output: ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(1_000);
  });

  it('gives a user plugin what its manifest says, and nothing else', async () => {
    const t = make();
    process.env.PROBER_GIVEN = 'x';
    process.env.PROBER_KEPT = 'x';
    t.drop('prober');
    await t.host.start();
    await t.until(() => t.records('prober').length > 0, 'its report');
    expect(t.records('prober')[0]?.body).toEqual({
      readOutside: 'ERR_ACCESS_DENIED',
      writeOutside: 'ERR_ACCESS_DENIED',
      writeOwn: 'done',
      writeCode: 'ERR_ACCESS_DENIED',
      child: 'ERR_ACCESS_DENIED',
      worker: 'ERR_ACCESS_DENIED',
      sqlite: 'ERR_UNKNOWN_BUILTIN_MODULE',
      socket: Number(process.versions.node.split('.')[0]) >= 25 ? 'ERR_ACCESS_DENIED' : expect.any(String),
      http: 'HTTP_HOST_DENIED',
      store: 'done',
      env: expect.arrayContaining(['PROBER_GIVEN']),
    });
    expect((t.records('prober')[0]?.body.env as string[]).filter((name) => !/^(PROBER_GIVEN|TZ|SystemRoot|windir)$/i.test(name))).toEqual(
      [],
    );
  });

  it('leaves out what cannot run, says why, and runs the rest', async () => {
    const t = make();
    for (const name of ['ok-feed', 'no-manifest', 'malformed-manifest', 'entry-outside', 'wrong-sdk', 'wants-net', 'pro-feed'])
      t.drop(name);
    symlinkSync(path.join(fixtures, 'ok-feed'), path.join(t.root, 'a-link'), 'dir');
    t.drop('ok-feed', 'ok-feed-copy');
    await t.host.start();
    await t.state('ok-feed', 'running');
    expect(Object.fromEntries(t.host.list().map(({ id, state, detail }) => [id, `${state} ${detail}`]))).toEqual({
      'a-link': 'rejected PLUGIN_SYMLINK',
      'entry-outside': 'rejected PLUGIN_ENTRY_OUTSIDE',
      'malformed-manifest': 'rejected PLUGIN_MANIFEST_INVALID',
      'no-manifest': 'rejected PLUGIN_MANIFEST_MISSING',
      'ok-feed': 'running ',
      'ok-feed-copy': 'rejected PLUGIN_DUPLICATE_ID',
      'pro-feed': 'gated pro',
      'wants-net': 'rejected PLUGIN_PERMISSION_REFUSED',
      'wrong-sdk': 'rejected PLUGIN_SDK_RANGE',
    });
    expect(t.info('ok-feed-copy').reason).toContain(path.join(t.root, 'ok-feed'));
  });

  it('takes up a folder when it is mended, and the second of one id when the first goes', async () => {
    const t = make();
    t.drop('malformed-manifest');
    t.drop('ok-feed');
    t.drop('ok-feed', 'second');
    await t.host.start();
    await t.state('malformed-manifest', 'rejected');
    t.edit(
      'malformed-manifest',
      'index.js',
      () => "import { definePlugin } from '@tickhub/plugin-sdk';\nexport default definePlugin({ kind: 'data-source', start() {} });\n",
    );
    t.edit('malformed-manifest', 'plugin.json', () =>
      JSON.stringify({ id: 'malformed-manifest', version: '1.0.0', kind: 'data-source', sdk: '^0.1.0', entry: 'index.js' }),
    );
    await t.state('malformed-manifest', 'running');
    await t.state('ok-feed', 'running');
    rmSync(path.join(t.root, 'ok-feed'), { recursive: true });
    await t.until(
      () =>
        t.host
          .list()
          .filter(({ id }) => id === 'ok-feed')
          .some(({ folder, state }) => folder.endsWith('second') && state === 'running'),
      'the second to run',
    );
  });

  it('drains and forgets a plugin whose folder is removed', async () => {
    const t = make();
    t.drop('ok-feed');
    await t.host.start();
    await t.until(() => t.records('ok-feed').length > 0, 'records');
    rmSync(path.join(t.root, 'ok-feed'), { recursive: true });
    await t.until(() => t.host.list().length === 0, 'it to be forgotten');
    expect(t.states('ok-feed').at(-1)).toBe('stopped');
    expect(t.records('ok-feed').at(-1)?.body).toMatchObject({ last: true });
    await t.until(() => !readdirSync(path.join(t.dataDir, 'staged')).includes('ok-feed'), 'its copies to go').catch(() => undefined);
  });

  it('follows the tier, live and both ways', async () => {
    const t = make();
    t.drop('pro-feed');
    t.drop('ok-feed');
    await t.host.start();
    await t.state('ok-feed', 'running');
    expect(t.info('pro-feed')).toMatchObject({ state: 'gated', detail: 'pro', reason: 'needs the tier pro, the subscription is free' });
    t.host.setTier('enterprise');
    await t.state('pro-feed', 'running');
    const { pid } = t.info('pro-feed');
    t.host.setTier('free');
    await t.state('pro-feed', 'gated');
    expect(alive(pid ?? 0)).toBe(false);
    expect(t.states('pro-feed')).toEqual(['resolved', 'gated', 'resolved', 'starting', 'running', 'draining', 'resolved', 'gated']);
    expect(t.states('ok-feed')).toEqual(['resolved', 'starting', 'running']);
  });

  it('starts what is required first, blocks what lacks it, stops in reverse', async () => {
    const t = make();
    t.drop('needs-quotes');
    await t.host.start();
    await t.state('needs-quotes', 'blocked');
    expect(t.info('needs-quotes')).toMatchObject({ detail: 'quotes', reason: 'requires quotes ^1.0.0: no plugin provides it' });
    t.drop('gives-quotes');
    await t.state('needs-quotes', 'running');
    await t.host.stop({ deadlineMs: 3_000 });
    const order = t.transitions.filter(({ to }) => to === 'stopped').map(({ plugin }) => plugin);
    expect(order).toEqual(['needs-quotes', 'gives-quotes']);
  });

  it('ends what will not drain at the deadline', async () => {
    const t = make();
    t.drop('ok-feed');
    t.edit('ok-feed', 'index.js', (text) =>
      text.replace('stop() {', 'async stop() { await new Promise(() => setInterval(() => undefined, 1000));'),
    );
    await t.host.start();
    await t.state('ok-feed', 'running');
    const { pid } = t.info('ok-feed');
    const started = performance.now();
    await t.host.stop({ deadlineMs: 300 });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(alive(pid ?? 0)).toBe(false);
    expect(t.info('ok-feed').state).toBe('stopped');
  });

  it('stops one that is still starting', async () => {
    const t = make();
    t.drop('never-starts');
    t.edit('never-starts', 'plugin.json', (text) => text.replace('400', '60000'));
    await t.host.start();
    await t.state('never-starts', 'starting');
    await t.host.stop({ deadlineMs: 2_000 });
    expect(t.info('never-starts').state).toBe('stopped');
    expect(t.info('never-starts').restarts).toBe(0);
  });

  it('has no plugin of an unknown id', () => {
    expect(() => make().host.retry('none')).toThrowError(expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' }));
  });
});

describe('crashes', () => {
  it.each([
    ['throws-in-timer', 'PLUGIN_RUN_FAILED', /thrown in a timer/],
    ['fills-heap', 'PLUGIN_MEMORY', /memory/],
    ['fills-buffers', 'PLUGIN_MEMORY', /memory: it uses \d+ MiB, allowed are 112 MiB/],
    ['never-starts', 'PLUGIN_TIMEOUT', /no answer to start within 400 ms/],
    ['no-default-export', 'PLUGIN_LOAD_FAILED', /default/],
    ['bad-config', 'PLUGIN_LOAD_FAILED', /url/],
    ['other-kind', 'PLUGIN_LOAD_FAILED', /kind/],
  ])('of %s have the code %s', async (name, code, reason) => {
    const t = make({ timings: { backoffFirstMs: 5_000 } });
    t.drop(name);
    t.drop('ok-feed');
    await t.host.start();
    await t.state(name, 'backoff');
    expect(t.info(name).lastCrash).toMatchObject({ code, reason: expect.stringMatching(reason) });
    expect(t.info(name).reason).toMatch(/^again in \d/);
    await t.state('ok-feed', 'running');
  });

  it('of one that spins are found by its silence', async () => {
    const t = make({ timings: { heartbeatMs: 400, missedBeats: 5, backoffFirstMs: 5_000 } });
    t.drop('spins');
    await t.host.start();
    await t.state('spins', 'backoff');
    expect(t.info('spins').lastCrash).toMatchObject({
      code: 'PLUGIN_UNRESPONSIVE',
      reason: 'no sign of life for 2.0 s: it spins or blocks',
    });
  });

  it.each(['ipc', 'handle', 'pipe'])('do not reach the host when a plugin writes nonsense: %s', async (how) => {
    const t = make({ configFor: () => ({ how }), timings: { backoffFirstMs: 5_000 } });
    t.drop('breaks-protocol');
    await t.host.start();
    await t.state('breaks-protocol', 'running');
    if (how === 'handle') await new Promise((resolve) => setTimeout(resolve, 200));
    else {
      await t.state('breaks-protocol', 'backoff');
      expect(t.info('breaks-protocol').lastCrash).toMatchObject({ code: 'PLUGIN_PROTOCOL' });
    }
  });

  it('keep the last words, with secrets masked', async () => {
    const t = make({ timings: { backoffFirstMs: 5_000 } });
    t.drop('throws-in-timer');
    await t.host.start();
    await t.state('throws-in-timer', 'backoff');
    const { lastCrash } = t.info('throws-in-timer');
    expect(lastCrash?.stderr).toContain('about to throw; token=[masked]');
    expect(JSON.stringify(t.logged.filter(({ level }) => level === 'error'))).not.toContain('abc123secret');
  });

  it('lead over backoffs to quarantine, which a changed folder lifts', async () => {
    const t = make({ timings: { crashLimit: 3 } });
    t.drop('throws-in-timer');
    await t.host.start();
    await t.state('throws-in-timer', 'quarantined');
    const crash = ['starting', 'running', 'crashed'];
    expect(t.states('throws-in-timer')).toEqual([
      'resolved',
      ...crash,
      'backoff',
      'resolved',
      ...crash,
      'backoff',
      'resolved',
      ...crash,
      'quarantined',
    ]);
    expect(t.transitions.filter(({ to }) => to === 'crashed').map(({ detail }) => detail)).toEqual(['1', '2', '3']);
    t.edit('throws-in-timer', 'index.js', (text) => text.replace('throw new Error', 'console.log'));
    await t.state('throws-in-timer', 'running');
    expect(t.info('throws-in-timer').version).toBe('1.0.0');
  });

  it('in quarantine are tried again when someone asks', async () => {
    const t = make({ timings: { crashLimit: 1 } });
    t.drop('no-default-export');
    await t.host.start();
    await t.state('no-default-export', 'quarantined');
    const before = t.states('no-default-export').length;
    t.host.retry('no-default-export');
    await t.until(() => t.states('no-default-export').length > before + 3, 'another attempt');
    expect(t.states('no-default-export').slice(before)).toEqual(['resolved', 'starting', 'crashed', 'quarantined']);
  });

  it('of a killed process are back in under 1.5 s with real timings', async () => {
    const t = make({ timings: { backoffFirstMs: 250, backoffMostMs: 60_000 } });
    t.drop('ok-feed');
    await t.host.start();
    await t.until(() => t.records('ok-feed').length > 0, 'records');
    const started = performance.now();
    process.kill(t.info('ok-feed').pid ?? 0, 'SIGKILL');
    await t.until(() => t.records('ok-feed').some(({ generation }) => generation === 2), 'records of the next isolate');
    const ms = performance.now() - started;
    console.log(`killed isolate to output of the next: ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(1_500);
    expect(t.info('ok-feed')).toMatchObject({ restarts: 1, lastCrash: { code: 'PLUGIN_KILLED' } });
  });
});

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
    console.log(`reload, from the launch of the new version to the switch: ${t.reloads[0]?.ms.toFixed(0)} ms`);
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
    ['ends itself before its first output', (code: string) => code.replace('count++;', 'process.exit(3);'), /exited with code 3/],
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

describe('roots', () => {
  it("lets a bundled plugin keep its id against a user's", async () => {
    const bundled = mkdtempSync(path.join(tmpdir(), 'tickhub-bundled-'));
    cpSync(path.join(fixtures, 'ok-feed'), path.join(bundled, 'ok-feed'), { recursive: true });
    const users = mkdtempSync(path.join(tmpdir(), 'tickhub-users-'));
    cpSync(path.join(fixtures, 'ok-feed'), path.join(users, 'ok-feed'), { recursive: true });
    const t = make({
      roots: [
        { path: users, kind: 'user' },
        { path: bundled, kind: 'bundled' },
        { path: path.join(bundled, 'none'), kind: 'bundled' },
      ],
    });
    await t.host.start();
    await t.state('ok-feed', 'running');
    expect(t.host.list()).toMatchObject([
      { id: 'ok-feed', origin: 'bundled', state: 'running' },
      { id: 'user/ok-feed', origin: 'user', state: 'rejected', detail: 'PLUGIN_DUPLICATE_ID', reason: expect.stringContaining(bundled) },
    ]);
    expect(t.logged.some(({ level, message }) => level === 'error' && message.includes(path.join(bundled, 'none')))).toBe(true);
    rmSync(bundled, { recursive: true });
    rmSync(users, { recursive: true });
  });
});

describe('check', () => {
  it.each([
    ['ok-feed', null],
    ['wrong-sdk', 'PLUGIN_SDK_RANGE'],
    ['no-default-export', 'PLUGIN_LOAD_FAILED'],
    ['bad-config', 'PLUGIN_LOAD_FAILED'],
    ['no-manifest', 'PLUGIN_MANIFEST_MISSING'],
  ])('of %s finds %s', async (name, code) => {
    const t = make();
    const report = await t.host.check(path.join(fixtures, name));
    expect(report.ok).toBe(code === null);
    expect(report.problem?.code ?? null).toBe(code);
    expect(readdirSync(t.dataDir)).toEqual([]);
  });

  it('loads nothing when it is not asked to', async () => {
    const t = make();
    expect(await t.host.check(path.join(fixtures, 'no-default-export'), { trial: false })).toMatchObject({
      ok: true,
      manifest: { id: 'no-default-export' },
    });
  });
});
