import { z } from 'zod';
import type { FeedMapping } from '../manifest/feed.ts';
import { PluginFault } from '../run/fault.ts';
import { shown, toSchema, toType } from './convert.ts';
import type { Convert } from './convert.ts';
import { RowError } from './row-error.ts';
import type { Path, Places } from '../manifest/places.ts';
import { compileSelector } from './selector.ts';
import type { Select } from './selector.ts';
import { timeFormat } from './time-text.ts';

/** A row, and what is known of it besides. */
export interface Row {
  readonly value: unknown;
  /** From 1, in its document or message. */
  readonly number: number;
  /** When it was received, Unix epoch milliseconds. */
  readonly receivedAt: number;
}

/** Reads the value of one field; undefined where there is none. Throws {@link RowError}. */
export type ReadValue = (row: Row) => unknown;

export interface ValueTerms {
  readonly places: Places;
  /** The format of a time that names none. */
  readonly timeFormat: string;
}

/** What a field takes. */
export interface Target {
  /** Its schema, where it has one. */
  readonly schema?: z.core.$ZodType | undefined;
  readonly isTime?: boolean;
}

/**
 * Compiles a mapping.
 * @param path of it below `feed`.
 * @throws {PluginFault} BAD_FEED with the line of what is wrong.
 */
export function compileValue(given: string | FeedMapping, path: Path, target: Target, terms: ValueTerms): ReadValue {
  const mapping: FeedMapping = typeof given === 'string' ? { at: given } : given;
  const at = terms.places.at(path);
  const { find, words } = finder(mapping, path, typeof given === 'string' ? path : null, terms);
  if (mapping.fields !== undefined) return fieldsOf(mapping.fields, path, target, terms);
  if (mapping.list !== undefined) return listOf(mapping.list, path, target, terms);
  const convert = converter(mapping, path, target, terms);
  return (row) => {
    let found: unknown;
    try {
      found = find(row);
      if ((found === undefined || found === null || found === '') && mapping.default !== undefined) return mapping.default;
      if (found === undefined || found === null) return undefined;
      return convert(found);
    } catch (error) {
      if (error instanceof RowError) throw error;
      const gives = found === undefined ? '' : `gives ${shown(found)} `;
      throw new RowError(`${at}: ${words} ${gives}${(error as Error).message} (row ${row.number})`, { cause: error });
    }
  };
}

/** @param short where the selector stands when it is the whole mapping. */
function finder(mapping: FeedMapping, path: Path, short: Path | null, terms: ValueTerms): { find: (row: Row) => unknown; words: string } {
  if (mapping.at !== undefined) {
    const select = selectorAt(mapping.at, short ?? [...path, 'at'], terms);
    return { find: (row) => select(row.value), words: JSON.stringify(mapping.at) };
  }
  if (mapping.now === true) return { find: (row) => row.receivedAt, words: 'now' };
  if (mapping.template !== undefined) {
    const fill = compileTemplate(mapping.template, [...path, 'template'], terms);
    return { find: fill, words: JSON.stringify(mapping.template) };
  }
  return { find: () => mapping.const, words: 'const' };
}

function converter(mapping: FeedMapping, path: Path, target: Target, terms: ValueTerms): Convert {
  const translate = mapping.values === undefined ? null : translator(mapping.values, mapping);
  let convert: Convert;
  if (mapping.now === true) convert = (value) => value;
  else if (mapping.time !== undefined || (target.isTime === true && mapping.const === undefined)) {
    try {
      convert = timeFormat(mapping.time ?? terms.timeFormat, mapping.zone ?? 'UTC');
    } catch (error) {
      throw badFeed(terms.places.at([...path, 'time']), (error as Error).message);
    }
  } else if (mapping.type !== undefined) convert = toType(mapping.type, mapping);
  else convert = toSchema(target.schema, mapping);
  return translate === null ? convert : (value) => convert(translate(value));
}

function translator(values: NonNullable<FeedMapping['values']>, mapping: FeedMapping): Convert {
  return (value) => {
    const key = String(value);
    if (Object.hasOwn(values, key)) return values[key];
    if (mapping.default !== undefined) return mapping.default;
    throw new Error(`where one of ${Object.keys(values).slice(0, 10).join(', ')} is needed`);
  };
}

function fieldsOf(fields: Readonly<Record<string, string | FeedMapping>>, path: Path, target: Target, terms: ValueTerms): ReadValue {
  const shape = target.schema instanceof z.ZodObject ? (target.schema.shape as Readonly<Record<string, z.core.$ZodType>>) : {};
  const reads = Object.entries(fields).map(([name, inner]): [string, ReadValue] => [
    name,
    compileValue(inner, [...path, 'fields', name], targetOf(name, shape[name]), terms),
  ]);
  return (row) => readAll(reads, row);
}

function listOf(list: readonly (string | FeedMapping)[], path: Path, target: Target, terms: ValueTerms): ReadValue {
  const schema = target.schema instanceof z.ZodArray ? (target.schema.element as z.core.$ZodType) : undefined;
  const reads = list.map((inner, index) => compileValue(inner, [...path, 'list', index], { schema }, terms));
  return (row) => reads.map((read) => read(row)).filter((value) => value !== undefined);
}

/** The fields that have a value. */
export function readAll(reads: readonly (readonly [name: string, read: ReadValue])[], row: Row): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, read] of reads) {
    const value = read(row);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** Times are named `...At`, and are numbers. */
export function targetOf(name: string, schema: z.core.$ZodType | undefined): Target {
  const inner = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? schema.unwrap() : schema;
  if (inner instanceof z.ZodObject || inner instanceof z.ZodArray) return { schema: inner };
  return { schema, isTime: /[a-z]At$/.test(name) && inner instanceof z.ZodNumber };
}

const BRACES = /\{([^{}]*)\}/g;

function compileTemplate(template: string, path: Path, terms: ValueTerms): (row: Row) => string {
  const parts = [...template.matchAll(BRACES)].map(({ 1: selector = '', index, 0: whole }) => ({
    select: selectorAt(selector, path, terms),
    selector,
    from: index,
    to: index + whole.length,
  }));
  return (row) => {
    let out = '';
    let at = 0;
    for (const { select, selector, from, to } of parts) {
      const value = select(row.value);
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        throw new Error(`has {${selector}}, which gives ${shown(value)} where text is needed`);
      }
      out += template.slice(at, from) + String(value);
      at = to;
    }
    return out + template.slice(at);
  };
}

/** @throws {PluginFault} BAD_FEED */
export function selectorAt(text: string, path: Path, { places }: Pick<ValueTerms, 'places'>): Select {
  try {
    return compileSelector(text);
  } catch (error) {
    throw badFeed(places.at(path), `${JSON.stringify(text)}: ${(error as Error).message}`);
  }
}

export function badFeed(at: string, what: string): PluginFault {
  const fault = new PluginFault('BAD_FEED', `${at}: ${what}`);
  // A stack leads to where this was found, which is nothing to whoever wrote the plugin.json.
  Reflect.deleteProperty(fault, 'stack');
  return fault;
}
