/** The plugin's public door in front of mtapi's WebSocket. */
import { afterEach, describe, expect, it } from 'vitest';
import { TickFlag, type SourceHealth } from '@tickhub/plugin-sdk';
import { createHarness, type Harness } from '@tickhub/plugin-sdk/testing';
import plugin from '../src/index.ts';

const URL = 'ws://127.0.0.1:8228/ws';
const START = Date.UTC(2026, 0, 5, 12);
const ALLOWED = ['EURUSD', 'GBPUSD'].map((symbol) => ({ symbol, allowed: true }));
/** Broker's time, two hours ahead, in seconds. */
const BROKER = START / 1_000 + 7_200;

let harness: Harness;
afterEach(() => harness.stop());

async function start(mtapi: Record<string, unknown> = {}, options: Parameters<typeof createHarness>[1] = {}): Promise<void> {
  harness = createHarness(plugin, {
    plugin: { id: 'mt5', version: '0.1.0' },
    now: START,
    config: { mode: 'bridges', mtapi: [{ name: 'vps', url: URL, ...mtapi }] },
    verdicts: ALLOWED,
    ...options,
  });
  await harness.start();
}

function source(): SourceHealth {
  const found = harness.status().sources?.find((it) => it.source === 'mt5:mtapi-vps');
  if (found === undefined) throw new Error('no such source');
  return found;
}

/** An OnTick event, in the words of MtApi5. */
function tick(symbol: string, bid: number, ask: number, seconds = BROKER, handle = 7): string {
  const words = `{"Time":${seconds},"Bid":${bid.toFixed(8)},"Ask":${ask.toFixed(8)},"Last":0.00000000,"Volume":0,"VolumeReal":0.00000000}`;
  return `2;${handle};3;{"Tick":${words},"Instrument":"${symbol}","ExpertHandle":${handle}}`;
}

async function send(...messages: (string | Uint8Array)[]): Promise<void> {
  harness.sockets.last.send(...messages);
  await harness.settle();
}

describe('ticks', () => {
  it('are events, with the time they were received, ordinals that are counted, and marked as samples', async () => {
    await start();
    await send('3;7,8', tick('EURUSD.x', 1.1, 1.1001), tick('EURUSD.x', 1.1002, 1.1003), tick('GBPUSDm', 1.3, 1.3001, BROKER, 8));
    await harness.advance(5);
    await send(tick('EURUSD.x', 1.1002, 1.1003, BROKER + 1));
    expect(harness.ticks).toMatchObject([
      { source: 'mt5:mtapi-vps', symbol: 'EURUSD', time: START, ordinal: 0, utcOffsetMs: 0, bid: 1.1, ask: 1.1001 },
      { symbol: 'EURUSD', time: START, ordinal: 1, bid: 1.1002 },
      { symbol: 'GBPUSD', time: START, ordinal: 0 },
      { symbol: 'EURUSD', time: START + 5, ordinal: 0, bid: 1.1002, flags: TickFlag.bid | TickFlag.ask | TickFlag.sampled },
    ]);
    expect(source()).toMatchObject({ state: 'ok', counters: { experts: 2, taken: 4 } });
    expect(source().detail).toContain('2 charts, 2 symbols');
  });

  it('are taken once where OnTick tells the newest twice', async () => {
    await start();
    await send(tick('EURUSD', 1.1, 1.1001), tick('EURUSD', 1.1, 1.1001), tick('EURUSD', 1.1, 1.1001, BROKER, 9));
    expect(harness.ticks).toHaveLength(1);
    expect(source().counters['unchanged']).toBe(2);
  });

  it('come in binary frames too, until the server has heard a text', async () => {
    await start();
    await send(new TextEncoder().encode(tick('EURUSD', 1.1, 1.1001)));
    expect(harness.ticks).toHaveLength(1);
  });

  it('of other symbols than the config names are left', async () => {
    await start({ symbols: ['GBPUSD'] });
    await send(tick('EURUSD', 1.1, 1.1001), tick('GBPUSD.x', 1.3, 1.3001));
    expect(harness.ticks.map(({ symbol }) => symbol)).toEqual(['GBPUSD']);
  });

  it('keep their order when the clock is set back', async () => {
    await start({}, { cursors: [{ source: 'mt5:mtapi-vps', symbol: 'EURUSD', time: START + 60_000, same: 2 }] });
    await send(tick('EURUSD', 1.1, 1.1001), tick('EURUSD', 1.1001, 1.1002));
    expect(harness.ticks).toMatchObject([
      { time: START + 60_000, ordinal: 2 },
      { time: START + 60_000, ordinal: 3 },
    ]);
    expect(source().detail).toContain("this computer's clock went back; times stand still for another 60 s");
    await harness.advance(60_001);
    await send(tick('EURUSD', 1.1002, 1.1003));
    expect(harness.ticks.at(-1)).toMatchObject({ time: START + 60_001, ordinal: 0 });
  });
});

describe('the connection', () => {
  it('says nothing but that a client is ready, again and again', async () => {
    await start();
    for (let i = 0; i < 6; i++) {
      await send('3;7');
      await harness.advance(10_000);
    }
    expect(harness.sockets.attempts).toHaveLength(1);
    expect(new Set(harness.sockets.last.sent)).toEqual(new Set(['6;0']));
    expect(harness.sockets.last.sent.length).toBeGreaterThan(5);
    expect(source().detail).toContain('no tick yet: MtApi5 sends them with its input Enable_OnTickEvent only');
  });

  it('is made anew when it breaks, and what came meanwhile is told as a gap', async () => {
    await start();
    await send('3;7', tick('EURUSD', 1.1, 1.1001));
    await harness.advance(2_000);
    harness.sockets.last.drop();
    await harness.settle();
    expect(source().state).toBe('disconnected');
    expect(source().detail).toContain('is the terminal running, with MtApi5 on a chart');
    expect(source().nextAttemptAt).not.toBeNull();
    expect(harness.status().status).toBe('degraded');
    await harness.advance(1_000);
    expect(harness.sockets.attempts).toHaveLength(2);
    await send('3;7', tick('EURUSD', 1.2, 1.2001));
    expect(harness.records).toMatchObject([
      { stream: 'gap', symbol: 'EURUSD', body: { from: START, to: START + 3_000, reason: 'bridge-away', filled: false } },
    ]);
    expect(harness.ticks).toHaveLength(2);
    expect(source().state).toBe('ok');
  });

  it('that is open and dead is stale, and made anew', async () => {
    await start();
    await send('3;7', tick('EURUSD', 1.1, 1.1001));
    await harness.advance(36_000);
    expect(source().state).toBe('stale');
    await harness.advance(1_000);
    expect(harness.sockets.attempts.length).toBeGreaterThan(1);
  });

  it('without an EA behind it says so, and so does one that is not there', async () => {
    await start();
    await send('3;');
    expect(source()).toMatchObject({ state: 'disconnected', nextAttemptAt: START + 10_000 });
    expect(source().detail).toContain('no EA is attached to it');
    await send('4;7');
    expect(source().state).toBe('ok');
    await send('5;7');
    expect(source().state).toBe('disconnected');
    harness.sockets.answer = { code: 'SOCKET_FAILED' };
    harness.sockets.last.drop();
    await harness.advance(1_000);
    expect(source().state).toBe('unreachable');
    harness.sockets.answer = { status: 404 };
    await harness.advance(60_000);
    expect(source()).toMatchObject({ state: 'refused' });
  });

  it('survives anything that a server says', async () => {
    await start();
    await send(
      'hello',
      '2;7;3;{"Tick":',
      '2;7;3;{}',
      '2;x;3;{}',
      ';',
      '',
      '3;a,b',
      '9;1',
      '2;7;4;{"Rates":{}}',
      new Uint8Array([0xff, 0x3b]),
    );
    expect(harness.failure).toBeNull();
    expect(source().counters['malformed']).toBeGreaterThan(5);
    await send(tick('EURUSD', 1.1, 1.1001));
    expect(harness.ticks).toHaveLength(1);
  });
});

it.each([
  [{ mtapi: [{ name: 'a', url: 'http://127.0.0.1:8228' }] }, 'must be the address of the WebSocket'],
  [{ mtapi: [{ name: 'a', url: '127.0.0.1:8228' }] }, 'must be the address of the WebSocket'],
  [
    {
      mtapi: [
        { name: 'a', url: URL },
        { name: 'a', url: URL },
      ],
    },
    '"a" is there twice',
  ],
])('refuses the config %j', async (config, message) => {
  await start();
  const other = createHarness(plugin, { plugin: { id: 'mt5' }, config });
  await expect(other.start()).rejects.toThrow(message);
});
