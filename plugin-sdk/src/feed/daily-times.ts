import { instantAt, offsetAt } from '../time/zone.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MS = 86_400_000;

/** Times of day in a zone, on some days of the week. */
export interface DailyTimes {
  /** `08:30` or `08:30:05`. */
  readonly times: readonly string[];
  readonly zone: string;
  readonly days?: readonly string[] | undefined;
}

/** The first of the times after `now`; Unix epoch milliseconds. */
export function nextTime({ times, zone, days }: DailyTimes, now: number): number {
  const today = now + offsetAt(zone, now);
  let next = Infinity;
  // A week, and a day more for the time of today that has passed.
  for (let ahead = 0; ahead <= 8 && next === Infinity; ahead++) {
    const date = new Date(today + ahead * DAY_MS);
    if (days !== undefined && !days.includes(DAYS[date.getUTCDay()] ?? '')) continue;
    for (const time of times) {
      const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
      const { at } = instantAt(zone, date.setUTCHours(hour, minute, second, 0));
      if (at > now && at < next) next = at;
    }
  }
  return next;
}
