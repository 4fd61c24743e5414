import ICAL from 'ical.js';
import type { Impact } from '@tickhub/plugin-sdk';
import type { IcsConfig } from '../../config.ts';
import type { ListedEvent, Listing } from '../../events/listing.ts';
import { instantIn, isZone } from '@tickhub/plugin-sdk/time';
import { decodeText } from '@tickhub/plugin-sdk/documents';
import { UnreadableAnswer } from '../feed.ts';
import type { Feed } from '../feed.ts';
import { readEntries, spanOf } from '../listed.ts';

/** Names that calendars give to zones by themselves; the BLS's is the first. Their own VTIMEZONE is often of rules long past, so it is not asked. */
const ZONES: Readonly<Record<string, string>> = {
  'US-Eastern': 'America/New_York',
  'US/Eastern': 'America/New_York',
  'Eastern Standard Time': 'America/New_York',
  'US-Central': 'America/Chicago',
  'Central Standard Time': 'America/Chicago',
  'GMT Standard Time': 'Europe/London',
  'W. Europe Standard Time': 'Europe/Berlin',
  'Tokyo Standard Time': 'Asia/Tokyo',
};

const MIN_GAP_MS = 600_000;
/** A year of the BLS's releases is about 200 kB. */
const MAX_BYTES = 1_048_576;

/** A calendar in iCalendar form (RFC 5545). Its events have times and titles, and no figures. */
export function icsCalendar(config: IcsConfig, headers: Record<string, string>): Feed {
  return {
    provider: config.name,
    scope: config.name,
    minGapMs: MIN_GAP_MS,
    actuals: 'none',
    polls: [
      {
        name: `economic:${config.name}`,
        eager: true,
        everyMs: config.everyMinutes * 60_000,
        request: () => ({ url: config.url, headers, maxBytes: MAX_BYTES }),
        read: ({ body }) => readIcs(decodeText(body), config),
      },
    ],
  };
}

/** The parser looks at all of a line for each of its parameters: a long one would take seconds. A summary has some hundred characters. */
const MAX_LINE = 16_384;

/** @throws {UnreadableAnswer} */
export function readIcs(text: string, config: Pick<IcsConfig, 'zone' | 'currency' | 'impact' | 'impacts'>): Listing {
  if (!/^\uFEFF?\s*BEGIN:VCALENDAR/i.test(text)) throw new UnreadableAnswer('it is no iCalendar');
  const unfolded = text.trim().replaceAll(/\r?\n[ \t]/g, '');
  if (unfolded.split('\n').some((line) => line.length > MAX_LINE)) throw new UnreadableAnswer('it is an iCalendar with a line of no end');
  let components: ICAL.Component[];
  try {
    components = ICAL.Component.fromString(unfolded).getAllSubcomponents('vevent');
  } catch (error) {
    throw new UnreadableAnswer(`it is an iCalendar that cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  return readEntries(components, (component) => readEvent(component, config), spanOf);
}

function readEvent(component: ICAL.Component, config: Pick<IcsConfig, 'zone' | 'currency' | 'impact' | 'impacts'>): ListedEvent | null {
  const status = component.getFirstPropertyValue('status');
  if (typeof status === 'string' && status.toUpperCase() === 'CANCELLED') return null;
  const summary = component.getFirstPropertyValue('summary');
  const title = typeof summary === 'string' ? summary.trim() : '';
  if (title === '') throw new Error('it has no SUMMARY');
  const start = component.getFirstProperty('dtstart');
  const time = start?.getFirstValue();
  if (start === null || start === undefined || !(time instanceof ICAL.Time)) throw new Error('it has no DTSTART');
  const tzid = start.getFirstParameter('tzid');
  const written = time.toString();
  const zone = zoneOf(written, tzid, config.zone);
  const { year, month, day, hour, minute, second } = time;
  const found = instantIn(zone, { year, month, day, hour, minute, second });
  if (found === null) throw new Error('its DTSTART is no time');
  return {
    title,
    currency: config.currency,
    impact: impactOf(title, config.impact, config.impacts),
    at: found.at,
    timed: !time.isDate,
    ...(found.shown !== 'once' && { doubtful: true as const }),
    sourceTime: `${written}${tzid === undefined ? '' : ` ${tzid}`}`.slice(0, 100),
  };
}

function zoneOf(written: string, tzid: string | undefined, fallback: string): string {
  if (written.endsWith('Z')) return 'UTC';
  if (tzid === undefined) return fallback;
  const known = ZONES[tzid];
  if (known !== undefined) return known;
  return isZone(tzid) ? tzid : fallback;
}

function impactOf(title: string, usual: Impact, impacts: Readonly<Record<string, Impact>>): Impact {
  const lower = title.toLowerCase();
  return Object.entries(impacts).find(([part]) => lower.includes(part.toLowerCase()))?.[1] ?? usual;
}
