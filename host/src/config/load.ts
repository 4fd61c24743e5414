import os from 'node:os';
import path from 'node:path';
import { readText } from '../storage/read-text.ts';
import { ConfigError } from './errors.ts';
import { ConfigSchema } from './schema.ts';
import type { Config } from './schema.ts';

/** Where settings come from, weakest first: the schema's defaults, the file, the environment, the flags. */
export interface ConfigLayers {
  readonly dataDir: string;
  /** The file to read; when it was not named by the user it may be missing. */
  readonly file: { readonly path: string; readonly named: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** `key.path=value` pairs of `--set`; the value is JSON, or a string where it is none. */
  readonly set: readonly string[];
}

/** Environment variable -> key. Their values are text, but for those of {@link ENV_NUMBERS}. */
const ENV_KEYS: Readonly<Record<string, string>> = {
  TICKHUB_TENANT: 'tenant',
  TICKHUB_TIER: 'embeddedBackend.tier',
  TICKHUB_BACKEND_URL: 'backend.url',
  TICKHUB_BACKEND_JWKS: 'backend.jwks',
  TICKHUB_BACKEND_TOKEN: 'backend.token',
  TICKHUB_CONTROL_PORT: 'controlPort',
  TICKHUB_LOG_LEVEL: 'log.level',
};

const ENV_NUMBERS: ReadonlySet<string> = new Set(['TICKHUB_CONTROL_PORT']);

/** Every variable that is read, for people. */
export const CONFIG_ENVIRONMENT: readonly string[] = ['TICKHUB_DATA', 'TICKHUB_CONFIG', ...Object.keys(ENV_KEYS)];

/** The folder for all that the host keeps, by the platform's custom. */
export function defaultDataDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env['TICKHUB_DATA']) return path.resolve(env['TICKHUB_DATA']);
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? path.join(os.homedir(), 'AppData', 'Local'), 'Tickhub');
  if (platform === 'darwin') return path.join(os.homedir(), 'Library', 'Application Support', 'Tickhub');
  return path.join(env['XDG_DATA_HOME'] ?? path.join(os.homedir(), '.local', 'share'), 'tickhub');
}

/** @throws {ConfigError} naming the layer and the key. */
export async function loadConfig(layers: ConfigLayers): Promise<Config> {
  // What JSON.parse gives has `__proto__`, if it is there, as a key of its own: nothing of the file reaches a prototype.
  const merged = await readFileLayer(layers.file);
  const origin = new Map<string, string>();
  note(merged, layers.file.path, origin);
  for (const [name, key] of Object.entries(ENV_KEYS)) {
    const value = layers.env[name];
    if (value === undefined || value === '') continue;
    put(merged, key, ENV_NUMBERS.has(name) ? jsonOrString(value) : value, name, origin);
  }
  for (const pair of layers.set) {
    const cut = pair.indexOf('=');
    if (cut < 1) throw new ConfigError('CONFIG_SYNTAX', `--set ${pair}: write it as key=value, for example --set plugins.mt5.port=47801`);
    put(merged, pair.slice(0, cut), jsonOrString(pair.slice(cut + 1)), `--set ${pair.slice(0, cut)}`, origin);
  }
  const parsed = ConfigSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    'CONFIG_VALUE',
    parsed.error.issues.map((issue) => inWords(issue, merged, origin, layers.file.path)).join('\n'),
    parsed.error,
  );
}

async function readFileLayer(file: ConfigLayers['file']): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readText(file.path);
  } catch (error) {
    if (!file.named && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError(
      'CONFIG_UNREADABLE',
      `${file.path}: cannot be read (${(error as NodeJS.ErrnoException).code}); check the path and your rights to it`,
      error,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError('CONFIG_SYNTAX', `${file.path}: is not JSON: ${(error as Error).message}`, error);
  }
  if (!isPlain(value)) throw new ConfigError('CONFIG_SYNTAX', `${file.path}: has to hold one JSON object, { ... }`);
  return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Notes for each key of the file, and those within it, where it comes from. */
function note(layer: Record<string, unknown>, name: string, origin: Map<string, string>, prefix = ''): void {
  for (const [key, value] of Object.entries(layer)) {
    origin.set(prefix + key, name);
    if (isPlain(value)) note(value, name, origin, `${prefix}${key}.`);
  }
}

/** Own properties only: a key from outside must never reach a prototype. */
function put(target: Record<string, unknown>, keyPath: string, value: unknown, name: string, origin: Map<string, string>): void {
  const keys = keyPath.split('.');
  const last = keys.pop() as string;
  let at = target;
  for (const key of keys) {
    const next = Object.hasOwn(at, key) && isPlain(at[key]) ? at[key] : {};
    define(at, key, next);
    at = next;
  }
  define(at, last, value);
  origin.set(keyPath, name);
}

/** An assignment to `__proto__` would change the prototype; this makes it a key like others, which the schema refuses. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function jsonOrString(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function inWords(
  issue: { path: PropertyKey[]; message: string; code: string },
  merged: Record<string, unknown>,
  origin: Map<string, string>,
  file: string,
): string {
  const keys = issue.path.map(String);
  let from: string | undefined;
  for (let n = keys.length; n > 0 && from === undefined; n--) from = origin.get(keys.slice(0, n).join('.'));
  const where = from ?? file;
  if (keys.length === 0) return `${where}: ${issue.message}`;
  const key = `"${keys.join('.')}"`;
  return isThere(merged, keys) ? `${where}: ${key}: ${issue.message}` : `${where}: ${key} is missing`;
}

function isThere(root: unknown, keys: readonly string[]): boolean {
  let at = root;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}
