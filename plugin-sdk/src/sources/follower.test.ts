import { describe, expect, it } from 'vitest';
import { Clock, Log, Socket, SourceFault, createFollower, definePlugin, z } from '../index.ts';
import type { FollowedSource, Follower } from '../index.ts';
import { createHarness } from '../testing/index.ts';
import type { Harness } from '../testing/index.ts';

const URL_A = 'wss://stream.example/ws';

async function following(source: Partial<FollowedSource> = {}): Promise<{
  harness: Harness;
  follower: Follower;
  taken: (string | Uint8Array)[];
  health: () => ReturnType<Follower['health']>[number];
  nextIn: () => number | null;
  prepared: Harness['sockets'];
}> {
  const taken: (string | Uint8Array)[] = [];
  const made: Follower[] = [];
  const plugin = definePlugin({
    kind: 'data-source',
    inject: { socket: Socket, clock: Clock, log: Log },
    config: z.object({}),
    start({ socket, clock, log }) {
      const follower = createFollower({ socket, clock, log, random: () => 0 });
      made.push(follower);
      follower.add({
        name: 'test',
        request: () => ({ url: URL_A }),
        opened: (connection) => connection.send('subscribe'),
        take: (data) => void taken.push(data),
        staleAfterMs: 30_000,
        ...source,
      });
      return { status: () => ({ status: 'ok', detail: '', counters: {}, sources: follower.health() }), stop: () => follower.stop() };
    },
  });
  const harness = createHarness(plugin);
  await harness.start();
  const [follower] = made;
  if (follower === undefined) throw new Error('the plugin made no follower');
  const health = (): ReturnType<Follower['health']>[number] => {
    const [only] = follower.health();
    if (only === undefined) throw new Error('there is no source');
    return only;
  };
  const nextIn = (): number | null => {
    const { nextAttemptAt } = health();
    return nextAttemptAt === null ? null : nextAttemptAt - harness.now();
  };
  return { harness, follower, taken, health, nextIn, prepared: harness.sockets };
}

describe('a followed source', () => {
  it('is connected, subscribed to, and gives its messages in order', async () => {
    const { harness, taken, health } = await following();
    expect(harness.sockets.last).toMatchObject({ url: URL_A, sent: ['subscribe'] });
    expect(health()).toMatchObject({ state: 'waiting', nextAttemptAt: null });
    harness.sockets.last.send('1', new Uint8Array([2]), { n: 3 });
    expect(taken).toEqual(['1', new Uint8Array([2]), '{"n":3}']);
    expect(health()).toMatchObject({ state: 'ok', lastDataAt: harness.now(), counters: { connects: 1, messages: 3 } });
    await harness.stop();
    expect(harness.sockets.last.end).toEqual({ code: 1_000, reason: '' });
  });

  it.each([
    [1_001, 'disconnected'],
    [1_006, 'disconnected'],
    [1_008, 'refused'],
    [1_009, 'too-large'],
    [1_011, 'server-error'],
    [4_999, 'disconnected'],
  ])('that ended with %i is %s, and connected again', async (code, state) => {
    const { harness, health, nextIn } = await following();
    harness.sockets.last.drop(code, 'why');
    expect(health()).toMatchObject({ state, detail: expect.stringMatching(new RegExp(`${code}: why.*next attempt in`)) });
    expect(nextIn()).toBe(state === 'refused' ? 30_000 : 250);
    await harness.advance(30_000);
    expect(harness.sockets.open).toHaveLength(1);
    await harness.stop();
  });

  it.each([
    [{ status: 401 }, 'refused', 30_000],
    [{ status: 403 }, 'refused', 30_000],
    [{ status: 429, headers: { 'retry-after': '90' } }, 'rate-limited', 90_000],
    [{ status: 503 }, 'server-error', 500],
    [{ status: 200 }, 'refused', 30_000],
    [{ code: 'SOCKET_FAILED' }, 'unreachable', 500],
    [{ code: 'SOCKET_TIMEOUT' }, 'timeout', 500],
    [{ code: 'SOCKET_HOST_DENIED' }, 'refused', 30_000],
  ])('refused with %j is %s, and tried again after %i ms', async (answer, state, ms) => {
    const { harness, health, nextIn } = await following();
    harness.sockets.answer = answer;
    harness.sockets.last.drop();
    await harness.advance(250);
    expect([health().state, nextIn()]).toEqual([state, ms]);
    await harness.stop();
  });

  it('is tried at 0.25 s doubling to 60 s, and from the start again after a healthy minute', async () => {
    const { harness, nextIn } = await following();
    harness.sockets.answer = { code: 'SOCKET_FAILED' };
    harness.sockets.last.drop();
    const pauses: (number | null)[] = [];
    for (let i = 0; i < 10; i++) {
      pauses.push(nextIn());
      await harness.advance(nextIn() ?? 0);
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    harness.sockets.answer = 'accept';
    await harness.advance(60_000);
    harness.sockets.last.drop();
    expect(nextIn()).toBe(60_000);
    await harness.advance(60_000);
    for (let i = 0; i < 3; i++) {
      harness.sockets.last.send('x');
      await harness.advance(20_000);
    }
    harness.sockets.last.drop();
    expect(nextIn()).toBe(250);
    expect(harness.logs.filter(({ level }) => level === 'warn').length).toBeLessThan(5);
    await harness.stop();
  });

  it('that is open and silent is stale, closed, and connected anew', async () => {
    const { harness, health } = await following();
    await harness.advance(29_000);
    harness.sockets.last.send('x');
    await harness.advance(29_000);
    expect(health().state).toBe('ok');
    await harness.advance(1_000);
    expect(health()).toMatchObject({ state: 'stale', detail: expect.stringContaining('silent for 30 s') });
    expect(harness.sockets.connections[0]?.end?.code).toBe(1_000);
    await harness.advance(250);
    expect(harness.sockets.open).toHaveLength(1);
    expect(health().state).toBe('stale');
    harness.sockets.last.send('x');
    expect(health().state).toBe('ok');
    await harness.stop();
  });

  it('is malformed when nothing can be made of its messages, and well again with the first that can', async () => {
    const { harness, health } = await following({
      take: (data) => {
        if (data !== 'good') throw new Error('no JSON');
      },
    });
    harness.sockets.last.send('bad', 'bad');
    expect(health().state).toBe('waiting');
    harness.sockets.last.send('bad');
    expect(health()).toMatchObject({ state: 'malformed', counters: { malformed: 3 } });
    harness.sockets.last.send('good');
    expect(health().state).toBe('ok');
    await harness.stop();
  });

  it('ends with the fault that whoever takes a message, or subscribes, names', async () => {
    const { harness, health, nextIn } = await following({
      take: () => {
        throw new SourceFault('refused', 'the key is wrong', { retryAfterMs: 120_000 });
      },
    });
    harness.sockets.last.send('x');
    await harness.settle();
    expect([health().state, nextIn(), harness.sockets.open.length]).toEqual(['refused', 120_000, 0]);
    await harness.stop();
    const other = await following({ opened: () => Promise.reject(new SourceFault('refused', 'no such channel')) });
    expect(other.health()).toMatchObject({ state: 'refused', detail: expect.stringContaining('no such channel') });
    await other.harness.stop();
  });

  it('uses nothing of a connection that it gave up', async () => {
    const { harness, taken, follower } = await following();
    const old = harness.sockets.last;
    follower.remove('test');
    old.send('late');
    await harness.advance(600_000);
    expect([taken, harness.sockets.connections.length, follower.health()]).toEqual([[], 1, []]);
    await harness.stop();
  });

  it('that looks open after the machine slept must give a sign of life soon; one that waits is tried soon', async () => {
    const { harness, health } = await following({ staleAfterMs: 600_000 });
    harness.sockets.last.send('x');
    await harness.sleepMachine(3_600_000);
    await harness.advance(16_000);
    expect(health().state).toBe('stale');
    expect(harness.sockets.connections).toHaveLength(2);
    harness.sockets.answer = { code: 'SOCKET_FAILED' };
    harness.sockets.last.drop();
    await harness.advance(100_000);
    harness.sockets.answer = 'accept';
    await harness.sleepMachine(3_600_000);
    await harness.advance(7_000);
    expect(harness.sockets.open).toHaveLength(1);
    await harness.stop();
  });
});
