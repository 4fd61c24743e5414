import { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { PluginManifest } from './manifest.ts';

/** One thing that is wrong with a manifest. */
export interface ManifestError {
  /** The field, such as `permissions.hosts.0`; empty when it is the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
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
      message: `is not JSON: ${(error as Error).message}`,
      remedy: `Correct ${fileName} at that place; JSON has no comments and no comma before a closing bracket.`,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failed({
      path: '',
      message: 'is not a JSON object',
      remedy: `Let ${fileName} be { "id": ..., "version": ..., "kind": ..., "sdk": ..., "entry": ... }.`,
    });
  }
  const parsed = PluginManifest.safeParse(value);
  if (parsed.success) return { ok: true, manifest: parsed.data };
  return { ok: false, errors: parsed.error.issues.flatMap((issue) => errorsOf(issue, value)) };
}

function failed(error: ManifestError): ParsedManifest {
  return { ok: false, errors: [error] };
}

function errorsOf(issue: z.core.$ZodIssue, root: object): ManifestError[] {
  const path = issue.path.map(String);
  const field = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => {
      const nearest = nearestName(key, known);
      return {
        path: [...path, key].join('.'),
        message: 'there is no such field',
        remedy:
          nearest === null
            ? `Remove it; ${field === '' ? 'a manifest' : `"${field}"`} has ${known.join(', ')}.`
            : `Write "${nearest}", or remove it.`,
      };
    });
  }
  if (valueAt(root, path) === undefined) {
    return [{ path: field, message: 'is missing', remedy: `Add "${path.at(-1) ?? ''}"${example(field)}.` }];
  }
  return [{ path: field, message: issue.message, remedy: `Correct "${field}"${example(field)}.` }];
}

const EXAMPLES: Readonly<Record<string, string>> = {
  id: '"my-feed"',
  version: '"1.0.0"',
  kind: '"data-source", "model" or "transport"',
  sdk: '"^0.1.0"',
  entry: '"index.ts"',
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
  let schema: z.core.$ZodType | undefined = PluginManifest;
  for (const key of path) schema = schema instanceof z.ZodObject ? unwrapped(schema.shape[key] as z.core.$ZodType | undefined) : undefined;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).filter((key) => key !== '$schema') : [];
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? (schema.unwrap() as z.core.$ZodType)
    : schema;
}
