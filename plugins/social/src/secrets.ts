import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What the config names and does not say: `env:NAME` (a variable that plugin.json lists) or `file:PATH` (relative to the plugin's data folder).
 * Values go into requests to the network that they are for, and nowhere else.
 */
export class Secrets {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #dataDir: string;

  constructor(env: Readonly<Record<string, string | undefined>>, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
  }

  /** The value behind a reference; null where there is none. */
  get(reference: string): string | null {
    const value = reference.startsWith('env:') ? this.#env[reference.slice(4)] : this.#read(reference.slice('file:'.length));
    const trimmed = value?.trim() ?? '';
    return trimmed === '' ? null : trimmed;
  }

  /** Why there is none, and what to do, for a person. */
  missing(reference: string | undefined, what: string): string {
    const [kind = '', name = ''] = (reference ?? '').split(/:(.*)/s);
    const where = kind === 'env' ? `the environment variable ${name} is not set` : `the file ${name} is missing or empty`;
    return `${where}; ${what}. Tickhub has to be started again after it is set`;
  }

  #read(file: string): string | undefined {
    try {
      return readFileSync(path.resolve(this.#dataDir, file), 'utf8');
    } catch {
      return undefined;
    }
  }
}
