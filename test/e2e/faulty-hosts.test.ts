import { cpSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../scripts/node-runtime.mjs';
import { SocketServer, WebServer } from '../counterparts/web/index.ts';
import type { HttpFault, SocketFault } from '../counterparts/web/index.ts';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

/** What one host does, and the state its source ends in. */
const HTTP: Readonly<Record<string, readonly [HttpFault, string]>> = {
  silent: [{ kind: 'silent' }, 'timeout'],
  'dripping-head': [{ kind: 'dripping-head' }, 'timeout'],
  dripping: [{ kind: 'dripping', bytes: 1, everyMs: 100 }, 'timeout'],
  'rate-limited': [{ kind: 'rate-limited', seconds: 120 }, 'rate-limited'],
  'rate-limited-by-date': [{ kind: 'rate-limited', seconds: 120, as: 'date' }, 'rate-limited'],
  broken: [{ kind: 'status', status: 500 }, 'server-error'],
  away: [{ kind: 'status', status: 503, headers: { 'retry-after': '60' } }, 'server-error'],
  'half-a-body': [{ kind: 'half-a-body' }, 'incomplete'],
  'too-long': [{ kind: 'wrong-length', by: 10 }, 'incomplete'],
  'too-short': [{ kind: 'wrong-length', by: -10 }, 'malformed'],
  bomb: [{ kind: 'gzip-bomb', bytes: 50_000_000 }, 'too-large'],
  endless: [{ kind: 'endless' }, 'too-large'],
  looping: [{ kind: 'redirect-loop' }, 'redirect-loop'],
  refused: [{ kind: 'status', status: 403 }, 'refused'],
  gone: [{ kind: 'gone' }, 'gone'],
  garbage: [{ kind: 'garbage' }, 'malformed'],
  'no-json': [{ kind: 'status', status: 200 }, 'malformed'],
  reset: [{ kind: 'reset' }, 'incomplete'],
};
const SOCKETS: Readonly<Record<string, readonly [SocketFault, string]>> = {
  'ws-refused': [{ kind: 'refused', status: 401 }, 'refused'],
  'ws-rate-limited': [{ kind: 'refused', status: 429, headers: { 'retry-after': '90' } }, 'rate-limited'],
  'ws-unanswered': [{ kind: 'unanswered' }, 'timeout'],
  'ws-silent': [{ kind: 'silent' }, 'stale'],
  'ws-half-open': [{ kind: 'half-open' }, 'stale'],
  'ws-oversized': [{ kind: 'oversized', bytes: 20_000 }, 'too-large'],
  'ws-garbage': [{ kind: 'garbage' }, 'malformed'],
  'ws-nonsense': [{ kind: 'nonsense', messages: ['{', '[', 'x', ''] }, 'malformed'],
  'ws-closing': [{ kind: 'closing', code: 1_001, after: 1 }, 'disconnected'],
  'ws-breaking': [{ kind: 'breaking', after: 1 }, 'disconnected'],
};

describe('a source for each way a host can fail, beside one that is well', () => {
  let dir: string;
  let host: HostProcess;
  const servers: (WebServer | SocketServer)[] = [];

  beforeEach(async () => {
    dir = await scratchDir('faulty-hosts');
    const folder = path.join(dir, 'host', 'plugins', 'many-hosts');
    await mkdir(folder, { recursive: true });
    cpSync(path.join(root, 'test', 'fixtures', 'plugins', 'many-hosts'), folder, { recursive: true });
  });
  afterEach(async () => {
    host.kill();
    await host.exited;
    for (const server of servers.splice(0)) await server.close();
  });

  async function web(name: string, fault?: HttpFault): Promise<WebServer> {
    const server = await WebServer.start();
    servers.push(server);
    server.put(`/${name}`, { body: JSON.stringify({ name, padding: 'x'.repeat(200) }) });
    if (fault !== undefined) server.fail(`/${name}`, fault);
    return server;
  }
  async function socket(fault: SocketFault | null): Promise<SocketServer> {
    const server = await SocketServer.start({ messages: Array.from({ length: 1_000 }, (_, n) => String(n)), everyMs: 100 });
    servers.push(server);
    server.fault = fault;
    return server;
  }

  it('ends each in its named state with its next attempt, and none of them holds up another', async () => {
    const well = await web('well');
    const wellSocket = await socket(null);
    const faulty = new Map<string, WebServer>();
    for (const [name, [fault]] of Object.entries(HTTP)) faulty.set(name, await web(name, fault));
    const polled: Record<string, string> = { well: well.url('/well'), nowhere: 'http://127.0.0.1:9/' };
    for (const [name, server] of faulty) polled[name] = server.url(`/${name}`);
    const followed: Record<string, string> = { 'ws-well': wellSocket.url(), 'ws-nowhere': 'ws://127.0.0.1:9/' };
    for (const [name, [fault]] of Object.entries(SOCKETS)) followed[name] = (await socket(fault)).url();
    const states: Record<string, string> = {
      well: 'ok',
      nowhere: 'unreachable',
      'ws-well': 'ok',
      'ws-nowhere': 'unreachable',
      ...Object.fromEntries([...Object.entries(HTTP), ...Object.entries(SOCKETS)].map(([name, [, state]]) => [name, state])),
    };

    host = HostProcess.start({
      dataDir: path.join(dir, 'host'),
      set: [
        'plugins.mt5.port=0',
        `plugins.many-hosts.polled=${JSON.stringify(polled)}`,
        `plugins.many-hosts.followed=${JSON.stringify(followed)}`,
        'plugins.many-hosts.staleAfterMs=2000',
      ],
    });
    await host.ready();

    // While the silent one is still waited for, the other is asked again and again.
    await faulty.get('silent')?.asked('/silent', 1);
    const before = well.to('/well').length;
    await well.asked('/well', before + 3);
    expect(faulty.get('silent')?.to('/silent')).toHaveLength(1);

    const seen = new Map<string, Set<string>>();
    const sourcesOf = (status: Awaited<ReturnType<HostProcess['status']>>) =>
      status.plugins.find(({ id }) => id === 'many-hosts')?.sources ?? [];
    await host.statusWhen(
      'each source to have been in its state',
      (status) => {
        for (const { source, state } of sourcesOf(status)) {
          const name = source.replace('many-hosts:', '');
          seen.set(name, (seen.get(name) ?? new Set()).add(state));
        }
        return Object.entries(states).every(([name, state]) => seen.get(name)?.has(state));
      },
      60_000,
    );

    const shown = await tickhub(['status', '--json', '--data', path.join(dir, 'host')]);
    const sources = sourcesOf(JSON.parse(shown.out) as Awaited<ReturnType<HostProcess['status']>>);
    for (const name of Object.keys(HTTP).filter((one) => one !== 'gone')) {
      const source = sources.find((one) => one.source === `many-hosts:${name}`);
      expect(source, name).toMatchObject({ detail: expect.stringMatching(/next attempt in|being asked now/) });
      if (!source?.detail.includes('being asked now')) expect(source?.nextAttemptAt, name).toBeGreaterThan(Date.now() - 1_000);
    }
    expect(sources.find(({ source }) => source === 'many-hosts:gone')).toMatchObject({ state: 'gone', nextAttemptAt: null });

    // Manners: the validators go back, one request a host at a time, and no host in trouble is hammered.
    expect(
      well
        .to('/well')
        .slice(1)
        .every(({ headers }) => headers['if-none-match'] !== undefined),
    ).toBe(true);
    for (const [name, server] of faulty) {
      // A redirect loop is followed five times.
      const most = name === 'looping' ? 6 * 40 : 40;
      expect(Math.max(...server.requests.map(({ open }) => open)), name).toBe(1);
      expect(server.requests.length, name).toBeLessThan(most);
    }
    const leftAlone = ['rate-limited', 'rate-limited-by-date', 'away', 'gone'].map((name) => [name, faulty.get(name)?.requests.length]);
    await well.asked('/well', well.to('/well').length + 3);
    for (const [name, count] of leftAlone) expect(faulty.get(String(name))?.requests.length, String(name)).toBe(count);
    const status = await host.status();
    expect(status.plugins.find(({ id }) => id === 'many-hosts')).toMatchObject({ state: 'running', restarts: 0 });
  }, 120_000);
});
