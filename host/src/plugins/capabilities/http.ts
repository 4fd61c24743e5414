import { lookup as dnsLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { z } from 'zod';
import { PluginError } from '../errors.ts';
import { allowsHost, canonicalHost, parseHostPattern } from './host-pattern.ts';
import type { HostPattern } from './host-pattern.ts';
import { isPrivateAddress } from './private-address.ts';

const MAX_BYTES = 8 * 1_048_576;
const MAX_REDIRECTS = 5;
const CONNECTIONS_PER_HOST = 8;

const Request = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD']).default('GET'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().max(MAX_BYTES).optional(),
  timeoutMs: z.number().int().min(1).max(300_000).default(30_000),
  maxBytes: z.number().int().min(0).max(MAX_BYTES).default(MAX_BYTES),
});
type Request = z.infer<typeof Request>;

export interface HttpAnswer {
  readonly status: number;
  readonly url: string;
  readonly movedTo: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Headers that belong to the connection, not to the plugin. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'keep-alive',
  'te',
  'trailer',
  'expect',
]);
/** Headers that are not shown to another origin after a redirect. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key']);

export type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * The `http` capability of one plugin. The check of addresses sits in the look-up of the very connection that is made, so a name that resolves
 * differently the second time gains nothing.
 */
export class HttpBackend {
  readonly #patterns: readonly HostPattern[];
  readonly #resolve: Resolve;
  readonly #userAgent: string;
  readonly #agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

  /** @param hosts the manifest's `permissions.hosts`, checked at discovery. */
  constructor(hosts: readonly string[], userAgent: string, resolve: Resolve = dnsLookup) {
    this.#patterns = hosts.map((host) => parseHostPattern(host)).filter((pattern) => typeof pattern !== 'string');
    this.#userAgent = userAgent;
    this.#resolve = resolve;
    const options = { keepAlive: true, maxSockets: CONNECTIONS_PER_HOST, scheduling: 'fifo' } as const;
    this.#agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  }

  /** @throws {PluginError} HTTP_* */
  async call(method: string, args: readonly unknown[]): Promise<HttpAnswer> {
    if (method !== 'fetch') throw new PluginError('CAPABILITY_UNKNOWN', `http has no "${method}"`);
    const [url, options] = args;
    const request = Request.safeParse(options ?? {});
    if (typeof url !== 'string') throw new PluginError('HTTP_FAILED', 'fetch needs a URL', { remedy: 'Give the URL as a string.' });
    if (!request.success) {
      const [issue] = request.error.issues;
      throw new PluginError('HTTP_FAILED', `fetch: "${issue?.path.join('.')}": ${issue?.message}`, { remedy: 'Correct the request.' });
    }
    const timeout = AbortSignal.timeout(request.data.timeoutMs);
    try {
      return await this.#follow(url, request.data, timeout);
    } catch (error) {
      if (timeout.aborted) throw new PluginError('HTTP_TIMEOUT', `${originOf(url)} took longer than ${request.data.timeoutMs} ms`);
      throw PluginError.from(unwrap(error), 'HTTP_FAILED', originOf(url));
    }
  }

  close(): void {
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }

  async #follow(start: string, request: Request, signal: AbortSignal): Promise<HttpAnswer> {
    let url = this.#permit(start);
    let { method, body } = request;
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
    for (const name of OWN_HEADERS) headers.delete(name);
    let forGood = true;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(url, method, headers, body, signal);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
        const movedTo = redirects > 0 && forGood ? url.href : null;
        return { url: url.href, movedTo, ...(await answer(response, method, request.maxBytes)) };
      }
      response.destroy();
      forGood &&= status === 301 || status === 308;
      if (redirects === MAX_REDIRECTS)
        throw new PluginError('HTTP_REDIRECTS', `${originOf(start)} redirected more than ${MAX_REDIRECTS} times`);
      const next = this.#permit(new URL(location, url).href);
      if (next.origin !== url.origin) for (const name of SECRET_HEADERS) headers.delete(name);
      // As browsers do: only 307 and 308 repeat the method and the body.
      if (status === 303 || (status < 303 && method === 'POST')) {
        if (method !== 'HEAD') method = 'GET';
        body = undefined;
        for (const name of headers.keys()) if (name.startsWith('content-')) headers.delete(name);
      }
      url = next;
    }
  }

  /** @throws {PluginError} HTTP_HOST_DENIED */
  #permit(text: string): URL {
    const url = URL.parse(text);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new PluginError('HTTP_FAILED', 'not an http or https URL', { remedy: 'Give an absolute URL.' });
    }
    const host = canonicalHost(url.hostname);
    const usual = url.protocol === 'https:' ? 443 : 80;
    const port = url.port === '' ? usual : Number(url.port);
    if (!this.#patterns.some((pattern) => allowsHost(pattern, host, port, usual))) {
      throw new PluginError('HTTP_HOST_DENIED', `${url.host} is not in permissions.hosts`);
    }
    return url;
  }

  #send(
    url: URL,
    method: string,
    headers: ReadonlyMap<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const protocol = url.protocol as 'http:' | 'https:';
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (protocol === 'https:' ? https : http).request(
      url,
      {
        method,
        agent: this.#agents[protocol],
        lookup: this.#lookup(canonicalHost(url.hostname)),
        signal,
        headers: { 'user-agent': this.#userAgent, 'accept-encoding': 'gzip, deflate, br', accept: '*/*', ...Object.fromEntries(headers) },
      },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
    return promise;
  }

  /** Resolves a host and refuses the answer when any address of it is private and not named itself. */
  #lookup(host: string): LookupFunction {
    return (_name, options, done) => {
      this.#resolve(host, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, []);
        const refused = addresses.find(({ address }) => !this.#addressAllowed(host, address));
        if (refused) return done(new PluginError('HTTP_HOST_DENIED', `${host} leads to the private address ${refused.address}`), []);
        const [first] = addresses;
        if (first === undefined) return done(new Error(`${host} has no address`), []);
        if (options.all) return done(null, addresses);
        done(null, first.address, first.family);
      });
    };
  }

  #addressAllowed(host: string, address: string): boolean {
    if (!isPrivateAddress(address)) return true;
    // "localhost" names loopback itself; #permit has seen that the manifest names it.
    if (host === 'localhost' && (address.startsWith('127.') || address === '::1')) return true;
    const canonical = canonicalHost(address);
    return this.#patterns.some((pattern) => isIP(pattern.host) !== 0 && canonicalHost(pattern.host) === canonical);
  }
}

function originOf(url: string): string {
  return URL.parse(url)?.host ?? 'the URL';
}

/** Node wraps what a look-up throws when it tries several addresses. */
function unwrap(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors.find((inner) => inner instanceof PluginError) ?? error.errors[0];
  return error;
}

async function answer(response: IncomingMessage, method: string, maxBytes: number): Promise<Omit<HttpAnswer, 'url' | 'movedTo'>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const encoding = (headers['content-encoding'] ?? '').toLowerCase();
  const stream = method === 'HEAD' ? response : decoded(response, encoding);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new PluginError('HTTP_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    // A body that was read whole leaves its connection for the next request.
    if (!response.complete) response.destroy();
  }
  if (stream !== response) {
    delete headers['content-encoding'];
    delete headers['content-length'];
  }
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return { status: response.statusCode ?? 0, headers, body };
}

function decoded(response: IncomingMessage, encoding: string): Readable {
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? zlib.createGunzip()
      : encoding === 'deflate'
        ? zlib.createInflate()
        : encoding === 'br'
          ? zlib.createBrotliDecompress()
          : null;
  if (decoder === null) return response;
  response.on('error', (error) => decoder.destroy(error));
  return response.pipe(decoder);
}
