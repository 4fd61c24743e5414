import { z } from 'zod';
import type { Feed } from '../manifest/feed.ts';
import { BODY_DEFAULTS, NAMED_AFTER_PLUGIN } from '../manifest/feed-rules.ts';
import { RecordBodies } from '../records/bodies.ts';
import { shown } from './convert.ts';
import { RowError } from './row-error.ts';
import type { Places } from '../manifest/places.ts';
import { compileJmesPath } from './selector.ts';
import type { Select } from './selector.ts';
import { badFeed, compileValue, readAll, selectorAt, targetOf } from './value.ts';
import type { ReadValue, Row, Target } from './value.ts';

/** Values of a row's fields, by name: for ticks all of them, for records those besides the body. */
export type Fields = Readonly<Record<string, unknown>>;

const TEXT: Target = { schema: z.string() };
const NUMBER: Target = { schema: z.number() };
const TARGETS: Readonly<Record<string, Target>> = {
  symbol: TEXT,
  key: TEXT,
  sourceTime: TEXT,
  time: { isTime: true },
  bid: NUMBER,
  ask: NUMBER,
  last: NUMBER,
  volume: NUMBER,
  ordinal: NUMBER,
};

/** A feed with its expressions compiled. */
export class CompiledFeed {
  readonly feed: Feed;
  readonly #places: Places;
  readonly #rows: Select | null;
  readonly #where: Select | null;
  readonly #fields: readonly (readonly [string, ReadValue])[];
  readonly #body: readonly (readonly [string, ReadValue])[];
  readonly #bodySchema: z.ZodType | null;
  readonly #bodyDefaults: Readonly<Record<string, unknown>>;

  /**
   * @param plugin the id of the plugin, which is the name of its source.
   * @throws {PluginFault} BAD_FEED with the line of what is wrong.
   */
  constructor(feed: Feed, plugin: string, places: Places) {
    this.feed = feed;
    this.#places = places;
    const isRss = feed.source.type === 'http' && feed.source.format === 'rss';
    const terms = { places, timeFormat: isRss ? 'rfc822' : 'iso' };
    this.#rows = feed.rows === undefined ? null : selectorAt(feed.rows, ['rows'], terms);
    this.#where = feed.where === undefined ? null : this.#condition(feed.where);
    const { body = {}, ...fields } = feed.map;
    if (isRss && feed.to !== 'ticks') fields.key ??= 'id || link';
    this.#fields = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, compileValue(value, ['map', name], TARGETS[name] ?? {}, terms)] as const],
    );
    this.#bodySchema = feed.to === 'ticks' ? null : RecordBodies[feed.to];
    const shape = shapeOf(this.#bodySchema);
    this.#body = Object.entries(body).map(([name, value]) => [
      name,
      compileValue(value, ['map', 'body', name], targetOf(name, shape[name]), terms),
    ]);
    const named = NAMED_AFTER_PLUGIN[feed.to];
    this.#bodyDefaults = { ...BODY_DEFAULTS[feed.to], ...(named === undefined ? {} : { [named]: plugin }) };
  }

  /**
   * The rows of a document or message, oldest first, without those that `where` leaves out.
   * @throws Error when there is nothing where `rows` points; for a message that is `optional`, as answers to a subscription are among them.
   */
  rows(document: unknown, receivedAt: number, { optional }: { optional: boolean }): Row[] {
    const found = this.#rows === null ? document : this.#rows(document);
    if (found === undefined || found === null) {
      if (optional) return [];
      throw new RowError(`${this.#places.at(['rows'])}: ${JSON.stringify(this.feed.rows ?? '')} gives nothing in this document`);
    }
    const values: unknown[] = Array.isArray(found) ? found : [found];
    const rows = values.map((value, index) => ({ value, number: index + 1, receivedAt }));
    if (this.feed.order === 'newest-first') rows.reverse();
    return this.#where === null ? rows : rows.filter((row) => this.#isWanted(row));
  }

  /** The fields of a row; one without a value is left out. @throws {RowError} */
  fields(row: Row): Fields {
    const fields = readAll(this.#fields, row);
    const needed = this.feed.to === 'ticks' ? ['symbol', 'time'] : this.feed.map.key === undefined ? ['time'] : ['time', 'key'];
    for (const name of needed) if (fields[name] === undefined) throw this.#nothing(['map', name], row);
    return fields;
  }

  /** The body of a row's record. @throws {RowError} */
  body(row: Row): Record<string, unknown> {
    const body = { ...this.#bodyDefaults, ...readAll(this.#body, row) };
    const parsed = this.#bodySchema?.safeParse(body);
    if (parsed === undefined || parsed.success) return body;
    const [issue] = parsed.error.issues;
    const [name = ''] = issue?.path ?? [];
    const value = Reflect.get(body, name) as unknown;
    if (value === undefined) throw this.#nothing(['map', 'body', String(name)], row);
    throw new RowError(`${this.#places.at(['map', 'body', String(name)])}: gives ${shown(value)}: ${issue?.message} (row ${row.number})`);
  }

  #nothing(path: readonly string[], row: Row): RowError {
    return new RowError(`${this.#places.at(path)}: gives nothing (row ${row.number})`);
  }

  #condition(text: string): Select {
    try {
      return compileJmesPath(text);
    } catch (error) {
      throw badFeed(this.#places.at(['where']), `${JSON.stringify(text)}: ${(error as Error).message}`);
    }
  }

  /** As JMESPath has it: false, null, and empty text, lists and objects are not. */
  #isWanted(row: Row): boolean {
    let value: unknown;
    try {
      value = this.#where?.(row.value);
    } catch {
      // A function that does not fit what this row is.
      return false;
    }
    if (value === undefined || value === null || value === false || value === '') return false;
    return typeof value !== 'object' || Object.keys(value).length > 0;
  }
}

function shapeOf(schema: z.ZodType | null): Readonly<Record<string, z.core.$ZodType>> {
  if (schema instanceof z.ZodObject) return schema.shape as Record<string, z.core.$ZodType>;
  if (!(schema instanceof z.ZodUnion)) return {};
  // A body of several kinds: a field is the same in each of them that has it.
  return Object.assign({}, ...schema.options.map((option) => shapeOf(option as z.ZodType))) as Record<string, z.core.$ZodType>;
}
