import { ServerTimeRule } from '@tickhub/plugin-sdk/files';
import { UsageError } from './arguments.ts';
import type { OptionValues } from './arguments.ts';

/** The clock that `--zone` or `--offset` names; null when neither does. @throws {UsageError} */
export function serverTimeArgument({ zone, offset }: OptionValues): ServerTimeRule | null {
  if (zone !== undefined && offset !== undefined) throw new UsageError('Give --zone or --offset, not both.');
  const rule = zone ?? (offset === undefined ? null : minutesOf(offset));
  if (rule === null) return null;
  const parsed = ServerTimeRule.safeParse(rule);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    zone === undefined
      ? `--offset takes minutes or hours and minutes, such as 120 or +02:00, at most 15 hours; not "${offset}".`
      : `--zone takes an IANA zone such as Europe/Athens, or EET-EU, EET-US (UTC+2 and +3 with Europe's or America's dates), not "${zone}".`,
  );
}

function minutesOf(text: string): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hours === undefined) return /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
