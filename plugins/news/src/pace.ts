/** How long a feed asks to be left alone. */
import type { RawPace } from './document/raw-feed.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A feed that asks for more, or says that it changes yearly, is looked at once a day. */
const MAX_PAUSE_MS = DAY_MS;

/** RSS 1.0 syndication module. */
const PERIODS: Readonly<Record<string, number>> = {
  hourly: HOUR_MS,
  daily: DAY_MS,
  weekly: 7 * DAY_MS,
  monthly: 30 * DAY_MS,
  yearly: 365 * DAY_MS,
};
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Milliseconds from `now` before which the feed should not be asked again: after its `ttl` or update period, and not in an hour or on a day that it says to skip
 * (UTC, as RSS 2.0 has it).
 * @param everyMs the interval of the config, from which the next attempt follows where the feed asks for nothing.
 */
export function pauseOf(pace: RawPace, everyMs: number, now: number): number {
  const asked = Math.max(ttlMs(pace.ttl), periodMs(pace));
  const next = now + Math.max(everyMs, asked);
  const allowed = afterSkipped(next, pace);
  return allowed > next ? allowed - now : asked;
}

function ttlMs(ttl: string | undefined): number {
  const minutes = Number(ttl ?? 0);
  return Number.isFinite(minutes) && minutes > 0 ? Math.min(minutes * MINUTE_MS, MAX_PAUSE_MS) : 0;
}

function periodMs({ updatePeriod, updateFrequency }: RawPace): number {
  const period = PERIODS[updatePeriod?.toLowerCase() ?? ''];
  if (period === undefined) return 0;
  const times = Number(updateFrequency ?? 1);
  return Math.min(period / (Number.isFinite(times) && times >= 1 ? times : 1), MAX_PAUSE_MS);
}

/** The first time from `time` on that is in no hour and on no day to skip; `time` itself where all of them are. */
function afterSkipped(time: number, { skipHours, skipDays }: RawPace): number {
  // RSS 0.91 counts hours from 1 to 24.
  const hours = new Set(
    skipHours
      .map(Number)
      .filter((hour) => Number.isInteger(hour) && hour >= 0 && hour <= 24)
      .map((hour) => hour % 24),
  );
  const days = new Set(skipDays.map((day) => DAYS.indexOf(day.toLowerCase())).filter((day) => day >= 0));
  if (hours.size === 24 || days.size === 7) return time;
  let at = time;
  for (let step = 0; step < 24 * 8; step++) {
    const date = new Date(at);
    if (!hours.has(date.getUTCHours()) && !days.has(date.getUTCDay())) return at;
    at = (Math.floor(at / HOUR_MS) + 1) * HOUR_MS;
  }
  return time;
}
