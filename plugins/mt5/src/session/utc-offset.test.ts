import { describe, expect, it } from 'vitest';
import { UtcOffset } from './utc-offset.ts';

const HOUR = 3_600_000;
const wall = (text: string): number => Date.parse(`${text}Z`);

describe('the offset of a source', () => {
  it('by a zone follows the tick, not the calendar on the wall', () => {
    const offset = new UtcOffset('Europe/Athens');
    expect(offset.moveTo(wall('2014-05-02T15:30:00'))).toBe(true);
    expect(offset.current).toBe(3 * HOUR);
    expect(offset.moveTo(wall('2014-12-02T15:30:00'))).toBe(true);
    expect(offset.current).toBe(2 * HOUR);
    expect(offset.moveTo(wall('2014-12-02T15:46:00'))).toBe(false);
    expect(offset.from).toBe(wall('2014-12-02T15:45:00'));
    expect(offset.until).toBe(wall('2014-12-02T16:00:00'));
    expect(offset.observe(0, 0)).toBe(false);
  });

  it('in minutes stays', () => {
    const offset = new UtcOffset(-90);
    expect(offset.current).toBe(-1.5 * HOUR);
    expect(offset.observe(100_000, 50_000)).toBe(false);
    expect(offset.current).toBe(-1.5 * HOUR);
  });

  it('by the terminal takes the first reading, rounded to a quarter of an hour', () => {
    const offset = new UtcOffset('auto');
    expect(offset.known).toBe(false);
    expect(offset.observe(1_000_000 + 7_200 + 40, 1_000_000)).toBe(true);
    expect(offset.current).toBe(2 * HOUR);
  });

  it('by the terminal changes only when three readings in a row agree', () => {
    const offset = new UtcOffset('auto');
    const read = (hours: number): boolean => offset.observe(1_000_000 + hours * 3_600, 1_000_000);
    read(2);
    expect([read(3), read(3), read(2), read(3), read(3)]).toEqual([false, false, false, false, false]);
    expect(offset.current).toBe(2 * HOUR);
    expect([read(4), read(3), read(3)]).toEqual([false, false, false]);
    expect(read(3)).toBe(true);
    expect(offset.current).toBe(3 * HOUR);
  });

  it('by the terminal ignores clocks that cannot be', () => {
    const offset = new UtcOffset('auto');
    expect(offset.observe(0, 1_000_000)).toBe(false);
    expect(offset.observe(1_000_000, 0)).toBe(false);
    expect(offset.observe(1_000_000 + 40 * 3_600, 1_000_000)).toBe(false);
    expect(offset.known).toBe(false);
  });
});
