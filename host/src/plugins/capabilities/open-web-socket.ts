import type { LookupFunction } from 'node:net';
import { WebSocket } from 'ws';
import { PluginError } from '../errors.ts';
import { headersOf } from './http-body.ts';
import { unwrap } from './reach.ts';

export interface OpenTerms {
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxMessageBytes: number;
  readonly userAgent: string;
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal;
}

/** Headers that belong to the connection, not to the plugin. */
const OWN_HEADERS = /^(host|connection|upgrade|content-length|transfer-encoding|expect|sec-websocket-.*)$/;
/** Headers of a refusal that say when to come again. */
const PAUSE_HEADERS = /^(retry-after|date|x-rate-?limit-.*|ratelimit-.*)$/;

/**
 * Opens a WebSocket. Redirects are not followed. Compression is not offered: it costs 20 times the time on small messages (measured, DESIGN.md), and a
 * server may not use what was not offered.
 * @throws {PluginError} SOCKET_TIMEOUT, SOCKET_REFUSED, SOCKET_HOST_DENIED, SOCKET_FAILED
 */
export function openWebSocket(url: URL, terms: OpenTerms): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const headers = new Map(Object.entries(terms.headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const name of headers.keys()) if (OWN_HEADERS.test(name)) headers.delete(name);
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, [...terms.protocols], {
      headers: { 'user-agent': terms.userAgent, ...Object.fromEntries(headers) },
      perMessageDeflate: false,
      maxPayload: terms.maxMessageBytes,
      followRedirects: false,
      lookup: terms.lookup,
    });
  } catch (error) {
    return Promise.reject(PluginError.from(error, 'SOCKET_FAILED', url.host));
  }
  const end = (error: PluginError): void => {
    reject(error);
    socket.terminate();
  };
  const timer = setTimeout(
    () => end(new PluginError('SOCKET_TIMEOUT', `${url.host} took longer than ${terms.timeoutMs} ms`)),
    terms.timeoutMs,
  );
  const onAbort = (): void => end(new PluginError('SOCKET_FAILED', `${url.host}: the plugin has ended`));
  terms.signal.addEventListener('abort', onAbort, { once: true });
  socket.once('unexpected-response', (request, response) => {
    const status = response.statusCode ?? 0;
    const kept = Object.fromEntries(Object.entries(headersOf(response)).filter(([name]) => PAUSE_HEADERS.test(name)));
    end(new PluginError('SOCKET_REFUSED', `${url.host} answered ${status}`, { answer: { status, headers: kept } }));
    request.destroy();
  });
  // Terminating what is not open yet is an error to ws; by then the promise has its reason.
  socket.on('error', (error) => reject(PluginError.from(unwrap(error), 'SOCKET_FAILED', url.host)));
  socket.once('open', () => {
    // What it sends from here on waits in the kernel until whoever gets it listens.
    socket.pause();
    resolve(socket);
  });
  return promise.finally(() => {
    clearTimeout(timer);
    terms.signal.removeEventListener('abort', onAbort);
  });
}
