/** A value that may be the reference of a key: `env:NAME`. */
export function resolveReference(value: string, env: NodeJS.ProcessEnv): { value: string } | { missing: string } {
  if (!value.startsWith('env:')) return { value };
  const name = value.slice('env:'.length);
  const found = env[name]?.trim();
  return found === undefined || found === '' ? { missing: name } : { value: found };
}

/** Several of them. @returns the names of variables that are not set, or all values. */
export function resolveAll(
  values: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): { values: Record<string, string> } | { missing: string } {
  const resolved: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const found = resolveReference(value, env);
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
