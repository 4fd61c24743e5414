/** What becomes of a terminal's symbols and ticks, over real sockets against a scripted EA. */
import { describe, expect, it } from 'vitest';
import { encodeSymbol } from '../src/link/encode.ts';
import { TicksFlag } from '../src/link/wire.ts';
import { TestGate } from './doubles.ts';
import { settled, startRig, subscribed } from './rig.ts';
import { noSymbol, pongOf, ScriptedEa, specOf } from './scripted-ea.ts';

const T = 1_767_621_600_000;

describe('ticks that are not as they should be', () => {
  it('a hole in the numbers is repaired from the cursor, and what was under way is not taken twice', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.answersPings = false;
    ea.ticks(1, 1, [{ time: T }]);
    ea.ticks(1, 4, [{ time: T + 3 }]);
    await ea.next('unsub');
    const ping = await ea.next('ping');
    expect((await ea.next('sub')).sub.cursor).toEqual({ time: T, same: 1 });
    // Under way before the EA saw the SUB.
    ea.ticks(1, 5, [{ time: T + 4 }]);
    ea.answersPings = true;
    ea.socket.write(Buffer.from(pongOf(ping.seq)));
    ea.ticks(1, 6, [{ time: T + 1 }, { time: T + 2 }, { time: T + 3 }, { time: T + 4 }]);
    await rig.publish.count(5);
    expect(rig.publish.ticks.map((it) => it.time - T)).toEqual([0, 1, 2, 3, 4]);
    expect(rig.counters).toMatchObject({ ticksGaps: 1, ticksMissing: 2, ticksUnasked: 1, ticksDuplicates: 0 });
  });

  it('holes again and again are repaired once a second', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }]);
    ea.ticks(1, 9, [{ time: T + 9 }]);
    await ea.next('sub');
    ea.ticks(1, 10, [{ time: T + 1 }]);
    ea.ticks(1, 20, [{ time: T + 9 }]);
    await settled(rig, () => rig.counters['ticksGaps'] === 2);
    expect(ea.heard.filter((it) => it.type === 'sub')).toHaveLength(2);
    rig.clock.advance(1_000);
    expect((await ea.next('sub')).sub.cursor).toEqual({ time: T + 1, same: 1 });
  });

  it('out of order, doubled, crossed, NaN: each counted for its symbol', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }, { time: T - 5 }, { time: T + 1, bid: 2, ask: 1 }, { time: T + 2, bid: NaN }, { time: T + 3 }]);
    ea.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(3);
    await settled(rig, () => rig.counters['ticksDuplicates'] === 1);
    expect(rig.counters).toMatchObject({
      'demo-1.EURUSD.taken': 3,
      'demo-1.EURUSD.outOfOrder': 1,
      'demo-1.EURUSD.crossed': 1,
      'demo-1.EURUSD.invalid': 1,
      'demo-1.EURUSD.duplicates': 1,
    });
  });

  it('history that is gone is told by a gap record, a log line and a counter', async () => {
    await using rig = await startRig();
    rig.publish.cursors.set('mt5:demo-1/EURUSD', { time: T, same: 2 });
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T + 100_000 }], TicksFlag.backfill | TicksFlag.truncated);
    await rig.publish.count(1);
    expect(rig.publish.records).toEqual([
      {
        stream: 'gap',
        record: {
          time: rig.clock.now(),
          symbol: 'EURUSD',
          body: {
            source: 'mt5:demo-1',
            from: T,
            to: T + 100_000,
            utcOffsetMs: 7_200_000,
            reason: 'history-truncated',
            filled: false,
          },
        },
      },
    ]);
    expect(rig.log.text).toContain('no longer has all ticks of EURUSD');
    expect(rig.counters['ticksTruncated']).toBe(1);
  });

  it('live ticks older than the broker’s clock allows are stale', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ping({ timeTradeServer: T / 1_000 });
    ea.ticks(1, 1, [{ time: T - 6_000 }, { time: T }]);
    await rig.publish.count(2);
    expect(rig.counters['ticksStale']).toBe(1);
  });
});

describe('the gate', () => {
  it('a symbol without a verdict, or held back, is never asked for; the log and the status say why', async () => {
    await using rig = await startRig({ gate: new TestGate((symbol) => symbol === 'EURUSD') });
    const ea = await ScriptedEa.connected(rig.port, ['EURUSD', 'GBPUSD', 'USDJPY']);
    await ea.next('sub');
    await settled(rig, () => rig.counters['symbolsHeldBack'] === 2);
    rig.clock.advance(300);
    expect(ea.heard.filter((it) => it.type === 'sub')).toHaveLength(1);
    expect(rig.log.text).toContain('held back: GBPUSD, USDJPY (tier free allows 5 symbols)');
    expect(rig.detail).toContain('held back: GBPUSD, USDJPY (tier free allows 5 symbols)');
  });

  it('opens and closes live, and goes on from the cursor', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
    rig.gate.set('EURUSD', false);
    expect((await ea.next('unsub')).symIdx).toBe(1);
    ea.ticks(1, 2, [{ time: T + 1 }]);
    await settled(rig, () => rig.counters['ticksUnasked'] === 1);
    ea.answersPings = false;
    rig.gate.set('EURUSD', true);
    const ping = await ea.next('ping');
    expect((await ea.next('sub')).sub.cursor).toEqual({ time: T, same: 1 });
    ea.ticks(1, 3, [{ time: T + 2 }]);
    ea.socket.write(Buffer.from(pongOf(ping.seq)));
    ea.ticks(1, 4, [{ time: T + 1 }, { time: T + 2 }]);
    await rig.publish.count(3);
    expect(rig.publish.ticks.map((it) => it.time - T)).toEqual([0, 1, 2]);
    rig.clock.advance(300);
    expect(rig.counters['symbolsHeldBack']).toBe(0);
  });
});

describe('backpressure', () => {
  it('stops reading while the host is congested, is not taken for silence, and goes on without a loss', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    rig.publish.congestAt = 1;
    const frames = 2_000;
    let seq = 1;
    for (let i = 0; i < frames; i++) {
      const ticks = Array.from({ length: 100 }, () => ({ time: T + seq++ }));
      ea.ticks(1, seq - 100, ticks);
    }
    await settled(rig, () => rig.publish.congested);
    await settled(rig, () => ea.socket.writableLength > 0);
    const taken = rig.publish.ticks.length;
    expect(taken).toBeLessThan(frames * 100);
    rig.clock.advance(500);
    rig.clock.advance(20_000);
    expect(rig.detail).toContain('held up');
    expect(rig.counters['terminals']).toBe(1);
    rig.publish.relieve();
    await rig.publish.count(frames * 100);
    expect(rig.publish.ticks.length).toBe(frames * 100);
    expect(rig.counters).toMatchObject({ ticksGaps: 0, ticksDuplicates: 0 });
  });
});

describe('symbols', () => {
  it('of the watch list are asked for under the names that the broker may use, and no others are taken', async () => {
    await using rig = await startRig({
      config: { symbols: ['XAUUSD', 'EURUSD', 'US30'], mapping: { map: { GOLD: 'XAUUSD' }, suffixes: ['.cash'], aliases: false } },
    });
    const ea = await ScriptedEa.connected(rig.port, []);
    expect((await ea.next('watch')).names).toEqual(['GOLD', 'EURUSD', 'EURUSD.cash', 'US30', 'US30.cash']);
    ea.write(encodeSymbol(specOf(1, 'GOLD')));
    ea.write(encodeSymbol(specOf(2, 'GBPUSD')));
    ea.write(encodeSymbol(specOf(3, 'US30.cash')));
    expect((await ea.next('sub')).sub.symIdx).toBe(1);
    expect((await ea.next('sub')).sub.symIdx).toBe(3);
    for (const name of ['EURUSD', 'EURUSD.cash', 'US30']) ea.write(noSymbol(name));
    await settled(rig, () => rig.detail.includes('has no EURUSD'));
    expect(rig.detail).not.toContain('has no EURUSD, US30');
    expect([...(rig.publish.sources.get('mt5:demo-1')?.symbols.keys() ?? [])]).toEqual(['XAUUSD', 'US30']);
    // Ticks of a symbol that nobody wants are no fault of the connection.
    ea.ticks(2, 1, [{ time: T }]);
    ea.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
  });

  it('two of one canonical name: the first is taken, the second left out with a remedy', async () => {
    await using rig = await startRig();
    const ea = await ScriptedEa.connected(rig.port, ['EURUSD', 'EURUSD.x']);
    expect((await ea.next('sub')).sub.symIdx).toBe(1);
    await settled(rig, () => rig.detail.includes('left out: EURUSD.x'));
    expect(rig.log.text).toContain('it maps to EURUSD as EURUSD does, which is the very name; plugins.mt5.mapping.map can say otherwise');
  });

  it('one that says more takes the place of another with its canonical name, and what was counted', async () => {
    await using rig = await startRig();
    const ea = await ScriptedEa.connected(rig.port, ['EURUSD.x']);
    expect((await ea.next('sub')).sub.symIdx).toBe(1);
    ea.ticks(1, 1, [{ time: T }, { time: T + 1 }]);
    await rig.publish.count(2);
    ea.write(encodeSymbol(specOf(2, 'EURUSD')));
    expect((await ea.next('unsub')).symIdx).toBe(1);
    expect((await ea.next('sub')).sub).toMatchObject({ symIdx: 2, cursor: { time: T + 1, same: 1 } });
    ea.ticks(1, 3, [{ time: T + 2, bid: 9 }]);
    ea.ticks(2, 1, [{ time: T + 3 }]);
    await rig.publish.count(3);
    expect(rig.publish.ticks.map(({ time }) => time)).toEqual([T, T + 1, T + 3]);
    expect(rig.counters['ticksTaken']).toBe(3);
    expect(rig.detail).toContain('left out: EURUSD.x');
  });

  it('one that the broker renamed from one connection to the next is taken under its new name', async () => {
    await using rig = await startRig();
    const before = await subscribed(rig, ['EURUSD.x']);
    before.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
    before.vanish();
    await settled(rig, () => rig.detail.includes('gone'));
    const ea = await ScriptedEa.connected(rig.port, ['EURUSDm']);
    expect((await ea.next('sub')).sub.cursor).toEqual({ time: T, same: 1 });
    expect(rig.detail).not.toContain('left out');
  });

  it('announced again with other digits, it is the same symbol', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.write(encodeSymbol(specOf(1, 'EURUSD', { digits: 4 })));
    ea.ticks(1, 1, [{ time: T }]);
    await rig.publish.count(1);
    expect(ea.heard.filter((it) => it.type === 'sub')).toHaveLength(1);
  });

  it('a SUB that the terminal cannot serve does not excuse silence for ever', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.write(noSymbol('#1'));
    await settled(rig, () => !rig.detail.includes('waiting'));
  });
});

describe('the state of things, in words', () => {
  it('before any terminal, invites one', async () => {
    await using rig = await startRig();
    expect(rig.plugin.status?.()).toMatchObject({ status: 'degraded' });
    expect(rig.detail).toContain('attach the Tickhub EA');
    expect(rig.detail).toContain(String(rig.port));
  });

  it('parts a lost broker from a gone EA and a quiet market', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [{ time: T }]);
    ea.ping({ connected: false });
    await settled(rig, () => rig.detail.includes('demo-1: the broker has been disconnected for 0 s'));
    expect(rig.log.text).toContain('lost its broker');
    for (let i = 0; i < 60; i++) {
      const timeGmt = Math.floor(rig.clock.now() / 1_000);
      ea.ping({ connected: true, timeGmt, timeTradeServer: timeGmt + 7_200 }, BigInt(i));
      await ea.next('pong');
      rig.clock.advance(1_500);
    }
    expect(rig.detail).toMatch(/demo-1: no tick for \d\d s \(market closed\?\)/);
    expect(rig.plugin.status?.().status).toBe('ok');
    ea.vanish();
    await settled(rig, () => rig.detail.includes('demo-1: the EA has been gone for 0 s'));
  });

  it('changes the UTC offset after three PINGs that agree', async () => {
    await using rig = await startRig();
    const ea = await subscribed(rig);
    const source = rig.publish.sources.get('mt5:demo-1');
    for (let i = 0; i < 3; i++) {
      expect(source?.utcOffsetMs).toBe(7_200_000);
      ea.ping({ timeTradeServer: 1_767_625_200, timeGmt: 1_767_614_400 }, BigInt(i));
      await ea.next('pong');
    }
    await settled(rig, () => source?.utcOffsetMs === 10_800_000);
  });

  it('gives each tick of a zone the offset of its own day', async () => {
    await using rig = await startRig({ config: { utcOffset: 'Europe/Athens' } });
    const ea = await subscribed(rig);
    ea.ticks(1, 1, [
      { time: Date.UTC(2026, 2, 29, 2, 59, 59, 999) },
      { time: Date.UTC(2026, 2, 29, 4) },
      { time: Date.UTC(2026, 5, 1) },
      { time: Date.UTC(2026, 11, 1) },
    ]);
    await rig.publish.count(4);
    expect(rig.publish.ticks.map((it) => it.utcOffsetMs / 3_600_000)).toEqual([2, 3, 3, 2]);
  });
});
