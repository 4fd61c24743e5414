import { lookup as dnsLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { PluginError } from '../errors.ts';
import { allowsHost, canonicalHost, parseHostPattern } from './host-pattern.ts';
import type { HostPattern } from './host-pattern.ts';
import { isPrivateAddress } from './private-address.ts';

export type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** The port that each scheme has when the URL names none. */
const USUAL_PORT: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 };

/**
 * Where a plugin may go. The check of addresses sits in the look-up of the very connection that is made, so a name that resolves differently the
 * second time gains nothing.
 */
export class Reach {
  readonly #patterns: readonly HostPattern[];
  readonly #resolve: Resolve;

  /** @param hosts the manifest's `permissions.hosts`, checked at discovery, and those of the config where the manifest says so. */
  constructor(hosts: readonly string[], resolve: Resolve = dnsLookup) {
    this.#patterns = hosts.map((host) => parseHostPattern(host)).filter((pattern) => typeof pattern !== 'string');
    this.#resolve = resolve;
  }

  /** Whether a request to this address may be made. `url` has one of the schemes http, https, ws, wss. */
  permits(url: URL): boolean {
    const host = canonicalHost(url.hostname);
    const usual = USUAL_PORT[url.protocol] ?? 0;
    const port = url.port === '' ? usual : Number(url.port);
    return this.#patterns.some((pattern) => allowsHost(pattern, host, port, usual));
  }

  /**
   * Resolves the host of `url`, and refuses the answer with an error of `code` when any address of it is private and not named itself.
   * Sockets ask it for names only: an address in the URL was named, or {@link permits} said no.
   */
  lookup(url: URL, code: 'HTTP_HOST_DENIED' | 'SOCKET_HOST_DENIED'): LookupFunction {
    const host = canonicalHost(url.hostname);
    return (_name, options, done) => {
      this.#resolve(host, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, []);
        const refused = addresses.find(({ address }) => !this.#addressAllowed(host, address));
        if (refused) return done(new PluginError(code, `${host} leads to the private address ${refused.address}`), []);
        const [first] = addresses;
        if (first === undefined) return done(new Error(`${host} has no address`), []);
        if (options.all) return done(null, addresses);
        done(null, first.address, first.family);
      });
    };
  }

  #addressAllowed(host: string, address: string): boolean {
    if (!isPrivateAddress(address)) return true;
    // "localhost" names loopback itself; `permits` has seen that the manifest names it.
    if (host === 'localhost' && (address.startsWith('127.') || address === '::1')) return true;
    const canonical = canonicalHost(address);
    return this.#patterns.some((pattern) => isIP(pattern.host) !== 0 && canonicalHost(pattern.host) === canonical);
  }
}

/** The host of a URL for a message, without what may be secret in it. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the URL';
}

/** Node wraps what went wrong when it tries several addresses. */
export function unwrap(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors.find((inner) => inner instanceof PluginError) ?? error.errors[0] ?? error;
  return error;
}

/** What a failed connection has for a code when nothing was reached at all, or the way there is not to be trusted. */
const UNREACHABLE =
  /^(E(NOTFOUND|AI_\w+|CONNREFUSED|HOSTUNREACH|NETUNREACH|HOSTDOWN|NETDOWN|TIMEDOUT|ADDRNOTAVAIL|PROTO)|(CERT|ERR_TLS|ERR_SSL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)_\w+)$/;

export function isUnreachable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && UNREACHABLE.test(error.code);
}
