/** Turns the JSON Schema of a config into the rows of a reference: one for each field, in the schema's order, nested ones after their parent. */
import type { z } from 'zod';

type Schema = z.core.JSONSchema.JSONSchema;

export interface ConfigField {
  /** `mapping.auto`, `files[].path`, `feeds.*.url`; of one kind among several: `providers[kind=fred].key`. */
  readonly path: string;
  /** What it may be, in words. */
  readonly type: string;
  /** Empty where the schema has none. */
  readonly description: string;
  readonly required: boolean;
  /** The default: the manifest's, else the schema's; undefined where there is none. */
  readonly value: unknown;
}

/** @param defaults the manifest's defaults, which go before the schema's. */
export function configFields(schema: Schema, defaults: unknown): ConfigField[] {
  return inside(schema, '', defaults);
}

function inside(schema: Schema, at: string, defaults: unknown): ConfigField[] {
  if (schema.anyOf !== undefined) {
    const shapes = schema.anyOf.filter(isObject);
    return shapes.flatMap((shape) => inside(shape, shapes.length > 1 ? ofKind(at, shape) : at, defaults));
  }
  if (schema.oneOf !== undefined) return inside({ anyOf: schema.oneOf }, at, defaults);
  if (schema.items !== undefined) return inside(single(schema.items), `${at}[]`, undefined);
  if (isObject(schema.additionalProperties)) return inside(schema.additionalProperties, `${at}.*`, undefined);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const child = single(property);
    const path = at === '' ? name : `${at}.${name}`;
    const given = (defaults as Record<string, unknown> | undefined)?.[name];
    const nested = inside(child, path, given);
    const value = given ?? child.default;
    return [
      {
        path,
        type: words(child),
        description: child.description ?? '',
        required: schema.required?.includes(name) ?? false,
        // The fields of an object have defaults of their own.
        value: child.properties !== undefined ? undefined : value,
      },
      ...nested,
    ];
  });
}

const isObject = (schema: unknown): schema is Schema => typeof schema === 'object' && schema !== null;
/** zod writes neither lists of item schemas nor `true`, but where a tuple or `z.any()` is used: nothing is known of these. */
const single = (schema: unknown): Schema => (isObject(schema) && !Array.isArray(schema) ? schema : {});

/** `providers[]` -> `providers[kind=fred]`, by the constant that tells one shape of a union from the others. */
function ofKind(at: string, shape: Schema): string {
  const constant = Object.entries(shape.properties ?? {}).find(([, property]) => isObject(property) && property.const !== undefined);
  return constant === undefined ? at : `${at.replace(/\[\]$/, '')}[${constant[0]}=${String(single(constant[1]).const)}]`;
}

function words(schema: Schema): string {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return [...new Set(variants.map((variant) => words(single(variant))))].join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  switch (schema.type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      return `whole number${range(schema)}`;
    case 'number':
      return `number${range(schema)}`;
    case 'string':
      return schema.format === 'uri' ? 'URL' : 'text';
    case 'array':
      return `list of ${plural(words(single(schema.items)))}${schema.maxItems === undefined ? '' : `, at most ${count(schema.maxItems)}`}`;
    case 'object':
      return isObject(schema.additionalProperties) ? `object: name to ${words(schema.additionalProperties)}` : 'object';
    default:
      return 'any value';
  }
}

function plural(type: string): string {
  return type.replace(/^(text|URL|object|number|whole number)\b/, (word) => (word === 'text' ? 'texts' : `${word}s`));
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const bound = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (bound(minimum) && bound(maximum)) return `, ${count(minimum)} to ${count(maximum)}`;
  const parts = [
    bound(minimum) ? `${count(minimum)} or more` : bound(exclusiveMinimum) ? `above ${count(exclusiveMinimum)}` : '',
    bound(maximum) ? `at most ${count(maximum)}` : bound(exclusiveMaximum) ? `below ${count(exclusiveMaximum)}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

const count = (value: number): string => value.toLocaleString('en-US');
