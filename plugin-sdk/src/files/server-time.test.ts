import { describe, expect, it } from 'vitest';
import { ServerTime, ServerTimeRule } from './server-time.ts';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(`${text}Z`);

describe('the clock of a server', () => {
  it.each([
    // The week between the two continents' changes: brokers with EU dates are still an hour behind those with US dates.
    ['EET-EU', '2026-03-15T12:00:00', 2],
    ['EET-US', '2026-03-15T12:00:00', 3],
    ['EET-EU', '2026-03-30T12:00:00', 3],
    ['EET-US', '2026-03-30T12:00:00', 3],
    ['EET-EU', '2026-10-27T12:00:00', 2],
    ['EET-US', '2026-10-27T12:00:00', 3],
    ['EET-US', '2026-11-02T12:00:00', 2],
    ['Europe/Athens', '2026-07-01T00:00:00', 3],
    [120, '2026-07-01T00:00:00', 2],
    [-330, '2026-07-01T00:00:00', -5.5],
  ])('%s at %s is UTC%d', (rule, wall, hours) => {
    const time = new ServerTime(rule);
    expect(time.offsetAt(at(wall))).toBe(hours * HOUR);
    expect(time.toWall(time.toUtc(at(wall)))).toBe(at(wall));
  });

  it('ends the day of EET-US with New York’s market', () => {
    // 17:00 in New York, in winter and in summer.
    for (const close of ['2026-01-16T22:00:00', '2026-06-12T21:00:00'])
      expect(new ServerTime('EET-US').toWall(at(close)) % (24 * HOUR)).toBe(0);
  });

  it('follows one quarter of an hour after the other over a change', () => {
    const time = new ServerTime('EET-EU');
    const offsets = ['02:59:59.999', '04:00:00.000', '02:59:59.999'].map((clock) => time.offsetAt(at(`2026-03-29T${clock}`)) / HOUR);
    expect(offsets).toEqual([2, 3, 2]);
  });

  it.each(['Europe/Athen', '', 1.5, 2_000])('%j is no rule', (rule) => {
    expect(ServerTimeRule.safeParse(rule).success).toBe(false);
  });
});
