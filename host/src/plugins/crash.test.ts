import { rmSync } from 'node:fs';
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

describe('crashes', () => {
  it.each([
    ['throws-in-timer', 'PLUGIN_RUN_FAILED', /thrown in a timer/],
    ['fills-heap', 'PLUGIN_MEMORY', /memory/],
    ['fills-buffers', 'PLUGIN_MEMORY', /memory: it uses \d+ MiB, allowed are 112 MiB/],
    ['never-starts', 'PLUGIN_TIMEOUT', /no answer to start within 2000 ms/],
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

  it('do not lose what was published before', async () => {
    const t = make({ timings: { backoffFirstMs: 5_000 } });
    t.drop('ok-feed');
    t.edit('ok-feed', 'index.js', (text) =>
      text.replace(
        'count++;',
        "count++; if (count === 5) { for (let i = 0; i < 500; i++) publish.record('custom', { time: 1, body: { i } }); throw new Error('five'); }",
      ),
    );
    await t.host.start();
    await t.state('ok-feed', 'backoff');
    expect(t.records('ok-feed').filter(({ body }) => 'i' in body)).toHaveLength(500);
  });

  it('keep the last words, with secrets masked', async () => {
    const t = make({ timings: { backoffFirstMs: 5_000 } });
    t.drop('throws-in-timer');
    await t.host.start();
    await t.state('throws-in-timer', 'backoff');
    const { lastCrash } = t.info('throws-in-timer');
    expect(lastCrash?.lastWords).toContain('about to throw; token=[masked]');
    expect(lastCrash?.lastWords.join('\n')).toMatch(/thrown in a timer\n\s+at .*index\.js/);
    expect(JSON.stringify(t.logged.filter(({ message }) => message.startsWith('crashed')))).not.toContain('abc123secret');
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
    // The best of two: other tests run beside this one.
    const times: number[] = [];
    for (const next of [2, 3]) {
      const started = performance.now();
      process.kill(t.info('ok-feed').pid ?? 0, 'SIGKILL');
      await t.until(() => t.records('ok-feed').some(({ generation }) => generation === next), 'records of the next isolate');
      times.push(performance.now() - started);
    }
    expect(Math.min(...times)).toBeLessThan(1_500);
    expect(t.info('ok-feed')).toMatchObject({ restarts: 2, lastCrash: { code: 'PLUGIN_KILLED' } });
  });
});
