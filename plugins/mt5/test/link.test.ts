/** The link over real sockets on loopback, against an EA whose every word is scripted: who is let in, and who is shown out. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeHello, encodeSymbol, encodeWelcome } from '../src/link/encode.ts';
import { LinkCode, TicksFlag } from '../src/link/wire.ts';
import { ManualClock } from './doubles.ts';
import { settled, startRig, subscribed, type Rig } from './rig.ts';
import { helloOf, ScriptedEa, specOf, ticksFrame, TOKEN } from './scripted-ea.ts';

const T = 1_767_621_600_000;

describe('a good connection', () => {
  it('goes from HELLO over SYMBOL and SUB to durable ACKs', async () => {
    await using rig = await startRig({ config: { maxBackfillMs: 60_000 } });
    const ea = await ScriptedEa.dial(rig.port);
    ea.write(encodeHello(helloOf()));
    expect((await ea.next('welcome')).welcome).toEqual({ proto: 1, heartbeatMs: 1_000, maxBatch: 512, sweepMs: 10 });
    ea.write(encodeSymbol(specOf(1, 'EURUSD.x', { digits: 5 })));
    expect((await ea.next('sub')).sub).toEqual({ symIdx: 1, cursor: { time: 0, same: 0 }, maxBackfillMs: 60_000, wants: 1 });

    ea.ticks(1, 1, [{ time: T, bid: 1.1, ask: 1.2, flags: 6 }], TicksFlag.backfill | TicksFlag.end);
    ea.ticks(1, 2, [{ time: T + 1 }, { time: T + 1 }]);
    await rig.publish.count(3);
    const source = rig.publish.sources.get('mt5:demo-1');
    expect(source?.symbols.get('EURUSD')?.options).toEqual({ rawName: 'EURUSD.x', digits: 5 });
    expect(source?.utcOffsetMs).toBe(7_200_000);
    expect(rig.publish.ticks.map(({ time, ordinal }) => [time, ordinal])).toEqual([
      [T, 0],
      [T + 1, 0],
      [T + 1, 1],
    ]);

    source?.commit();
    rig.clock.advance(1);
    expect((await ea.next('ack')).entries).toEqual([{ symIdx: 1, cursor: { time: T + 1, same: 2 } }]);
    expect(rig.detail).toBe('1 terminal (demo-1), 1 symbol, live');
    expect(rig.counters).toMatchObject({ terminals: 1, ticksTaken: 3, ticksLate: 1 });
  });

  it('subscribes from the cursor after a restart, in the middle of a millisecond', async () => {
    await using rig = await startRig();
    rig.publish.cursors.set('mt5:demo-1/EURUSD', { time: T, same: 2 });
    const ea = await ScriptedEa.connected(rig.port, ['EURUSD']);
    expect((await ea.next('sub')).sub.cursor).toEqual({ time: T, same: 2 });
    ea.ticks(1, 1, [{ time: T }, { time: T + 1 }]);
    await rig.publish.count(2);
    expect(rig.publish.ticks.map(({ time, ordinal }) => [time, ordinal])).toEqual([
      [T, 2],
      [T + 1, 0],
    ]);
  });

  it('subscribes from the last published tick when an EA comes back after a kill, and counts on', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }, { time: T }]);
    await rig.publish.count(2);
    ea.vanish();
    await settled(rig, () => rig.counters['terminals'] === 0);
    const again = await ScriptedEa.connected(rig.port, ['EURUSD']);
    expect((await again.next('sub')).sub.cursor).toEqual({ time: T, same: 2 });
    again.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(3);
    expect(rig.publish.ticks[2]).toMatchObject({ time: T, ordinal: 2 });
    expect(rig.counters['ticksDuplicates']).toBe(0);
  });

  it('tells an EA that comes back what is durable already', async () => {
    await using rig = await startRig();
    rig.publish.cursors.set('mt5:demo-1/EURUSD', { time: T, same: 2 });
    const ea = await subscribed(rig);
    rig.clock.advance(1);
    expect((await ea.next('ack')).entries).toEqual([{ symIdx: 1, cursor: { time: T, same: 2 } }]);
  });

  it('sends at most one ACK in 20 ms, with all symbols that moved', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig, ['EURUSD', 'XAUUSD']);
    const source = rig.publish.sources.get('mt5:demo-1');
    ea.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
    source?.commit();
    rig.clock.advance(1);
    expect((await ea.next('ack')).entries).toHaveLength(1);
    for (let i = 1; i <= 5; i++) {
      ea.ticks(1, 1 + i, [{ time: T + i }]);
      ea.ticks(2, i, [{ time: T + i }]);
      await rig.publish.count(1 + 2 * i);
      source?.commit();
      rig.clock.advance(3);
    }
    rig.clock.advance(10);
    expect((await ea.next('ack')).entries).toEqual([
      { symIdx: 1, cursor: { time: T + 5, same: 1 } },
      { symIdx: 2, cursor: { time: T + 5, same: 1 } },
    ]);
    expect(ea.heard.filter((it) => it.type === 'ack')).toHaveLength(2);
  });

  it('answers PING, and pings each heartbeat', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ping({}, 42n);
    expect(await ea.next('pong')).toMatchObject({ seq: 42n, clockUs: 99n });
    const before = ea.heard.filter((it) => it.type === 'ping').length;
    rig.clock.advance(1_000);
    await ea.next('ping');
    await settled(rig, () => ea.heard.filter((it) => it.type === 'ping').length > before);
  });

  it('takes two terminals as two sources', async () => {
    await using rig = await startRig();
    const a = await subscribed(rig, ['EURUSD'], { eaId: 'a' });
    const b = await subscribed(rig, ['EURUSDm'], { eaId: 'b' });
    a.ticks(1, 1, [{ time: T }]);
    b.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(2);
    expect([...rig.publish.sources.keys()].sort()).toEqual(['mt5:a', 'mt5:b']);
    expect(rig.publish.sources.get('mt5:b')?.symbols.get('EURUSD')?.options.rawName).toBe('EURUSDm');
    expect(rig.detail).toBe('2 terminals (a, b), 2 symbols, live');
  });

  it('says BYE RELOAD when it stops, lets go of the port and takes link.json away', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    await rig.stop();
    expect((await ea.next('bye')).notice.code).toBe(LinkCode.reload);
    await ea.closed;
    await using again = await startRig({ config: { port: rig.port } });
    expect(again.port).toBe(rig.port);
  });
});

describe('who is refused', () => {
  async function refusal(hello: Uint8Array, code: number): Promise<Rig<ManualClock>> {
    await using rig = await startRig();
    const ea = await ScriptedEa.dial(rig.port);
    ea.write(hello);
    expect((await ea.next('err')).notice.code).toBe(code);
    await ea.closed;
    expect(rig.publish.sources.size).toBe(0);
    expect(rig.log.text).not.toContain(TOKEN);
    return rig;
  }

  it('a wrong token', async () => {
    await refusal(encodeHello(helloOf({ token: `${TOKEN}x` })), LinkCode.badToken);
    await refusal(encodeHello(helloOf({ token: '' })), LinkCode.badToken);
  });

  it('another protocol, and a tick of another size', async () => {
    await refusal(encodeHello(helloOf({ proto: 0 })), LinkCode.badProto);
    await refusal(encodeHello(helloOf({ sizeofTick: 56 })), LinkCode.badProto);
  });

  it('a name that is none', async () => {
    await refusal(encodeHello(helloOf({ eaId: '' })), LinkCode.badFrame);
    await refusal(encodeHello(helloOf({ eaId: 'a\nb' })), LinkCode.badFrame);
    await refusal(encodeHello(helloOf({ eaId: 'x'.repeat(65) })), LinkCode.badFrame);
  });

  it('who begins with anything but HELLO', async () => {
    await refusal(encodeSymbol(specOf(1, 'EURUSD')), LinkCode.badFrame);
    await refusal(ticksFrame(1, 1, [{ time: T }]), LinkCode.badFrame);
    await refusal(encodeWelcome({ proto: 1, heartbeatMs: 1, maxBatch: 1, sweepMs: 1 }), LinkCode.badFrame);
  });

  it('who speaks HTTP', async () => {
    await refusal(Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'), LinkCode.badFrame);
  });

  it('a frame before HELLO that is larger than any HELLO, before its body comes', async () => {
    const header = new Uint8Array(8);
    new DataView(header.buffer).setUint32(0, 100_000, true);
    header[4] = 1;
    await refusal(header, LinkCode.badFrame);
  });

  it('who says nothing for 3 s', async () => {
    await using rig = await startRig();
    const ea = await ScriptedEa.dial(rig.port);
    await settled(rig, () => rig.counters['connections'] === 1);
    rig.clock.advance(3_000);
    expect((await ea.next('err')).notice.code).toBe(LinkCode.helloTimeout);
    await ea.closed;
  });

  it('a second terminal of the same name; the first stays', async () => {
    await using rig = await startRig();
    const first = await subscribed(rig);
    const second = await ScriptedEa.dial(rig.port);
    second.write(encodeHello(helloOf()));
    const { notice } = await second.next('err');
    expect(notice.code).toBe(LinkCode.duplicateEa);
    expect(notice.text).toContain('demo-1');
    await second.closed;
    first.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
    expect(rig.detail).toContain('was refused');
  });

  it('not a second terminal of the same name, when the first fell silent', async () => {
    await using rig = await startRig();
    const first = await subscribed(rig);
    first.answersPings = false;
    // Its SUB has no answer, so the connection itself is given a minute.
    rig.clock.advance(3_500);
    const second = await ScriptedEa.connected(rig.port, ['EURUSD']);
    await second.next('sub');
    await first.closed;
    expect(rig.counters['terminals']).toBe(1);
  });

  it('logs a peer that tries again and again once a minute', async () => {
    await using rig = await startRig();
    for (let i = 0; i < 5; i++) {
      const ea = await ScriptedEa.dial(rig.port);
      ea.write(encodeHello(helloOf({ token: 'wrong' })));
      await ea.next('err');
      await ea.closed;
    }
    expect(rig.log.lines.filter((it) => it.message.includes('token'))).toHaveLength(1);
    expect(rig.counters['refused']).toBe(5);
    rig.clock.advance(60_000);
    const ea = await ScriptedEa.dial(rig.port);
    ea.write(encodeHello(helloOf({ token: 'wrong' })));
    await ea.next('err');
    await settled(rig, () => rig.log.lines.some((it) => it.fields['repeats'] === 4));
  });
});

describe('who breaks the rules later', () => {
  async function broken(bytes: Uint8Array, why: RegExp): Promise<void> {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }]);
    ea.write(bytes);
    const { notice } = await ea.next('err');
    expect(notice.code).toBe(LinkCode.badFrame);
    expect(notice.text).toMatch(why);
    await ea.closed;
    // What came before it is kept.
    expect(rig.publish.ticks).toHaveLength(1);
    const next = await ScriptedEa.connected(rig.port, ['EURUSD']);
    expect((await next.next('sub')).sub.cursor).toEqual({ time: T, same: 1 });
  }

  const header = (length: number, type: number): Uint8Array => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, length, true);
    bytes[4] = type;
    return bytes;
  };

  it('with a frame too long', () => broken(header(1_048_577, 10), /length 1048577/));
  it('with a frame too short', () => broken(header(3, 10), /length 3/));
  it('with an unknown type', () => broken(header(100, 99), /type 99/));
  it('with a second HELLO', () => broken(encodeHello(helloOf()), /second HELLO/));
  it('with ticks of a symbol never announced', () => broken(ticksFrame(2, 1, [{ time: T }]), /symIdx 2/));
  it('with a number given to two symbols', () => broken(encodeSymbol(specOf(1, 'GBPUSD')), /EURUSD and is now GBPUSD/));
  it('with two numbers for one symbol', () => broken(encodeSymbol(specOf(2, 'EURUSD')), /announced as symIdx 1/));
  it('with symbol number 0', () => broken(encodeSymbol(specOf(0, 'GBPUSD')), /symIdx 0/));
  it('with a frame that is ours to send', () => broken(encodeWelcome({ proto: 1, heartbeatMs: 1, maxBatch: 1, sweepMs: 1 }), /WELCOME/));
  it('with more ticks than WELCOME allows', () =>
    broken(
      ticksFrame(
        1,
        2,
        Array.from({ length: 513 }, (_, i) => ({ time: T + i })),
      ),
      /513/,
    ));
  it('with a count that does not fit the length', () => {
    const bytes = Uint8Array.from(ticksFrame(1, 2, [{ time: T }]));
    bytes[16] = 9;
    return broken(bytes, /9 ticks/);
  });

  it('by vanishing in the middle of a frame: said, and repaired from the cursor', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }]);
    ea.write(ticksFrame(1, 2, [{ time: T }, { time: T + 1 }]).subarray(0, 100));
    await rig.publish.count(1);
    ea.socket.end();
    await settled(rig, () => rig.counters['terminals'] === 0);
    expect(rig.log.text).toMatch(/in the middle of a frame \(\d+ bytes/);
    expect(rig.publish.ticks).toHaveLength(1);
  });
});

describe('silence', () => {
  it('of 3 s ends a link', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.answersPings = false;
    ea.ticks(1, 1, [], TicksFlag.backfill | TicksFlag.end);
    await settled(rig, () => !rig.detail.includes('waiting'));
    rig.clock.advance(2_900);
    expect(rig.counters['terminals']).toBe(1);
    rig.clock.advance(400);
    await ea.closed;
    expect(rig.log.text).toContain('silent for 3.');
    rig.clock.advance(9_000);
    expect(rig.detail).toMatch(/^demo-1: the EA has been silent for 12 s: is the terminal running/);
  });

  it('is allowed for 60 s while a SUB waits for its first answer', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.answersPings = false;
    rig.clock.advance(12_000);
    expect(rig.detail).toContain('demo-1: the EA has been silent for 12 s');
    expect(rig.plugin.status?.().status).toBe('degraded');
    rig.clock.advance(47_000);
    expect(rig.counters['terminals']).toBe(1);
    rig.clock.advance(2_000);
    await ea.closed;
  });

  it('is not the peer’s when this process stood still', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.answersPings = false;
    ea.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
    rig.clock.jump(30_000);
    expect(rig.counters['terminals']).toBe(1);
    rig.clock.advance(500);
    await ea.closed;
  });

  it('any frame is a sign of life', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.answersPings = false;
    for (let i = 1; i <= 5; i++) {
      ea.ticks(1, i, [{ time: T + i }]);
      await rig.publish.count(i);
      rig.clock.advance(2_500);
    }
    expect(rig.counters['terminals']).toBe(1);
  });
});

describe('the port', () => {
  it('that is taken is named with the remedy, and opened as soon as it is free', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const clock = new ManualClock();
    const starting = startRig({ config: { port }, clock });
    // The quick tries after a reload are timers too.
    const push = setInterval(() => clock.advance(50), 1);
    await using rig = await starting;
    clearInterval(push);
    expect(rig.port).toBe(0);
    expect(rig.detail).toContain(`port ${port}`);
    expect(rig.detail).toContain('plugins.mt5.port');
    expect(rig.log.lines.filter((it) => it.level === 'error')).toHaveLength(1);
    await new Promise((resolve) => other.close(resolve));
    clock.advance(2_000);
    await settled(rig, () => rig.detail.includes('attach the Tickhub EA'));
    const ea = await ScriptedEa.connected(port, ['EURUSD']);
    await ea.next('sub');
  });
});
