import { describe, expect, it } from 'vitest';
import { OffsetHistory } from './offset-history.ts';
import { UtcOffset, type OffsetVerdict } from './utc-offset.ts';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(`${text}Z`);

/** A reading at `now` with the broker's clock `hours` ahead of UTC; the PC's clock may be wrong by `pcMs`. */
function read(offset: UtcOffset, now: string | number, hours: number, { pcMs = 0, jumpedMs = 0 } = {}): OffsetVerdict {
  const utc = typeof now === 'string' ? at(now) : now;
  const seconds = Math.floor(utc / 1_000);
  return offset.observe({ timeTradeServer: seconds + hours * 3_600, timeGmt: seconds + pcMs / 1_000, now: utc + pcMs, jumpedMs });
}

describe('the offset of a source', () => {
  it('by a zone follows the tick, not the calendar on the wall', () => {
    const offset = new UtcOffset('Europe/Athens');
    expect(offset.moveTo(at('2014-05-02T15:30:00'))).toBe(true);
    expect(offset.current).toBe(3 * HOUR);
    expect(offset.moveTo(at('2014-12-02T15:30:00'))).toBe(true);
    expect(offset.current).toBe(2 * HOUR);
    expect(offset.moveTo(at('2014-12-02T15:46:00'))).toBe(false);
    expect(offset.from).toBe(at('2014-12-02T15:45:00'));
    expect(offset.until).toBe(at('2014-12-02T16:00:00'));
    expect(read(offset, '2014-12-02T13:46:00', 5)).toBe('same');
    expect(offset.wallAt(at('2014-12-02T13:46:00'))).toBe(at('2014-12-02T15:46:00'));
  });

  it('in minutes stays', () => {
    const offset = new UtcOffset(-90);
    expect(offset.current).toBe(-1.5 * HOUR);
    expect(read(offset, '2026-01-05T12:00:00', 3)).toBe('same');
    expect(offset.current).toBe(-1.5 * HOUR);
    expect(offset.atWall(at('2020-01-01T00:00:00'))).toBe(-1.5 * HOUR);
  });

  it('by the terminal takes the first reading, rounded to a quarter of an hour', () => {
    const offset = new UtcOffset('auto');
    expect(offset.known).toBe(false);
    expect(offset.observe({ timeTradeServer: 1_000_000 + 7_200 + 40, timeGmt: 1_000_000, now: 1_000_000_000 })).toBe('first');
    expect(offset.current).toBe(2 * HOUR);
  });

  it('by the terminal changes only when three readings in a row agree', () => {
    const offset = new UtcOffset('auto');
    const readings = (...hours: number[]): OffsetVerdict[] => hours.map((it) => read(offset, '2026-01-07T12:00:00', it));
    expect(readings(2)).toEqual(['first']);
    expect(readings(3, 3, 2, 3, 3, 4, 3, 3)).toEqual(Array.from({ length: 8 }, () => 'same'));
    expect(offset.current).toBe(2 * HOUR);
    expect(readings(3)).toEqual(['changed']);
    expect(offset.history.latest).toBe(3 * HOUR);
  });

  it('by the terminal ignores clocks that cannot be', () => {
    const offset = new UtcOffset('auto');
    expect(offset.observe({ timeTradeServer: 0, timeGmt: 1_000_000, now: 1 })).toBe('same');
    expect(offset.observe({ timeTradeServer: 1_000_000, timeGmt: 0, now: 1 })).toBe('same');
    expect(offset.observe({ timeTradeServer: 1_000_000 + 40 * 3_600, timeGmt: 1_000_000, now: 1 })).toBe('same');
    expect(offset.known).toBe(false);
  });
});

describe('summer time, on its real dates', () => {
  // America 2026-03-08 07:00 UTC and 2026-11-01 06:00 UTC; Europe 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
  it.each([
    ['begins by America’s dates', '2026-03-06T21:59:00', '2026-03-08T21:05:00', 2, 3, '2026-03-08T07:00:00'],
    ['begins by Europe’s dates', '2026-03-27T21:59:00', '2026-03-29T21:05:00', 2, 3, '2026-03-29T01:00:00'],
    ['ends by Europe’s dates', '2026-10-23T20:59:00', '2026-10-25T21:05:00', 3, 2, '2026-10-25T01:00:00'],
    ['ends by America’s dates', '2026-10-30T20:59:00', '2026-11-01T22:05:00', 3, 2, '2026-11-01T06:00:00'],
    [
      'begins while Tickhub is off for five weeks: America’s, as most brokers have it',
      '2026-03-01T12:00:00',
      '2026-04-05T12:00:00',
      2,
      3,
      '2026-03-08T07:00:00',
    ],
  ])(
    '%s over a weekend that Tickhub was off: known at the first reading, from the right instant on',
    (_, before, after, old, now, change) => {
      const offset = new UtcOffset('auto', new OffsetHistory([{ since: at('2026-01-01T00:00:00'), offsetMs: old * HOUR }]), at(before));
      expect(read(offset, after, now)).toBe('followed');
      expect(offset.history.changes.at(-1)).toEqual({ since: at(change), offsetMs: now * HOUR });
      // A backfill over the change: each tick has the offset of its own time.
      expect(offset.atWall(at(before) + old * HOUR)).toBe(old * HOUR);
      expect(offset.atWall(at(after) + now * HOUR)).toBe(now * HOUR);
      offset.moveTo(at(before) + old * HOUR);
      expect(offset.current).toBe(old * HOUR);
      expect(offset.until).toBe(at(change) + Math.max(old, now) * HOUR);
      offset.moveTo(at(after) + now * HOUR);
      expect(offset.current).toBe(now * HOUR);
    },
  );

  it('changes at once for three PINGs on the weekend itself', () => {
    const offset = new UtcOffset(
      'auto',
      new OffsetHistory([{ since: at('2026-01-01T00:00:00'), offsetMs: 2 * HOUR }]),
      at('2026-03-29T00:59:50'),
    );
    expect(read(offset, '2026-03-29T00:59:59', 2)).toBe('same');
    expect([1, 2, 3].map((s) => read(offset, `2026-03-29T01:00:0${s}`, 3))).toEqual(['same', 'same', 'followed']);
    expect(offset.history.changes.at(-1)?.since).toBe(at('2026-03-29T01:00:00'));
  });

  it('the hour that comes twice counts as its first pass, the hour that does not exist as the time before it', () => {
    const history = new OffsetHistory([
      { since: at('2026-01-01T00:00:00'), offsetMs: 2 * HOUR },
      { since: at('2026-03-29T01:00:00'), offsetMs: 3 * HOUR },
      { since: at('2026-10-25T01:00:00'), offsetMs: 2 * HOUR },
    ]);
    const hours = (wall: string): number => history.atWall(at(wall)).offsetMs / HOUR;
    expect(['2026-03-29T02:59:59', '2026-03-29T03:30:00', '2026-03-29T04:00:00'].map(hours)).toEqual([2, 2, 3]);
    expect(['2026-10-25T02:59:59', '2026-10-25T03:30:00', '2026-10-25T04:00:00'].map(hours)).toEqual([3, 3, 2]);
  });

  it('without a history the past is taken to have had the offset of the first reading', () => {
    const offset = new UtcOffset('auto');
    read(offset, '2026-04-05T12:00:00', 3);
    expect(offset.atWall(at('2026-01-05T12:00:00'))).toBe(3 * HOUR);
  });
});

describe('a PC whose clock is wrong', () => {
  const known = (): UtcOffset => {
    const offset = new UtcOffset(
      'auto',
      new OffsetHistory([{ since: at('2026-01-01T00:00:00'), offsetMs: 2 * HOUR }]),
      at('2026-01-07T11:59:59'),
    );
    read(offset, '2026-01-07T12:00:00', 2);
    return offset;
  };

  it('a jump of it that alone explains the change does not change an offset that has long held', () => {
    const offset = known();
    const wrong = { pcMs: HOUR };
    expect(read(offset, '2026-01-07T12:00:01', 2, { ...wrong, jumpedMs: HOUR })).toBe('same');
    expect([2, 3, 4].map((s) => read(offset, `2026-01-07T12:00:0${s}`, 2, wrong))).toEqual(['same', 'held', 'held']);
    expect(offset.history.latest).toBe(2 * HOUR);
    expect(read(offset, '2026-01-07T12:00:05', 2, { jumpedMs: -HOUR })).toBe('same');
    expect([6, 7, 8].map((s) => read(offset, `2026-01-07T12:00:0${s}`, 2))).toEqual(['same', 'same', 'same']);
  });

  it('a change that no jump explains is taken after three readings', () => {
    const offset = known();
    expect([1, 2, 3].map((s) => read(offset, `2026-01-07T12:00:0${s}`, 3))).toEqual(['same', 'same', 'changed']);
  });
});
