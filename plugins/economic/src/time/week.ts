import { instantAt, offsetAt } from '@tickhub/plugin-sdk/time';

const DAY_MS = 86_400_000;

/** The Sunday-to-Saturday week of a zone that a moment lies in: its first moment, and the next week's. */
export function weekOf(zone: string, at: number): { from: number; to: number } {
  const wall = at + offsetAt(zone, at);
  const day = Math.floor(wall / DAY_MS);
  const sunday = day - new Date(wall).getUTCDay();
  return { from: instantAt(zone, sunday * DAY_MS).at, to: instantAt(zone, (sunday + 7) * DAY_MS).at };
}
