import { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { placeInJson } from './json-place.ts';
import type { Place } from './json-place.ts';
import { PluginManifest } from './manifest.ts';

/** One thing that is wrong with a manifest. */
export interface ManifestError {
  /** The field, such as `permissions.hosts.0`; empty when it is the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Where in the file; null where it is about the file as a whole. */
  readonly place: Place | null;
}

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: PluginManifest }
  | { readonly ok: false; readonly errors: readonly ManifestError[] };

/** Parses the text of a plugin.json. Never throws; `fileName` is named in the errors that are about the whole file. */
export function parseManifest(text: string, fileName: string): ParsedManifest {
  let value: unknown;
  try {
    // Notepad begins files with a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return failed({
      path: '',
      place: null,
      message: `is not JSON: ${(error as Error).message}`,
      remedy: `Correct ${fileName} at that place; JSON has no comments and no comma before a closing bracket.`,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failed({
      path: '',
      place: null,
      message: 'is not a JSON object',
      remedy: `Let ${fileName} be { "id": ..., "version": ..., "kind": ..., "sdk": ..., "entry": ... }.`,
    });
  }
  const parsed = PluginManifest.safeParse(value);
  if (parsed.success) return { ok: true, manifest: parsed.data };
  return {
    ok: false,
    errors: parsed.error.issues
      .flatMap((issue) => errorsOf(issue, [], value))
      .map(({ path, ...error }) => ({ path: path.join('.'), ...error, place: placeInJson(text, path) })),
  };
}

function failed(error: ManifestError): ParsedManifest {
  return { ok: false, errors: [error] };
}

type PathedError = Omit<ManifestError, 'path' | 'place'> & { readonly path: readonly string[] };

function errorsOf(issue: z.core.$ZodIssue, above: readonly string[], root: object): PathedError[] {
  const path = [...above, ...issue.path.map(String)];
  const field = path.join('.');
  if (issue.code === 'invalid_union') {
    // Of the forms it may have, the one that it is nearest to says what is wrong with it.
    const [meant] = issue.errors
      .filter((inner) => !inner.some((one) => one.path.length === 0 && one.code === 'invalid_type'))
      .sort((a, b) => countOf(a) - countOf(b));
    if (meant !== undefined) return meant.flatMap((inner) => errorsOf(inner, path, root));
  }
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => {
      const nearest = nearestName(key, known);
      return {
        path: [...path, key],
        message: 'there is no such field',
        remedy:
          nearest === null
            ? `Remove it; ${field === '' ? 'a manifest' : `"${field}"`} has ${known.join(', ')}.`
            : `Write "${nearest}", or remove it.`,
      };
    });
  }
  if (valueAt(root, path) === undefined) {
    return [
      { path, message: issue.code === 'custom' ? issue.message : 'is missing', remedy: `Add "${path.at(-1) ?? ''}"${example(field)}.` },
    ];
  }
  return [{ path, message: issue.message, remedy: `Correct "${field}"${example(field)}.` }];
}

function countOf(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

const EXAMPLES: Readonly<Record<string, string>> = {
  id: '"my-feed"',
  version: '"1.0.0"',
  kind: '"data-source", "model" or "transport"',
  sdk: '"^0.1.0"',
  entry: '"index.ts"',
  'feed.map.bid': '"/bid"',
  'feed.map.key': '"/id"',
  tier: '"free", "pro" or "enterprise"',
  'permissions.hosts': '["api.example.com"]',
  'permissions.env': '["MY_API_KEY"]',
  'limits.memoryMb': '256',
  'limits.startTimeoutMs': '10000',
  activation: '"always" or "configured"',
  overlap: 'true or false',
};

function example(field: string): string {
  const text = EXAMPLES[field] ?? EXAMPLES[field.replace(/\.\d+$/, '')];
  return text === undefined ? '' : `, such as ${text}`;
}

function valueAt(root: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), root);
}

/** Names of the fields that the schema has at a path. */
function keysAt(path: readonly string[]): string[] {
  let schemas: readonly z.core.$ZodType[] = [PluginManifest];
  for (const key of path) schemas = unwrapped(schemas).flatMap((schema) => childrenOf(schema, key));
  return [...new Set(objectsOf(schemas).flatMap((object) => Object.keys(object.shape)))].filter((key) => key !== '$schema');
}

function childrenOf(schema: z.core.$ZodType, key: string): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.core.$ZodType];
  const child = schema instanceof z.ZodObject ? (schema.shape[key] as z.core.$ZodType | undefined) : undefined;
  return child === undefined ? [] : [child];
}

/** The objects among some schemas, out of what wraps them. */
function objectsOf(schemas: readonly z.core.$ZodType[]): z.ZodObject[] {
  return unwrapped(schemas).filter((schema) => schema instanceof z.ZodObject);
}

/** What is in optional schemas, unions and the like. */
function unwrapped(schemas: readonly z.core.$ZodType[]): z.core.$ZodType[] {
  return schemas.flatMap((schema): z.core.$ZodType[] => {
    if (schema instanceof z.ZodUnion) return unwrapped(schema.options as readonly z.core.$ZodType[]);
    const isWrapper = schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
    return isWrapper ? unwrapped([schema.unwrap() as z.core.$ZodType]) : [schema];
  });
}
