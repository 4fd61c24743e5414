const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'ws:', 'wss:']);

/**
 * The hosts of all addresses anywhere in a plugin's config, as `permissions.hosts` would name them. A config is written by the user, or comes with a
 * manifest that was inspected, so an address in it is leave to go there.
 */
export function hostsIn(config: unknown): string[] {
  const hosts = new Set<string>();
  collect(config, hosts);
  return [...hosts];
}

function collect(value: unknown, hosts: Set<string>): void {
  if (typeof value === 'string') {
    const url = /^\s*(https?|wss?):/i.test(value) ? URL.parse(value) : null;
    if (url !== null && SCHEMES.has(url.protocol) && url.hostname !== '') hosts.add(url.host);
  } else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) collect(member, hosts);
  }
}
