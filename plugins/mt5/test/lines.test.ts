/** The JSON-lines twin, spoken by hand on a real socket. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { TickFlag } from '@tickhub/plugin-sdk';
import { encodeHello } from '../src/link/encode.ts';
import { settled, startRig } from './rig.ts';
import { helloOf, ScriptedEa, TOKEN } from './scripted-ea.ts';

const T = 1_767_621_600_000;

async function sideCar(port: number): Promise<{ socket: Socket; say: (line: object) => void; hear: () => Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    socket,
    say: (line) => void socket.write(`${JSON.stringify(line)}\n`),
    hear: async () => {
      const next = await lines.next();
      return next.done === true ? null : JSON.parse(next.value);
    },
  };
}

const HELLO = { t: 'hello', proto: 1, id: 'py-1', token: TOKEN, server: 'side car', offset_s: 3_600 };

describe('a side car', () => {
  it('goes from hello to ack', async () => {
    await using rig = await startRig();
    const { say, hear, socket } = await sideCar(rig.port);
    say(HELLO);
    expect(await hear()).toEqual({ t: 'welcome', proto: 1, heartbeat_ms: 1_000, max_batch: 512 });
    say({ t: 'symbol', s: 'EURUSD', digits: 5 });
    expect(await hear()).toEqual({ t: 'sub', s: 'EURUSD', c: [0, 0], backfill_ms: 86_400_000 });
    say({ t: 'tick', s: 'EURUSD', q: 1, f: 1, m: [[T, 1.1, 1.2, 6]] });
    say({
      t: 'tick',
      s: 'EURUSD',
      q: 2,
      m: [
        [T, 1.1, 1.3],
        [T + 1, 1.1, 1.2, 8, 1.15, 4],
      ],
    });
    const ticks = await rig.publish.count(3);
    expect(ticks.map(({ time, ordinal, ask, last, volume, flags }) => [time - T, ordinal, ask, last, volume, flags])).toEqual([
      [0, 0, 1.2, 0, 0, 6 | TickFlag.late],
      [0, 1, 1.3, 0, 0, 6],
      [1, 0, 1.2, 1.15, 4, 8],
    ]);
    const source = rig.publish.sources.get('mt5:py-1');
    expect(source?.utcOffsetMs).toBe(3_600_000);
    source?.commit();
    rig.clock.advance(1);
    expect(await hear()).toEqual({ t: 'ack', s: 'EURUSD', c: [T + 1, 1] });
    say({ t: 'ping', q: 5 });
    expect(await hear()).toEqual({ t: 'pong', q: 5 });
    socket.end();
    await settled(rig, () => rig.counters['terminals'] === 0);
  });

  it('need not count, and is asked again where it does and leaves a hole', async () => {
    await using rig = await startRig();
    const { say, hear } = await sideCar(rig.port);
    say(HELLO);
    say({ t: 'symbol', s: 'EURUSD' });
    await hear();
    await hear();
    say({ t: 'tick', s: 'EURUSD', m: [[T, 1, 2]] });
    say({ t: 'tick', s: 'EURUSD', m: [[T + 1, 1, 2]] });
    await rig.publish.count(2);
    say({ t: 'tick', s: 'EURUSD', q: 3, m: [[T + 2, 1, 2]] });
    say({ t: 'tick', s: 'EURUSD', q: 9, m: [[T + 9, 1, 2]] });
    expect(await hear()).toEqual({ t: 'unsub', s: 'EURUSD' });
    expect(await hear()).toMatchObject({ t: 'sub', c: [T + 2, 1] });
    expect(rig.counters['ticksGaps']).toBe(1);
  });

  it('may be torn anywhere, and split its lines by CRLF', async () => {
    await using rig = await startRig();
    const { socket, hear } = await sideCar(rig.port);
    socket.setNoDelay(true);
    const text = `${JSON.stringify(HELLO)}\r\n\r\n${JSON.stringify({ t: 'symbol', s: 'XAUUSD' })}\r\n`;
    for (let i = 0; i < text.length; i += 7) {
      socket.write(text.slice(i, i + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await hear()).toMatchObject({ t: 'welcome' });
    expect(await hear()).toMatchObject({ t: 'sub', s: 'XAUUSD' });
  });

  it.each([
    ['a wrong token', { ...HELLO, token: 'wrong' }, 3],
    ['another protocol', { ...HELLO, proto: 0 }, 2],
    ['no token', { t: 'hello', proto: 1, id: 'py-1' }, 1],
    ['ticks before hello', { t: 'tick', s: 'EURUSD', m: [] }, 1],
    ['an unknown line', { t: 'trade' }, 1],
  ])('with %s is refused in its own language', async (_name, line, code) => {
    await using rig = await startRig();
    const { say, hear } = await sideCar(rig.port);
    say(line);
    expect(await hear()).toMatchObject({ t: 'err', code });
    expect(await hear()).toBeNull();
    expect(rig.log.text).not.toContain(TOKEN);
  });

  it.each([
    ['what is no JSON', '{nonsense}\n'],
    ['a tick of a symbol never announced', `${JSON.stringify({ t: 'tick', s: 'X', q: 1, m: [[T, 1, 2]] })}\n`],
    ['a tick with a price that is text', `${JSON.stringify({ t: 'tick', s: 'EURUSD', q: 1, m: [[T, '1', 2]] })}\n`],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x0a])],
    ['a line without an end', Buffer.alloc(1_100_000, 0x20)],
  ])('that sends %s is shown out', async (_name, bytes) => {
    await using rig = await startRig();
    const { say, hear, socket } = await sideCar(rig.port);
    say(HELLO);
    say({ t: 'symbol', s: 'EURUSD' });
    await hear();
    await hear();
    socket.write(bytes);
    expect(await hear()).toMatchObject({ t: 'err', code: 1 });
  });

  it('is given a minute of silence', async () => {
    await using rig = await startRig();
    const { say, hear, socket } = await sideCar(rig.port);
    say(HELLO);
    await hear();
    rig.clock.advance(59_000);
    expect(rig.counters['terminals']).toBe(1);
    const closed = once(socket, 'close');
    rig.clock.advance(2_000);
    await closed;
  });
});

it('a HELLO whose length begins like a line is a frame', async () => {
  await using rig = await startRig();
  // 123 bytes follow the length, and 123 is `{`.
  const bare = encodeHello(helloOf({ server: '' })).byteLength - 4;
  const hello = encodeHello(helloOf({ server: 'x'.repeat(123 - bare) }));
  expect(hello[0]).toBe(0x7b);
  const ea = await ScriptedEa.dial(rig.port);
  ea.write(hello);
  await ea.next('welcome');
});
