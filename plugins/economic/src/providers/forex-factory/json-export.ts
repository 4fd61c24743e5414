import { SourceFault, z } from '@tickhub/plugin-sdk';
import type { Listing } from '../../events/listing.ts';
import { readIsoTime } from '../../time/written-time.ts';
import { UnreadableAnswer } from '../feed.ts';
import { readEntries } from '../listed.ts';
import { exportedEvent, weeksOf } from './entry.ts';

const Text = z.string().default('');
const Entry = z.object({ title: z.string(), country: z.string(), date: z.string(), impact: Text, forecast: Text, previous: Text });

const ASKED_TOO_OFTEN = 'answered with a page instead of the calendar, which is how it says that this address asked too often';

/**
 * `ff_calendar_thisweek.json`: an array of `{title, country, date, impact, forecast, previous}`, its dates ISO 8601 with New York's offset of that day.
 * @throws {UnreadableAnswer}, or {SourceFault} where it is a page
 */
export function readJsonExport(text: string): Listing {
  if (/^\s*</.test(text)) throw new SourceFault('rate-limited', ASKED_TOO_OFTEN, { retryAfterMs: 300_000 });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UnreadableAnswer('it is not JSON', error);
  }
  if (!Array.isArray(parsed)) throw new UnreadableAnswer('it is JSON, but no list of events');
  return readEntries(
    parsed as unknown[],
    (value) => {
      const entry = Entry.safeParse(value);
      if (!entry.success) throw new Error(z.prettifyError(entry.error).replaceAll(/\s+/g, ' '));
      return exportedEvent(entry.data, readIsoTime(entry.data.date, 'America/New_York'), entry.data.date);
    },
    weeksOf,
  );
}
