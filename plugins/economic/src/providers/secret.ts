import { readSecret } from '@tickhub/plugin-sdk';

/** Values that may each be the reference of a key, `env:NAME`. @returns why one is missing, or all values. */
export function resolveAll(
  values: Readonly<Record<string, string>>,
  dataDir: string,
): { values: Record<string, string> } | { missing: string } {
  const resolved: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const found = value.startsWith('env:') ? readSecret(value, dataDir) : { value };
    if ('missing' in found) return found;
    resolved[name] = found.value;
  }
  return { values: resolved };
}

/** An address with parameters added to its query. */
export function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}
