import { XMLParser } from 'fast-xml-parser';
import { z } from '@tickhub/plugin-sdk';
import type { Listing } from '../../events/listing.ts';
import { timeFormat } from '../../time/written-time.ts';
import { UnreadableAnswer } from '../feed.ts';
import { readEntries } from '../listed.ts';
import { exportedEvent, weeksOf } from './entry.ts';

const Text = z.string().default('');
const Entry = z.object({ title: Text, country: Text, date: Text, time: Text, impact: Text, forecast: Text, previous: Text, url: Text });
const Document = z.object({ weeklyevents: z.union([z.literal(''), z.object({ event: z.array(z.unknown()).default([]) })]) });

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, trimValues: true, isArray: (name) => name === 'event' });
const readTime = timeFormat('MM-dd-yyyy h:mma');

/**
 * `ff_calendar_thisweek.xml`: windows-1252, values in CDATA, dates `MM-DD-YYYY` and times `8:30am`. Unlike the JSON form's they are UTC, and each event has
 * its page.
 * @throws {UnreadableAnswer}
 */
export function readXmlExport(text: string): Listing {
  // The export has no DOCTYPE; one is the beginning of entities that grow.
  if (/<!DOCTYPE/i.test(text)) throw new UnreadableAnswer('it has a DOCTYPE, which the export has not');
  let document: z.infer<typeof Document>;
  try {
    document = Document.parse(parser.parse(text, true));
  } catch (error) {
    throw new UnreadableAnswer('it is XML, but not <weeklyevents> with <event>s', error);
  }
  const entries = document.weeklyevents === '' ? [] : document.weeklyevents.event;
  return readEntries(
    entries,
    (value) => {
      const entry = Entry.parse(value);
      const sourceTime = `${entry.date} ${entry.time}`.trim();
      const event = exportedEvent(entry, readTime(sourceTime, 'UTC'), sourceTime);
      return /^https?:\/\/\S{1,3990}$/.test(entry.url) ? { ...event, url: entry.url } : event;
    },
    weeksOf,
  );
}
