import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HostStatus, PluginReport } from '../../host/src/control/status.ts';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';

const FIXTURES = path.resolve('test/fixtures/plugins');
const TICKS = 60_000;
const LASTS_MS = 10_000;

/** The state in which each ends, and what its reason has to say. */
const EXPECTED: Readonly<Record<string, readonly [state: RegExp, reason: RegExp]>> = {
  mt5: [/^running$/, /^$/],
  websocket: [/^running$/, /^$/],
  'ok-feed': [/^running$/, /^$/],
  'ts-feed': [/^running$/, /^$/],
  prober: [/^running$/, /^$/],
  exclusive: [/^running$/, /^$/],
  'gives-quotes': [/^running$/, /^$/],
  'needs-quotes': [/^running$/, /^$/],
  'pro-feed': [/^gated\(pro\)$/, /needs the tier pro/],
  'a-link': [/^rejected\(PLUGIN_SYMLINK\)$/, /is a symbolic link/],
  'no-manifest': [/^rejected\(PLUGIN_MANIFEST_MISSING\)$/, /has no plugin\.json\. Add a plugin\.json/],
  'malformed-manifest': [/^rejected\(PLUGIN_MANIFEST_INVALID\)$/, /plugin\.json: it is not JSON: .*line 4/],
  'unknown-key': [/^rejected\(PLUGIN_MANIFEST_INVALID\)$/, /"teir".*Write "tier"/],
  'entry-missing': [/^rejected\(PLUGIN_ENTRY_MISSING\)$/, /there is no file "dist\/index\.js"/],
  'entry-outside': [/^rejected\(PLUGIN_ENTRY_OUTSIDE\)$/, /lies outside/],
  'wants-net': [/^rejected\(PLUGIN_PERMISSION_REFUSED\)$/, /"permissions\.net"/],
  'wants-files': [/^rejected\(PLUGIN_PERMISSION_REFUSED\)$/, /"permissions\.read"/],
  'wants-token': [/^rejected\(PLUGIN_PERMISSION_REFUSED\)$/, /TICKHUB_TOKEN/],
  'wrong-sdk': [/^rejected\(PLUGIN_SDK_RANGE\)$/, /needs SDK \^9\.0\.0/],
  'other-kind': [/^quarantined$/, /kind "model"/],
  'bad-config': [/^quarantined$/, /config "url"/],
  'no-default-export': [/^quarantined$/, /no default export/],
  'never-starts': [/^quarantined$/, /within 2000 ms/],
  'throws-in-timer': [/^quarantined$/, /thrown in a timer/],
  'breaks-protocol': [/^quarantined$/, /unreadable control message/],
  'fills-heap': [/^quarantined$/, /memory: it filled its heap/],
  'fills-buffers': [/^quarantined$/, /memory: it uses \d+ MiB/],
};

/** Found out five seconds after each start, each of which has a core for itself; so it is taken away when it was found out once, and has to be gone. */
const SPINS = 'spins';
const DROPPED = [SPINS, ...Object.keys(EXPECTED).filter((id) => !['mt5', 'websocket', 'a-link'].includes(id))];

describe.skipIf('missing' in compiledEa)(`bad plugins${eaTitle}`, () => {
  let recordings: string;

  beforeAll(async () => {
    recordings = await scratchDir('bad-plugins-recording');
  });
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await Deployment.create('bad-plugins', { tier: 'free' });
  });
  afterEach(() => deployment.end());
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('dropped all at once while ticks flow end each in its named state, and not a tick is lost', async () => {
    const recording = await demoRecording('XAUUSD', recordings, { limit: TICKS });
    const host = deployment.startHost({ env: { PROBER_GIVEN: 'x' } });
    await host.ready();
    await deployment.startTerminal('bad', [recording], Date.now(), { speed: (recording.lastMsc - recording.firstMsc) / LASTS_MS });
    await host.statusWhen('ticks to flow', ({ ticks }) => ticks.taken > 0);
    const root = path.join(deployment.hostDir, 'plugins');
    await mkdir(root, { recursive: true });
    await Promise.all(DROPPED.map((name) => cp(path.join(FIXTURES, name), path.join(root, name), { recursive: true })));
    await symlink(path.join(FIXTURES, 'ok-feed'), path.join(root, 'a-link'), 'dir');

    await host.line('the one that spins to be found out', ({ plugin, msg }) => plugin === SPINS && /it spins or blocks/.test(msg), 90_000);
    await rm(path.join(root, SPINS), { recursive: true });

    let last: HostStatus | null = null;
    const isAsExpected = (plugin: PluginReport): boolean => {
      const expected = EXPECTED[plugin.id];
      return expected !== undefined && expected[0].test(plugin.state) && expected[1].test(plugin.reason);
    };
    const end = await host
      .statusWhen(
        'each plugin to be where it belongs',
        (status) => {
          last = { ...status, plugins: status.plugins.filter(({ reason }) => reason !== 'disabled in the config') };
          return last.plugins.length === Object.keys(EXPECTED).length && last.plugins.every(isAsExpected);
        },
        90_000,
      )
      .catch((error: Error) => {
        const others = last?.plugins.filter((plugin) => !isAsExpected(plugin)).map(({ id, state, reason }) => `${id} ${state}: ${reason}`);
        throw new Error(`of ${last?.plugins.length} plugins not as expected: ${others?.join('; ')}`, { cause: error });
      });
    expect(end.plugins.filter(({ id }) => id === 'mt5' || id === 'websocket').map(({ restarts }) => restarts)).toEqual([0, 0]);
    expect(JSON.stringify([host.lines, host.noise])).not.toContain('abc123secret');

    await host.statusWhen('the whole market', ({ symbols }) => symbols.find(({ symbol }) => symbol === 'XAUUSD')?.taken === TICKS, 60_000);
    expect(await host.stop()).toBe(0);
    await deployment.gateway.stop();
    const recorded = await readRecordedTicks(recording.file);
    deployment.readLedger((ledger) =>
      expect(compare('XAUUSD', recorded, ledger.ticks({ user: USER, symbol: 'XAUUSD' })).difference).toBeNull(),
    );
    const states = Object.entries(Object.groupBy(end.plugins, ({ state }) => state)).map(
      ([state, plugins]) => `${plugins?.length} ${state}`,
    );
    console.log(`bad plugins dropped at once: ${states.join(', ')}; ${TICKS} ticks meanwhile, 0 lost, 0 doubled`);
  }, 240_000);
});
