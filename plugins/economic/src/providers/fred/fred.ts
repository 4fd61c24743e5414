import { z } from '@tickhub/plugin-sdk';
import type { FredConfig, FredSeriesConfig } from '../../config.ts';
import type { ListedEvent, Listing } from '../../events/listing.ts';
import { normalisedTitle } from '../../events/title.ts';
import { instantIn } from '@tickhub/plugin-sdk/time';
import { decodeText } from '@tickhub/plugin-sdk/documents';
import { UnreadableAnswer } from '../feed.ts';
import type { Feed } from '../feed.ts';
import { readEntries, spanOf } from '../listed.ts';
import { withQuery } from '../secret.ts';
import { firstReleases } from './vintages.ts';

const DAY_MS = 86_400_000;
/** Releases of so many days are looked at: what came out while the machine was off. */
const RELEASES_OF_DAYS = 21;
/** A change from the year before needs observations of more than a year. */
const OBSERVATIONS_OF_DAYS = 500;
/** FRED allows 120 requests a minute; a series is asked for once a minute at most. */
const MIN_GAP_MS = 60_000;

const Dates = z.object({ release_dates: z.array(z.object({ date: z.string() })) });

/**
 * The series of the Federal Reserve Bank of St. Louis, one feed each: its release dates (`fred/release/dates`, which has days without times) and its first
 * releases (`fred/series/observations`). It has no forecasts: together with a provider that has, its actuals make surprises.
 */
export function fredFeeds(config: FredConfig, apiKey: string): Feed[] {
  return config.series.map((series) => {
    const scope = `${config.name}-${normalisedTitle(`${series.currency} ${series.title}`)}`.slice(0, 100);
    const address = (path: string, query: Record<string, string>): string =>
      withQuery(`${config.url.replace(/\/$/, '')}/${path}`, { ...query, file_type: 'json', api_key: apiKey });
    const everyMs = config.everyMinutes * 60_000;
    return {
      provider: config.name,
      scope,
      minGapMs: MIN_GAP_MS,
      actuals: 'all',
      polls: [
        {
          name: `economic:${scope}`,
          everyMs,
          eager: true,
          request: (now) => ({
            url: address('series/observations', {
              series_id: series.id,
              realtime_start: day(now - RELEASES_OF_DAYS * DAY_MS),
              realtime_end: '9999-12-31',
              observation_start: day(now - OBSERVATIONS_OF_DAYS * DAY_MS),
            }),
          }),
          read: ({ body }, now) => readReleases(decodeText(body), day(now - RELEASES_OF_DAYS * DAY_MS), series),
        },
        {
          name: `economic:${scope}-dates`,
          everyMs,
          eager: false,
          request: (now) => ({
            url: address('release/dates', {
              release_id: String(series.release),
              realtime_start: day(now - RELEASES_OF_DAYS * DAY_MS),
              realtime_end: '9999-12-31',
              include_release_dates_with_no_data: 'true',
              sort_order: 'asc',
            }),
          }),
          read: ({ body }, now) => readDates(decodeText(body), now, series),
        },
      ],
    };
  });
}

function readReleases(text: string, since: string, series: FredSeriesConfig): Listing {
  const releases = firstReleases(text, since, series);
  return readEntries(
    releases,
    ({ day, actual, previous }) => ({ ...eventOn(day, series), actual, previous }),
    () => null,
  );
}

function readDates(text: string, now: number, series: FredSeriesConfig): Listing {
  let dates: readonly { date: string }[];
  try {
    dates = Dates.parse(JSON.parse(text)).release_dates;
  } catch (error) {
    throw new UnreadableAnswer("it is not FRED's list of release dates", error);
  }
  const list = (events: readonly ListedEvent[]) => {
    const span = spanOf(events);
    // What came out is known by its vintages, which need not be release dates.
    return span === null || span.to <= now ? null : { from: now, to: span.to };
  };
  return readEntries(dates, ({ date }) => eventOn(date, series), list);
}

function eventOn(date: string, { title, currency, impact, at, zone }: FredSeriesConfig): ListedEvent {
  const [year = 0, month = 0, dayOfMonth = 0] = date.split('-').map(Number);
  const [hour = 0, minute = 0] = (at ?? '00:00').split(':').map(Number);
  const found = instantIn(zone, { year, month, day: dayOfMonth, hour, minute, second: 0 });
  if (found === null) throw new Error(`"${date}" is no day`);
  return { title, currency, impact, at: found.at, timed: at !== undefined, sourceTime: at === undefined ? date : `${date} ${at} ${zone}` };
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
