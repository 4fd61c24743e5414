import { isIP } from 'node:net';

/** One entry of a manifest's `permissions.hosts`. */
export interface HostPattern {
  /** Lower case; an IPv6 address without brackets; without the `*.` of a wildcard. */
  readonly host: string;
  /** True for `*.example.com`: any name below it, not the name itself. */
  readonly below: boolean;
  /** Null: the usual port of the scheme. */
  readonly port: number | null;
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Reads `api.example.com`, `*.example.com`, `127.0.0.1:8080`, `[::1]:8080`. Returns a string saying what is wrong otherwise. */
export function parseHostPattern(text: string): HostPattern | string {
  let rest = text.trim().toLowerCase();
  if (rest.includes('/')) return 'has a scheme or a path';
  let port: number | null = null;
  const ported = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(rest);
  if (ported) {
    rest = ported[1] as string; // The groups of a match that has no optional ones.
    port = Number(ported[2]);
    if (port < 1 || port > 65_535) return `has the port ${port}, allowed are 1 to 65535`;
  }
  if (rest.startsWith('[') && rest.endsWith(']')) rest = rest.slice(1, -1);
  if (isIP(rest)) return { host: canonicalHost(rest), below: false, port };
  const below = rest.startsWith('*.');
  const host = below ? rest.slice(2) : rest;
  if (!NAME.test(host)) return host.includes('*') ? 'has a * that is not its first label' : 'is not a host';
  if (below && !host.includes('.')) return 'would allow a whole top-level domain';
  return { host, below, port };
}

/** A host as the URL parser writes it (`::1` for `0:0:0:0:0:0:0:1`), without brackets and final dot. */
export function canonicalHost(host: string): string {
  const url = URL.parse(`http://${isIP(host) === 6 ? `[${host}]` : host}/`);
  return (url?.hostname ?? host).replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Whether the pattern allows a request to this host and port. `usualPort` is that of the scheme. */
export function allowsHost(pattern: HostPattern, host: string, port: number, usualPort: number): boolean {
  if ((pattern.port ?? usualPort) !== port) return false;
  return pattern.below ? host.endsWith(`.${pattern.host}`) : host === pattern.host;
}
