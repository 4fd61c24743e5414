import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isServerZone, ZoneOffset } from './zone-offset.ts';

const HOUR = 3_600_000;
const wall = (text: string): number => Date.parse(`${text}Z`);

describe('the clock of a zone', () => {
  it.each([
    ['EET', '2014-01-15T12:00:00', 2],
    ['EET', '2014-05-02T15:30:00', 3],
    ['Europe/Athens', '2026-03-29T02:59:59.999', 2],
    // 03:00 to 03:59 do not exist that day.
    ['Europe/Athens', '2026-03-29T03:30:00', 2],
    ['Europe/Athens', '2026-03-29T04:00:00', 3],
    ['Europe/Athens', '2026-10-25T02:59:59.999', 3],
    // 03:00 to 03:59 come twice: the first time counts.
    ['Europe/Athens', '2026-10-25T03:30:00', 3],
    ['Europe/Athens', '2026-10-25T04:00:00', 2],
    ['America/New_York', '2026-03-08T01:59:59', -5],
    ['America/New_York', '2026-03-08T03:00:00', -4],
    ['America/New_York', '2026-11-01T01:30:00', -4],
    ['Asia/Kathmandu', '2026-06-01T00:00:00', 5.75],
    ['Australia/Lord_Howe', '2026-01-01T00:00:00', 11],
    ['Australia/Lord_Howe', '2026-06-01T00:00:00', 10.5],
    ['UTC', '2026-06-01T00:00:00', 0],
  ])('%s at %s is UTC%d', (zone, text, hours) => {
    expect(new ZoneOffset(zone).atWall(wall(text))).toBe(hours * HOUR);
  });

  it('turns back into the same instant, except for the hour that comes twice', () => {
    for (const zone of ['Europe/Athens', 'America/New_York', 'Asia/Kathmandu']) {
      const offsets = new ZoneOffset(zone);
      fc.assert(
        fc.property(fc.integer({ min: wall('2000-01-01T00:00:00'), max: wall('2035-01-01T00:00:00') }), (utc) => {
          const shown = utc + offsets.atUtc(utc);
          const back = shown - offsets.atWall(shown);
          expect([0, HOUR]).toContain(utc - back);
        }),
        { numRuns: 200 },
      );
    }
  });

  it('knows zones from what is none', () => {
    expect(isServerZone('EET')).toBe(true);
    expect(isServerZone('Europe/Athen')).toBe(false);
    expect(() => new ZoneOffset('Nowhere')).toThrow(RangeError);
  });
});
