import type { Bars } from '@tickhub/plugin-sdk/features';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/** The longest step between two bars of a series without a hole: a weekend with a holiday beside it, and any that touches no weekend. */
export const LONGEST_WEEKEND_MS = 96 * HOUR;
export const LONGEST_PAUSE_MS = 36 * HOUR;

/** Whether a market can be analysed as one that is open. */
export interface MarketHours {
  readonly state: 'open' | 'closed' | 'unknown';
  /** For a person: empty while it is open. */
  readonly words: string;
}

/** @param lastTick UTC of the last tick, null where there was none since the start. */
export function marketHours(lastTick: number | null, now: number, quietMs: number): MarketHours {
  if (lastTick === null || lastTick === -Infinity) return { state: 'unknown', words: 'no tick has come since the host started' };
  const silence = now - lastTick;
  if (silence <= quietMs) return { state: 'open', words: '' };
  const since = `${new Date(lastTick).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const why = touchesWeekend(lastTick, now) ? 'weekend, or its source is silent' : `no ticks for ${inWords(silence)}`;
  return { state: 'closed', words: `market closed since ${since} (${why})` };
}

/** Why the newest `need` bars are no series to analyse; null where they are. `least` is the share of the time that they have to cover at least, 0 to 1. */
export function holeIn({ time }: Pick<Bars, 'time'>, widthMs: number, need: number, least: number): string | null {
  const from = Math.max(0, time.length - need);
  for (let i = from + 1; i < time.length; i++) {
    const [before, after] = [time[i - 1] as number, time[i] as number];
    const step = after - before;
    if (step <= widthMs) continue;
    const longest = touchesWeekend(before, after) ? LONGEST_WEEKEND_MS : LONGEST_PAUSE_MS;
    if (step > longest + widthMs)
      return `its bars have a hole of ${inWords(step - widthMs)} before ${at(after)}, within the ${need} that are needed`;
  }
  const count = time.length - from;
  const span = (time.at(-1) ?? 0) - (time[from] ?? 0) + widthMs;
  const covered = (count * widthMs) / span;
  // A weekend is no hole, and few bars around one cover little.
  if (count < 2 || span <= LONGEST_WEEKEND_MS || covered >= least) return null;
  return `its last ${count} bars cover ${Math.round(covered * 100)} % of the time since ${at(time[from] as number)}, less than ${Math.round(least * 100)} %`;
}

/** Whether a Saturday or Sunday, UTC, is between them. */
function touchesWeekend(from: number, to: number): boolean {
  // The epoch was a Thursday, so that Saturday is day 2 of a week.
  for (let day = Math.floor(from / DAY); day <= Math.floor(to / DAY); day++) {
    if (day % 7 === 2 || day % 7 === 3) return true;
    if (day > from / DAY + 7) break;
  }
  return false;
}

function at(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 120) return `${minutes} min`;
  return ms < 3 * DAY ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.round(ms / DAY)} days`;
}
