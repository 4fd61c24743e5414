import { UsageError } from './arguments.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/;
const BEFORE = /^-(\d{1,6})([smhdw])$/;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Reads `2026-03-29`, `2026-03-29T01:30` with seconds and an offset if wanted (without one it is UTC), epoch milliseconds, `now`, or `-1d`: so long before now.
 * @throws {UsageError} naming the option.
 */
export function timeArgument(option: string, text: string, now: number = Date.now()): number {
  if (text === 'now') return now;
  if (/^\d{9,16}$/.test(text)) return Number(text);
  const [, count, unit = ''] = BEFORE.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? NaN);
  const zoned = DAY.test(text) || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
  const time = DAY.test(text) || MOMENT.test(text) ? Date.parse(zoned) : NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(
      `--${option} takes a time such as 2026-03-29 or 2026-03-29T01:30:00 (UTC), -1d (a day ago), now, or epoch milliseconds, not "${text}".`,
    );
  }
  return time;
}
