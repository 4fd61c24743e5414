import type { CalendarValue } from '@tickhub/plugin-sdk';
import type { MappedConfig } from '../../config.ts';
import type { ListedEvent } from '../../events/listing.ts';
import { readFigure } from '../../figures/read-figure.ts';
import { timeFormat } from '../../time/written-time.ts';
import { compilePointer, decodeText } from '@tickhub/plugin-sdk/documents';
import { UnreadableAnswer } from '../feed.ts';
import type { Feed } from '../feed.ts';
import { readEntries, spanOf } from '../listed.ts';
import { withQuery } from '../secret.ts';

export interface MappedTerms {
  readonly config: MappedConfig;
  readonly headers: Record<string, string>;
  readonly query: Record<string, string>;
}

/** A calendar in JSON or CSV, by the mapping that the config gives. */
export function mappedCalendar({ config, headers, query }: MappedTerms): Feed {
  const { name, url, everyMinutes, minGapSeconds, complete, fields } = config;
  const read = entryReader(config);
  return {
    provider: name,
    scope: name,
    minGapMs: minGapSeconds * 1_000,
    actuals: fields.actual === undefined ? 'none' : 'where-figures',
    polls: [
      {
        name: `economic:${name}`,
        eager: true,
        everyMs: everyMinutes * 60_000,
        request: () => ({ url: withQuery(url, query), headers }),
        async read({ body }) {
          const text = decodeText(body);
          const entries = config.format === 'json' ? jsonEntries(text, config.items) : await csvEntries(text);
          return readEntries(entries, read, (events) => (complete ? spanOf(events) : null));
        },
      },
    ],
  };
}

function jsonEntries(text: string, items: string): readonly unknown[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new UnreadableAnswer('it is not JSON', error);
  }
  const list = compilePointer(items)(document);
  if (!Array.isArray(list))
    throw new UnreadableAnswer(items === '' ? 'it is no list; "items" says where the list is' : `it has no list at "${items}" (items)`);
  return list as unknown[];
}

async function csvEntries(text: string): Promise<readonly unknown[]> {
  // The CSV parser is loaded by those who need it.
  const { parse } = await import('csv-parse/sync');
  try {
    return parse(text, {
      columns: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: 65_536,
    }) as unknown[];
  } catch (error) {
    throw new UnreadableAnswer(`it is no CSV with a header line: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

/** @returns what reads one entry; null for one whose currency the config leaves out. */
function entryReader({
  fields,
  currency: fixed,
  currencies,
  impacts,
  untimed,
  zone,
  timeFormat: format,
}: MappedConfig): (entry: unknown) => ListedEvent | null {
  const readTime = timeFormat(format);
  const times = typeof fields.time === 'string' ? [fields.time] : fields.time;
  return (entry) => {
    const title = textAt(entry, fields.title) ?? '';
    if (title === '') throw new Error(`there is no title at "${fields.title}"`);
    const currency = currencyOf(textAt(entry, fields.currency), fixed, currencies);
    if (currency === null) return null;
    const sourceTime = times
      .map((pointer) => textAt(entry, pointer) ?? '')
      .join(' ')
      .trim();
    const time = readTime(sourceTime, zone);
    if (time === null) throw new Error(`"${sourceTime.slice(0, 60)}" at "${times.join(' ')}" is no time of the format "${format}"`);
    const unit = textAt(entry, fields.unit);
    const id = textAt(entry, fields.id);
    const url = textAt(entry, fields.url);
    const timed = textAt(entry, fields.timed);
    return {
      ...(id !== undefined && id !== '' && { id }),
      title,
      currency,
      impact: own(impacts, (textAt(entry, fields.impact) ?? '').toLowerCase()) ?? 'none',
      at: time.at,
      timed: time.timed && (timed === undefined || !untimed.includes(timed)),
      ...(time.shown !== 'once' && { doubtful: true as const }),
      sourceTime,
      ...figureAt('forecast', entry, fields.forecast, unit),
      ...figureAt('previous', entry, fields.previous, unit),
      ...figureAt('actual', entry, fields.actual, unit),
      ...(url !== undefined && /^https?:\/\/\S{1,3990}$/.test(url) && { url }),
    };
  };
}

/** Every object has a `constructor`, which no table means. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function currencyOf(given: string | undefined, fixed: string | undefined, currencies: Readonly<Record<string, string>>): string | null {
  if (given === undefined || given === '') {
    if (fixed === undefined) throw new Error('it names no currency');
    return fixed;
  }
  const mapped = own(currencies, given);
  if (mapped !== undefined) return mapped;
  if (Object.keys(currencies).length > 0) return null;
  const currency = given.toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) throw new Error(`"${given.slice(0, 60)}" is no currency; "currencies" can make one of it`);
  return currency;
}

/** Nothing where the mapping has no such field; null where the entry has no figure (yet). */
function figureAt(
  name: 'forecast' | 'previous' | 'actual',
  entry: unknown,
  pointer: string | undefined,
  unit: string | undefined,
): Partial<Record<typeof name, CalendarValue | null>> {
  if (pointer === undefined) return {};
  const figure = readFigure(textAt(entry, pointer) ?? '');
  const bare = figure !== null && figure.value !== null && figure.unit === undefined && unit !== undefined && unit !== '';
  return { [name]: bare ? { ...figure, unit: unit.slice(0, 16) } : figure };
}

/** What a pointer leads to as text: numbers and booleans as JSON writes them, and nothing for null, lists and objects. */
function textAt(document: unknown, pointer: string | undefined): string | undefined {
  if (pointer === undefined) return undefined;
  const value = compilePointer(pointer)(document);
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
