import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import { PluginError } from '../errors.ts';
import { headersOf, readBody } from './http-body.ts';
import { hostOf, isUnreachable, unwrap } from './reach.ts';
import type { Reach } from './reach.ts';

const MAX_BYTES = 8 * 1_048_576;
const MAX_REDIRECTS = 5;
const CONNECTIONS_PER_HOST = 8;
/** So many answers of {@link MAX_BYTES} the host can hold at once for one plugin, however many hosts it asks. */
const EXCHANGES_AT_ONCE = 32;

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
/** Headers that another origin may see after a redirect. Any other one may carry a key: each provider has a name of its own for it. */
const PLAIN_HEADERS =
  /^(accept|accept-(charset|encoding|language)|user-agent|cache-control|pragma|content-(type|language)|range|if-(none-match|modified-since))$/;

/** The `http` capability of one plugin. */
export class HttpBackend {
  readonly #reach: Reach;
  readonly #userAgent: string;
  /** Those that wait for another to be over. */
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  readonly #agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

  /** @param userAgent what a request says that it comes from, where the plugin gives no `user-agent` of its own. */
  constructor(reach: Reach, userAgent: string) {
    this.#reach = reach;
    this.#userAgent = userAgent;
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
      await this.#turn(timeout);
      try {
        return await this.#follow(url, request.data, timeout);
      } finally {
        this.#over();
      }
    } catch (error) {
      if (timeout.aborted) throw new PluginError('HTTP_TIMEOUT', `${hostOf(url)} took longer than ${request.data.timeoutMs} ms`);
      const cause = unwrap(error);
      throw PluginError.from(cause, codeOf(cause), hostOf(url));
    }
  }

  close(): void {
    this.#waiting.length = 0;
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }

  /** Resolves when there is room for one more exchange. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#underWay < EXCHANGES_AT_ONCE) {
      this.#underWay++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onTimeout = (): void => {
      const at = this.#waiting.indexOf(begin);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(new Error('no turn in time'));
    };
    const begin = (): void => {
      signal.removeEventListener('abort', onTimeout);
      resolve();
    };
    this.#waiting.push(begin);
    signal.addEventListener('abort', onTimeout, { once: true });
    await promise;
  }

  #over(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay--;
    else next();
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
        throw new PluginError('HTTP_REDIRECTS', `${hostOf(start)} redirected more than ${MAX_REDIRECTS} times`);
      const next = this.#permit(new URL(location, url).href);
      if (next.origin !== url.origin) for (const name of headers.keys()) if (!PLAIN_HEADERS.test(name)) headers.delete(name);
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
    if (!this.#reach.permits(url)) throw new PluginError('HTTP_HOST_DENIED', `${url.host} is not in permissions.hosts`);
    return url;
  }

  async #send(
    url: URL,
    method: string,
    headers: ReadonlyMap<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const first = this.#request(url, method, headers, body, signal);
    try {
      return await first.response;
    } catch (error) {
      // A server may close a connection that was kept open in the moment it is used again; nothing was asked of it, then.
      const isStale = first.request.reusedSocket && isReset(error) && (method === 'GET' || method === 'HEAD');
      if (!isStale || signal.aborted) throw error;
      return this.#request(url, method, headers, body, signal).response;
    }
  }

  #request(
    url: URL,
    method: string,
    headers: ReadonlyMap<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): { request: ClientRequest; response: Promise<IncomingMessage> } {
    const protocol = url.protocol as 'http:' | 'https:';
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (protocol === 'https:' ? https : http).request(
      url,
      {
        method,
        agent: this.#agents[protocol],
        lookup: this.#reach.lookup(url, 'HTTP_HOST_DENIED'),
        signal,
        headers: { 'user-agent': this.#userAgent, 'accept-encoding': 'gzip, deflate, br', accept: '*/*', ...Object.fromEntries(headers) },
      },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
    return { request, response: promise };
  }
}

async function answer(response: IncomingMessage, method: string, maxBytes: number): Promise<Omit<HttpAnswer, 'url' | 'movedTo'>> {
  const headers = headersOf(response);
  const { body, decoded } = await readBody(response, method === 'HEAD', maxBytes);
  if (decoded) {
    delete headers['content-encoding'];
    delete headers['content-length'];
  }
  return { status: response.statusCode ?? 0, headers, body };
}

/** Which of the codes a failed exchange has. */
function codeOf(error: unknown): 'HTTP_UNREACHABLE' | 'HTTP_INCOMPLETE' | 'HTTP_TOO_LARGE' | 'HTTP_FAILED' {
  if (isUnreachable(error)) return 'HTTP_UNREACHABLE';
  if (isReset(error)) return 'HTTP_INCOMPLETE';
  return error instanceof Error && 'code' in error && error.code === 'HPE_HEADER_OVERFLOW' ? 'HTTP_TOO_LARGE' : 'HTTP_FAILED';
}

/** The other side ended the connection before it had answered. */
function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
