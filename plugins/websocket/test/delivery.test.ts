/** The transport and the gateway, over real sockets on loopback. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LinkOptions } from './running-link.ts';
import { RunningGateway } from './running-gateway.ts';
import { RunningLink } from './running-link.ts';
import { SimulatedSpool } from './simulated-spool.ts';
import { until } from './until.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function gateway(...options: Parameters<typeof RunningGateway.start>): Promise<RunningGateway> {
  const running = await RunningGateway.start(...options);
  stops.push(() => running.stop());
  return running;
}

function link(options: LinkOptions): RunningLink {
  const running = new RunningLink(options);
  stops.push(() => running.stop());
  return running;
}

describe.each(['binary', 'json'] as const)('delivery in %s', (protocol) => {
  it('takes every tick once, in order, bit by bit', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url(), token: await backend.token(), config: { protocol } });
    for (let i = 0; i < 300; i++) spool.appendTicks(1 + (i % 40));
    await spool.settled();
    for (const symbol of ['EURUSD', 'XAUUSD', 'USDJPY']) {
      const taken = backend.read((ledger) =>
        [...ledger.ticks({ user: 'trader', symbol })].map(({ time, ordinal, bid, ask }) => ({ symbol, time, ordinal, bid, ask })),
      );
      expect(taken).toEqual(spool.ticks.filter((tick) => tick.symbol === symbol));
    }
    expect(backend.read((ledger) => ledger.usage())).toMatchObject([
      { user: 'trader', ticks: spool.ticks.length, frames: 300, duplicateFrames: 0, cursorDuplicates: 0, conflicts: 0 },
    ]);
    expect(running.link.status()).toMatchObject({ status: 'ok', counters: { framesSent: 300, ackedSeq: 300 } });
    expect(running.link.status().detail).toMatch(/^connected to ws:.*, 300 frames sent, acked to 300/);
  });

  it('carries records between ticks, in order', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    link({ spool, url: backend.url(), token: await backend.token(), config: { protocol } });
    spool.appendTicks(3);
    const news = {
      stream: 'news' as const,
      source: 'rss',
      records: [{ seq: 1, time: 5, body: { title: 'Zinsen – höher', n: [1, null] } }],
    };
    spool.appendRecords(news);
    spool.appendTicks(2);
    spool.appendRecords({ stream: 'gap', source: 'host', records: [{ seq: 1, time: 6, symbol: 'EURUSD', body: { ticks: 3 } }] });
    await spool.settled();
    expect(backend.read((ledger) => [...ledger.records({ user: 'trader' })])).toEqual([
      { stream: 'news', epoch: 'epoch-1', seq: 2, source: 'rss', records: news.records },
      { stream: 'gap', epoch: 'epoch-1', seq: 4, source: 'host', records: [{ seq: 1, time: 6, symbol: 'EURUSD', body: { ticks: 3 } }] },
    ]);
  });

  it('goes on where the backend is, with symbols that came meanwhile', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    const token = await backend.token();
    const first = new RunningLink({ spool, url: backend.url(), token, config: { protocol } });
    for (let i = 0; i < 10; i++) spool.appendTicks(5);
    await spool.settled();
    await first.stop();
    for (let i = 0; i < 10; i++) spool.appendTicks(5);
    link({ spool, url: backend.url(), token, config: { protocol } });
    await spool.settled();
    expect(spool.resumes).toEqual([0, 10]);
    spool.addSymbols({
      sources: [{ id: 4, name: 'late' }],
      symbols: [{ id: 9, sourceId: 4, name: 'GBPUSD', rawName: 'GBPUSD', digits: 5 }],
    });
    spool.appendTicks(1);
    await spool.settled();
    expect(backend.read((ledger) => ledger.usage())).toMatchObject([{ ticks: 101, frames: 21, duplicateFrames: 0 }]);
  });

  it('announces frames that the spool dropped, and the backend keeps that', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    for (let i = 0; i < 30; i++) spool.appendTicks(2);
    spool.drop(1, 4);
    spool.drop(11, 19);
    const running = link({ spool, url: backend.url(), token: await backend.token(), config: { protocol } });
    await spool.settled();
    expect(backend.read((ledger) => ledger.usage())).toMatchObject([{ frames: 17, ticks: 34, holeFrames: 13 }]);
    expect(running.counter('holesSent')).toBe(2);
  });

  it('is told of a backend that lost what it had acknowledged', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url(), token: await backend.token(), config: { protocol } });
    for (let i = 0; i < 5; i++) spool.appendTicks(2);
    await spool.settled();
    const other = await gateway();
    running.change({ url: other.url(), token: await other.token() });
    spool.appendTicks(2);
    await spool.settled();
    expect(spool.resumes).toEqual([0, 0]);
    expect(other.lines.join()).toContain('this ledger has them up to 0');
    expect(other.read((ledger) => ledger.usage())).toMatchObject([{ frames: 1, holeFrames: 5, lostFrames: 5 }]);
  });
});

describe('the link', () => {
  it('prefers binary, and says when it is JSON', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    const auto = link({ spool, url: backend.url(), token: await backend.token() });
    await until('the first', () => spool.resumes.length === 1);
    expect(auto.link.status().detail).not.toContain('JSON');
    const json = link({
      spool: new SimulatedSpool({ tenant: 'b' }),
      userId: 'b',
      url: backend.url('b'),
      token: await backend.token('b'),
      config: { protocol: 'json' },
    });
    await until('the second', () => json.counter('connected') === 1);
    expect(json.link.status().detail).toContain('(JSON)');
  });

  it('reconnects with new credentials without losing or doubling a frame', async () => {
    const backend = await gateway();
    const spool = new SimulatedSpool({ window: 50 });
    const running = link({ spool, url: backend.url(), token: await backend.token() });
    await until('the first connection', () => running.counter('connections') === 1);
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 20; i++) spool.appendTicks(3);
      if (round % 4 === 3) {
        running.change({ token: await backend.token('trader', 3_600 + round) });
        // With the frames of this round on their way; the next change must not overtake this one.
        const connections = 1 + (round + 1) / 4;
        await until('the new connection', () => running.counter('connections') === connections);
      }
    }
    await spool.settled();
    expect(backend.read((ledger) => ledger.usage())).toMatchObject([{ frames: 400, ticks: 1_200, conflicts: 0, cursorDuplicates: 0 }]);
    expect(spool.suspends).toContain('new credentials');
  });

  it.each([
    ['missing', '', 4401, 'token'],
    ['forged', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0cmFkZXIifQ.', 4401, 'token'],
  ])('says what to do when its token is %s, and takes a new one at once', async (_, token, code, advice) => {
    const backend = await gateway();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url(), token });
    await until('the refusal', () => running.lines.some(({ level }) => level === 'error'));
    const line = running.lines.find(({ level }) => level === 'error')?.message;
    expect(line).toContain(String(code));
    expect(line).toContain(advice);
    expect(running.link.status()).toMatchObject({ status: 'degraded' });
    expect(running.counter('connections')).toBe(0);
    running.change({ token: await backend.token() });
    spool.appendTicks(1);
    await spool.settled();
    expect(backend.lines.join() + JSON.stringify(running.lines)).not.toContain('eyJ');
  });

  it("does not use another user's token", async () => {
    const backend = await gateway();
    const running = link({ spool: new SimulatedSpool(), url: backend.url(), token: await backend.token('somebody-else') });
    await until('the refusal', () => running.lines.some(({ level }) => level === 'error'));
    expect(running.lines.at(-1)?.message).toMatch(/4403.*different users/);
  });

  it('gives way to a newer connection of its user, and does not fight for it', async () => {
    const backend = await gateway();
    const token = await backend.token();
    const [older, newer] = [new SimulatedSpool(), new SimulatedSpool({ epoch: 'epoch-2' })];
    const first = link({ spool: older, url: backend.url(), token });
    await until('the first', () => first.counter('connected') === 1);
    const second = link({ spool: newer, url: backend.url(), token });
    await until('the older to go', () => first.counter('connected') === 0);
    expect(first.link.status().detail).toMatch(/4409.*another Tickhub/);
    newer.appendTicks(4);
    await newer.settled();
    expect(second.counter('connections')).toBe(1);
  });

  it('sends no token to another machine in the clear, unless told to', async () => {
    const spool = new SimulatedSpool();
    const running = link({ spool, url: 'ws://backend.example:8001/ws/client/trader' });
    await until('the refusal', () => running.lines.length > 0);
    expect(running.lines[0]?.message).toMatch(/unencrypted.*allowPlaintext/);
    expect(running.counter('messagesSent')).toBe(0);
  });

  it('ignores frames while it is not connected', async () => {
    const spool = new SimulatedSpool();
    const running = link({ spool, url: 'ws://127.0.0.1:9/ws/client/trader' });
    spool.deliverLate({ seq: 1, ticks: null, records: null });
    expect(running.counter('framesIgnored')).toBe(1);
    await until('an attempt', () => running.lines.length > 0);
    expect(running.lines[0]?.message).toContain('nothing listens at 127.0.0.1:9');
  });
});
