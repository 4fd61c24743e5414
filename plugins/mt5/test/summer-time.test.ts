/** Broker time to UTC over the weeks in which Europe's and America's clocks are apart, held against real data; and ticks through the link over such a change. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeSymbol } from '../src/link/encode.ts';
import { encodeBars } from '../src/link/rich-frames.ts';
import { TicksFlag } from '../src/link/wire.ts';
import { UtcOffset } from '../src/session/utc-offset.ts';
import { ManualClock, TestStore } from './doubles.ts';
import { settled, startRig } from './rig.ts';
import { ScriptedEa, specOf } from './scripted-ea.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(`${text}Z`);

interface Bar {
  readonly time: number;
  readonly close: number;
}

async function recorded(): Promise<{ broker: Bar[]; utc: Bar[] }> {
  const text = await readFile(path.join(import.meta.dirname, 'fixtures/xauusd-h1-two-clocks.csv'), 'utf8');
  const bars: { broker: Bar[]; utc: Bar[] } = { broker: [], utc: [] };
  for (const line of text.trim().split('\n').slice(1)) {
    const [clock = '', time = '', , , , close = ''] = line.split(',');
    bars[clock === 'utc' ? 'utc' : 'broker'].push({ time: at(time), close: Number(close) });
  }
  return bars;
}

/** Mean distance of the closes of hours that both have, in US dollars an ounce. */
function distance(broker: readonly Bar[], utc: readonly Bar[], toUtc: (wall: number) => number): number {
  const byTime = new Map(utc.map(({ time, close }) => [time, close]));
  const apart = broker.flatMap(({ time, close }) => {
    const other = byTime.get(toUtc(time));
    return other === undefined ? [] : [Math.abs(other - close)];
  });
  expect(apart.length).toBeGreaterThan(broker.length * 0.9);
  return apart.reduce((sum, it) => sum + it, 0) / apart.length;
}

describe('a real broker’s bars against OANDA’s in UTC', () => {
  // Europe 2017-10-29, America 2017-11-05; America 2018-03-11, Europe 2018-03-25.
  it.each([
    ['before any change', '2017-10-23', '2017-10-28'],
    ['Europe has changed, America has not', '2017-10-30', '2017-11-04'],
    ['both have', '2017-11-06', '2017-11-11'],
    ['winter', '2018-03-05', '2018-03-10'],
    ['America has changed, Europe has not', '2018-03-12', '2018-03-24'],
    ['summer', '2018-03-26', '2018-03-31'],
  ])('%s: the zone’s offset fits, an hour more or less does not', async (_, from, to) => {
    const { broker, utc } = await recorded();
    const week = broker.filter(({ time }) => time >= at(`${from}T00:00:00`) && time < at(`${to}T00:00:00`));
    expect(week.length).toBeGreaterThan(90);
    const zone = new UtcOffset('EET-EU');
    const apart = [-HOUR, 0, HOUR].map((wrong) => distance(week, utc, (wall) => wall - zone.atWall(wall) + wrong)) as [
      number,
      number,
      number,
    ];
    expect(apart[1]).toBeLessThan(0.35);
    expect(Math.min(apart[0], apart[2])).toBeGreaterThan(2 * apart[1]);
  });
});

/** A broker's clock that follows a zone, and a terminal that tells it. */
class ZonedDesk {
  readonly zone: UtcOffset;
  readonly clock: ManualClock;
  #ping = 1n;

  constructor(zone: string, clock: ManualClock) {
    this.zone = new UtcOffset(zone);
    this.clock = clock;
  }

  async connect(port: number): Promise<ScriptedEa> {
    const { timeGmt, timeTradeServer } = this.#clocks();
    const ea = await ScriptedEa.connected(port, [], { proto: 2, timeGmt, timeTradeServer });
    ea.write(encodeSymbol(specOf(1, 'XAUUSD', { sessions: [] })));
    await ea.next('sub');
    await this.ping(ea);
    return ea;
  }

  async ping(ea: ScriptedEa): Promise<void> {
    ea.ping(this.#clocks(), this.#ping++);
    await ea.next('pong');
  }

  wall(utc: number): number {
    return this.zone.wallAt(utc);
  }

  #clocks(): { timeGmt: number; timeTradeServer: number } {
    const timeGmt = Math.floor(this.clock.now() / 1_000);
    return { timeGmt, timeTradeServer: Math.floor(this.zone.wallAt(timeGmt * 1_000) / 1_000) };
  }
}

describe('a backfill over a change of summer time, with the offset found by itself', () => {
  it.each([
    ['America’s dates, spring', 'EET-US', '2026-03-06T21:00:00', '2026-03-08T22:30:00'],
    ['Europe’s dates, spring', 'EET-EU', '2026-03-27T21:00:00', '2026-03-29T22:30:00'],
    ['Europe’s dates, autumn', 'EET-EU', '2026-10-23T20:00:00', '2026-10-25T22:30:00'],
    ['America’s dates, autumn', 'EET-US', '2026-10-30T20:00:00', '2026-11-01T23:30:00'],
  ])('%s: Friday’s ticks and bars come with Friday’s offset, Sunday’s with Sunday’s', async (_, zone, friday, sunday) => {
    const store = new TestStore();
    const config = { bars: { widths: ['1h'], days: 4, hourlyDays: 0 } };
    const { broker } = await recorded();
    // Recorded hours of gold, moved to the days of the change: one before, two after.
    const utcTimes = [at(friday) + HOUR / 2, at(sunday) - HOUR, at(sunday) - HOUR / 2];
    {
      await using rig = await startRig({ config, store, clock: new ManualClock(at(friday)) });
      const desk = new ZonedDesk(zone, rig.clock);
      const ea = await desk.connect(rig.port);
      ea.ticks(
        1,
        1,
        [{ time: desk.wall(at(friday) - 1_000), bid: broker[0]?.close ?? 0, ask: (broker[0]?.close ?? 0) + 0.3 }],
        TicksFlag.backfill | TicksFlag.end,
      );
      await rig.publish.count(1);
    }
    await using rig = await startRig({ config, store, clock: new ManualClock(at(sunday)) });
    const desk = new ZonedDesk(zone, rig.clock);
    const ea = await desk.connect(rig.port);
    ea.ticks(
      1,
      1,
      utcTimes.map((utc, i) => ({ time: desk.wall(utc), bid: broker[i]?.close ?? 0, ask: (broker[i]?.close ?? 0) + 0.3 })),
      TicksFlag.backfill | TicksFlag.end,
    );
    await rig.publish.count(3);
    expect(rig.publish.ticks.map(({ time, utcOffsetMs }) => time - utcOffsetMs)).toEqual(utcTimes);
    const { request } = await ea.next('bars');
    const opens = [Math.floor(at(friday) / HOUR) * HOUR - HOUR, Math.floor(at(sunday) / HOUR) * HOUR - HOUR];
    const rates = opens.map((utc) => ({
      time: desk.wall(utc) / 1_000,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      ticks: 1,
      spread: 0,
      volume: 0,
    }));
    ea.write(encodeBars(1, { id: request.id, widthMs: HOUR, rates, more: false, failed: false }));
    await settled(rig, () => rig.publish.records.length === 2);
    expect(rig.publish.records.map(({ record }) => record.time)).toEqual(opens);
    expect(rig.log.text).toMatch(/the broker's clock is UTC\+[23] since 2026-/);
  });

  it('on the night itself: three PINGs, and the ticks after them have the new offset', async () => {
    await using rig = await startRig({ clock: new ManualClock(at('2026-03-29T00:00:00')) });
    const desk = new ZonedDesk('EET-EU', rig.clock);
    const ea = await desk.connect(rig.port);
    rig.clock.leap(HOUR - 2_000);
    for (let s = 0; s < 6; s++) {
      await desk.ping(ea);
      rig.clock.advance(1_000);
    }
    ea.ticks(1, 1, [{ time: desk.wall(at('2026-03-29T00:30:00')) }, { time: desk.wall(rig.clock.now()) }]);
    await rig.publish.count(2);
    expect(rig.publish.ticks.map(({ utcOffsetMs }) => utcOffsetMs / HOUR)).toEqual([2, 3]);
  });

  it('the hour that a market of the night has twice: the second pass is dropped and counted', async () => {
    await using rig = await startRig({ config: { utcOffset: 'EET-EU' }, clock: new ManualClock(at('2026-10-25T02:30:00')) });
    const desk = new ZonedDesk('EET-EU', rig.clock);
    const ea = await desk.connect(rig.port);
    const utc = Array.from({ length: 16 }, (_, i) => at('2026-10-24T23:10:00') + i * 10 * 60_000);
    ea.ticks(
      1,
      1,
      utc.map((time) => ({ time: desk.wall(time) })),
    );
    await settled(rig, () => rig.counters['ticksTaken'] === 11 || rig.counters['ticksOutOfOrder'] === 5);
    expect(rig.counters).toMatchObject({ ticksOutOfOrder: 5, ticksTaken: 11 });
    const shown = rig.publish.ticks.map(({ time, utcOffsetMs }) => time - utcOffsetMs);
    expect(shown.every((time) => utc.includes(time))).toBe(true);
  });
});

it('a week in the life of a history: what is remembered is one line a change', async () => {
  const store = new TestStore();
  const clock = new ManualClock(at('2026-03-27T12:00:00'));
  await using rig = await startRig({ store, clock });
  const desk = new ZonedDesk('EET-EU', clock);
  const ea = await desk.connect(rig.port);
  for (let day = 0; day < 4; day++) {
    clock.leap(DAY);
    for (let s = 0; s < 4; s++) {
      await desk.ping(ea);
      clock.advance(1_000);
    }
  }
  await rig.stop();
  expect(store.values.get('terminal:demo-1')).toMatchObject({
    offsets: [
      { since: at('2026-03-27T12:00:00'), offsetMs: 2 * HOUR },
      { since: at('2026-03-29T01:00:00'), offsetMs: 3 * HOUR },
    ],
  });
});
