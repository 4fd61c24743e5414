import { z } from 'zod';
import type { FeedMapping, ValueType } from '../manifest/feed.ts';
import { describe } from '../run/fault.ts';
import { plainText } from './plain-text.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Signs that group thousands besides the one that is not the decimal sign. */
const GROUPING = /[\s'’\u00A0\u202F]/g;

/** What it makes of a value. Throws an Error whose message goes on from `gives <the value>`. */
export type Convert = (value: unknown) => unknown;

/** A conversion to a type that the mapping names. */
export function toType(type: ValueType, mapping: FeedMapping): Convert {
  switch (type) {
    case 'number':
      return (value) => toNumber(value, mapping);
    case 'integer':
      return (value) => {
        const number = toNumber(value, mapping);
        if (!Number.isInteger(number)) throw new Error('where a whole number is needed');
        return number;
      };
    case 'boolean':
      return toBoolean;
    case 'string':
      return toText;
    case 'plain-text':
      return (value) => plainText(toText(value));
    case 'json':
      return (value) => {
        if (typeof value !== 'string') throw new Error('where text that is JSON is needed');
        try {
          return JSON.parse(value) as unknown;
        } catch (error) {
          throw new Error(`which is no JSON: ${(error as Error).message}`, { cause: error });
        }
      };
  }
}

/** A conversion to what a field of a schema takes, as far as that is told from text: numbers in text, lists of them. */
export function toSchema(schema: z.core.$ZodType | undefined, mapping: FeedMapping): Convert {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    const inner = toSchema(schema.unwrap() as z.core.$ZodType, mapping);
    return (value) => (value === null || value === undefined ? value : inner(value));
  }
  if (schema instanceof z.ZodNumber) return (value) => toNumber(value, mapping);
  if (schema instanceof z.ZodString) return toText;
  if (schema instanceof z.ZodBoolean) return toBoolean;
  if (schema instanceof z.ZodArray) {
    const element = toSchema(schema.element as z.core.$ZodType, mapping);
    return (value) => {
      if (!Array.isArray(value)) throw new Error('where a list is needed');
      return value.map(element);
    };
  }
  if (schema instanceof z.ZodTuple) {
    const items = (schema.def.items as readonly z.core.$ZodType[]).map((item) => toSchema(item, mapping));
    return (value) => {
      if (!Array.isArray(value)) throw new Error('where a list is needed');
      return value.slice(0, items.length).map((one, index) => items[index]?.(one));
    };
  }
  return (value) => value;
}

function toNumber(value: unknown, { decimal, scale = 1 }: FeedMapping): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value * scale;
  if (typeof value !== 'string') throw new Error('where a number is needed');
  let text = value.trim();
  if (decimal !== undefined) {
    text = text.replaceAll(GROUPING, '').replaceAll(decimal === ',' ? '.' : ',', '');
    if (decimal === ',') text = text.replace(',', '.');
  }
  if (!NUMBER.test(text)) throw new Error('where a number is needed');
  const number = Number(text) * scale;
  if (!Number.isFinite(number)) throw new Error('which is no number that a computer holds');
  return number;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error('where text is needed');
}

const YES_NO: Readonly<Record<string, boolean>> = { true: true, yes: true, '1': true, false: false, no: false, '0': false };

function toBoolean(value: unknown): boolean {
  const known = typeof value === 'object' ? undefined : YES_NO[String(value).trim().toLowerCase()];
  if (known === undefined) throw new Error('where true or false is needed');
  return known;
}

/** A value for a message: what it is, and how it begins. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `a string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  return typeof value === 'number' || typeof value === 'boolean' ? `a ${typeof value} ${value}` : describe(value);
}
