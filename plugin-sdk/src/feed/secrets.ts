import { SourceFault } from '../sources/poll.ts';

const REFERENCE = /\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Fills in `{env:NAME}`. @throws {SourceFault} `off` when the variable is not set: what it is, is never shown. */
export function withSecrets(text: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  return text.replace(REFERENCE, (_whole, name: string) => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new SourceFault('off', `the environment variable ${name} is not set; set it and start Tickhub again`);
    return value;
  });
}

/** The same for all texts within a JSON value. */
export function valueWithSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withSecrets(value);
  if (Array.isArray(value)) return value.map(valueWithSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, valueWithSecrets(inner)]));
}
