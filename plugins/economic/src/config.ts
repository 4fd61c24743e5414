import { Impact, z } from '@tickhub/plugin-sdk';
import { timeFormat } from './time/written-time.ts';
import { isZone } from '@tickhub/plugin-sdk/time';

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens, at most 32');
const Title = z.string().min(1).max(200);
const Currency = z.string().regex(/^[A-Z]{3}$/, 'three capital letters, such as USD, or ALL');
const Zone = z.string().refine(isZone, 'must be an IANA time zone, such as America/New_York');
const Everyday = z.number().min(1).max(1_440);
const Countdown = z.array(z.number().int().min(0).max(1_440)).max(10);
const Address = z.url({ protocol: /^https?$/ });
/** Where a key is; the two variables are those that plugin.json lets the plugin see. */
const KeyReference = z
  .string()
  .regex(
    /^env:(FRED_API_KEY|TICKHUB_ECONOMIC_KEY)$/,
    'must be a reference, env:FRED_API_KEY or env:TICKHUB_ECONOMIC_KEY, never the key itself',
  );
const Pointer = z.string().regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON Pointer, such as /Event');
const Headers = z.record(
  z.string().regex(/^[A-Za-z0-9-]+$/),
  z.union([
    KeyReference,
    z
      .string()
      .max(1_000)
      .regex(/^(?!env:)/, 'must be env:FRED_API_KEY, env:TICKHUB_ECONOMIC_KEY, or no reference'),
  ]),
);

const written = z.string().superRefine((format, context) => {
  try {
    timeFormat(format);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

const ForexFactory = z.strictObject({
  type: z.literal('forex-factory').describe("Forex Factory's weekly export. It has forecasts and no actuals."),
  name: Name.default('ff').describe('Begins the ids of its events, and names it in `tickhub sources`.'),
  url: Address.default('https://nfs.faireconomy.media/ff_calendar_thisweek.json').describe('Its address; the `.xml` form is read as well.'),
  everyMinutes: Everyday.min(5)
    .default(30)
    .describe('How often it is asked. Around important releases it is asked oftener, never twice within 160 s.'),
});

const FredSeries = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,50}$/)
    .describe("FRED's id of the series, such as `ICSA`."),
  release: z.number().int().min(1).describe("FRED's id of the release it belongs to, such as 180; its dates are the calendar."),
  title: Title.describe("Title of the events. Written as another provider writes it, it gives that provider's events their actual."),
  currency: Currency.default('USD').describe('Currency that it concerns.'),
  impact: Impact.default('medium').describe('FRED has none.'),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .optional()
    .describe('Time of day of its releases in `zone`, such as `08:30`. FRED gives only days; without it events have no time of day.'),
  zone: Zone.default('America/New_York').describe('Time zone of `at`.'),
  figure: z
    .enum(['level', 'difference', 'percent', 'percent-year'])
    .default('level')
    .describe(
      'What is published of it: the number itself, its change from the period before, that in percent, or the change from a year before in percent.',
    ),
  decimals: z.number().int().min(0).max(6).default(1).describe('Decimals that the figure is rounded to, as its publisher does.'),
  scale: z.number().positive().default(1).describe('What a level or difference is multiplied by, such as 1000 for a series in thousands.'),
});

const Fred = z.strictObject({
  type: z
    .literal('fred')
    .describe('Actuals and release dates of the Federal Reserve Bank of St. Louis: first releases, by their vintages.'),
  name: Name.default('fred').describe('Begins the ids of its events.'),
  apiKey: KeyReference.default('env:FRED_API_KEY').describe('Where the API key is.'),
  url: Address.default('https://api.stlouisfed.org/fred').describe('Its address.'),
  everyMinutes: Everyday.min(10).default(360).describe('How often each series, and its release dates, are asked for.'),
  series: z.array(FredSeries).min(1).max(50).describe('The series.'),
});

const Field = z.union([Pointer, z.array(Pointer).min(1).max(4)]);

const Mapped = z.strictObject({
  type: z.literal('mapped').describe('A calendar in JSON or CSV, by a mapping of its fields.'),
  name: Name.describe('Begins the ids of its events.'),
  url: Address.describe('Its address.'),
  format: z.enum(['json', 'csv']).default('json').describe('A CSV has a header line; its columns are the fields `/<column>`.'),
  headers: Headers.default({}).describe('Headers of the request; a value may be the reference of a key.'),
  query: Headers.default({}).describe('Parameters added to the address; a value may be the reference of a key.'),
  everyMinutes: Everyday.default(60).describe('How often it is asked.'),
  minGapSeconds: z
    .number()
    .int()
    .min(10)
    .max(3_600)
    .default(60)
    .describe('The least between two requests, also around releases: what its terms allow.'),
  items: z
    .union([z.literal(''), Pointer])
    .default('')
    .describe('JSON Pointer of the list of events in the answer.'),
  complete: z
    .boolean()
    .default(true)
    .describe('It lists all events from its first to its last, so that a known event it lacks was withdrawn.'),
  zone: Zone.default('UTC').describe('Zone of times that are written without one.'),
  timeFormat: written.default('iso').describe('`iso`, `epoch-s`, `epoch-ms`, or a pattern such as `MM-dd-yyyy h:mma`.'),
  fields: z
    .strictObject({
      id: Pointer.optional().describe("The provider's lasting id of an event, where it has one."),
      title: Pointer.describe('Title.'),
      currency: Pointer.optional().describe('Currency, or a country that `currencies` makes one of.'),
      impact: Pointer.optional().describe('Impact, as `impacts` understands it.'),
      time: Field.describe('Time; several fields, such as a date and a time of day, are joined by a space.'),
      timed: Pointer.optional().describe('Says that the time of day is known; `untimed` lists the values that say that it is not.'),
      forecast: Pointer.optional().describe('Forecast.'),
      previous: Pointer.optional().describe('Figure before, as revised.'),
      actual: Pointer.optional().describe('Actual.'),
      unit: Pointer.optional().describe('Unit, for figures that are written without one.'),
      url: Pointer.optional().describe('Page about the event.'),
    })
    .describe('Where the fields are in each event: JSON Pointers.'),
  currency: Currency.optional().describe('Currency of all events, where they name none.'),
  currencies: z
    .record(z.string(), Currency)
    .default({})
    .describe('What `fields.currency` has -> currency, such as `{"United States": "USD"}`. Where it is given, what it lacks is left out.'),
  impacts: z
    .record(z.string(), Impact)
    .default({ '1': 'low', '2': 'medium', '3': 'high', low: 'low', medium: 'medium', high: 'high', holiday: 'holiday' })
    .describe('What `fields.impact` has, in lower case -> impact.'),
  untimed: z.array(z.string()).max(20).default(['1']).describe('Values of `fields.timed` of events whose time of day is not known.'),
  publish: z.boolean().default(true).describe('False: only surprises are learned from it, such as from a file of past years.'),
});

const Ics = z.strictObject({
  type: z.literal('ics').describe('A calendar in iCalendar form, such as the schedule of the US Bureau of Labor Statistics.'),
  name: Name.describe('Begins the ids of its events.'),
  url: Address.describe('Its address, such as `https://www.bls.gov/schedule/news_release/bls.ics`.'),
  headers: Headers.default({}).describe('Headers of the request. The BLS wants a User-Agent with an address of who asks.'),
  everyMinutes: Everyday.min(30).default(720).describe('How often it is asked.'),
  zone: Zone.default('America/New_York').describe('Zone of times that are written without one.'),
  currency: Currency.default('USD').describe('Currency of its events.'),
  impact: Impact.default('low').describe('Impact of its events.'),
  impacts: z
    .record(z.string().min(1), Impact)
    .default({})
    .describe('Part of a title -> impact, such as `{"Consumer Price Index": "high"}`.'),
});

/** The config of the economic plugin; README.md has it as a table. */
export const Config = z
  .strictObject({
    providers: z
      .array(z.discriminatedUnion('type', [ForexFactory, Fred, Mapped, Ics]))
      .max(20)
      .default([ForexFactory.parse({ type: 'forex-factory' })])
      .describe('Where events come from. An empty list asks nobody.'),
    currencies: z
      .array(Currency)
      .max(50)
      .default([])
      .describe('Currencies that are published; empty: all. What concerns all currencies always is.'),
    impacts: z.array(Impact).default(['high', 'medium', 'low', 'none', 'holiday']).describe('Impacts that are published.'),
    countdown: z
      .strictObject({
        high: Countdown.default([30, 5, 0]).describe('Before events of high impact.'),
        medium: Countdown.default([]).describe('Of medium impact.'),
        low: Countdown.default([]).describe('Of low impact.'),
        none: Countdown.default([]).describe('Of no stated impact.'),
      })
      .prefault({})
      .describe('Minutes before a release at which its countdown is told; 0 is the release itself.'),
    surpriseSamples: z
      .number()
      .int()
      .min(2)
      .max(60)
      .default(8)
      .describe('With fewer past surprises of an event, a surprise has no standard deviations.'),
    symbols: z
      .record(Currency, z.array(z.string().min(1).max(64)).max(80))
      .default({})
      .describe('Symbols that a currency moves, in place of the table below.'),
  })
  .superRefine(({ providers }, context) => {
    providers.forEach(({ name }, index) => {
      if (providers.findIndex((other) => other.name === name) === index) return;
      context.addIssue({
        code: 'custom',
        path: ['providers', index, 'name'],
        message: `"${name}" is the name of another one; give each its own`,
      });
    });
    providers.forEach((provider, index) => {
      if (provider.type !== 'mapped' || provider.fields.currency !== undefined || provider.currency !== undefined) return;
      context.addIssue({ code: 'custom', path: ['providers', index], message: 'needs fields.currency, or a currency for all its events' });
    });
  });
export type Config = z.infer<typeof Config>;

type Provider<T extends Config['providers'][number]['type']> = Extract<Config['providers'][number], { type: T }>;
export type FredConfig = Provider<'fred'>;
export type FredSeriesConfig = FredConfig['series'][number];
export type MappedConfig = Provider<'mapped'>;
export type IcsConfig = Provider<'ics'>;
