import type { HttpRequest } from '../capabilities/http.ts';
import { PluginFault, toFailure } from '../run/fault.ts';
import { CapabilityCalls } from '../run/remote/capability-calls.ts';
import type { HistoryAnswers } from './history-answers.ts';
import type { SocketOptions } from '../capabilities/socket.ts';
import type { TestSockets } from './test-sockets.ts';

/** What a test has an HTTP request answered with. */
export interface HttpAnswer {
  /** 200 when it is not given. */
  status?: number;
  headers?: Record<string, string>;
  /** Where it came from and has moved to, when redirects led there. */
  url?: string;
  movedTo?: string;
  /** Text, bytes, or a value that is sent as JSON. */
  body?: unknown;
}

/** URL (with or without its query) -> answer. */
export type HttpRoutes = Readonly<Record<string, HttpAnswer>>;
/** Throw an error with a code (`HTTP_TIMEOUT`) to have the request fail with it. */
export type HttpHandler = (url: string, request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

export interface TestCredentials {
  url: string;
  userId: string;
  token: string;
}

export interface AnswerTerms {
  readonly http: HttpRoutes | HttpHandler;
  readonly store: Map<string, unknown>;
  readonly credentials: () => TestCredentials;
  readonly sockets: TestSockets;
  readonly history: HistoryAnswers;
}

/** Capability calls that are answered by the test instead of by a host. */
export function answeredCalls(terms: AnswerTerms): CapabilityCalls {
  const calls = new CapabilityCalls(({ id, capability, method, args }) => {
    void answer(terms, capability, method, structuredClone(args)).then(
      (value) => calls.take({ type: 'reply', id, value: structuredClone(value) }),
      (error: unknown) => calls.take({ type: 'reply', id, failure: toFailure(error, 'CAPABILITY_FAILED') }),
    );
  });
  return calls;
}

async function answer(terms: AnswerTerms, capability: string, method: string, args: readonly unknown[]): Promise<unknown> {
  switch (`${capability}.${method}`) {
    case 'store.get':
      return terms.store.get(String(args[0]));
    case 'store.set': {
      const json = JSON.stringify(args[1]);
      if (json === undefined) throw new PluginFault('STORE_INVALID', `the value of "${String(args[0])}" is not JSON`);
      terms.store.set(String(args[0]), JSON.parse(json));
      return undefined;
    }
    case 'store.delete':
      terms.store.delete(String(args[0]));
      return undefined;
    case 'store.keys':
      return [...terms.store.keys()];
    case 'http.fetch':
      return respond(terms.http, String(args[0]), (args[1] ?? {}) as HttpRequest);
    case 'socket.connect':
      return terms.sockets.connect(String(args[0]), (args[1] ?? {}) as SocketOptions);
    case 'history.series':
    case 'history.bars':
    case 'history.ticks':
    case 'history.records':
      return terms.history.answer(method, args[0]);
    case 'credentials.get':
      return terms.credentials();
    default:
      throw new PluginFault('CAPABILITY_UNKNOWN', `${capability} has no "${method}"`);
  }
}

async function respond(http: HttpRoutes | HttpHandler, url: string, request: HttpRequest): Promise<unknown> {
  const given = typeof http === 'function' ? await http(url, request) : (http[url] ?? http[url.split('?')[0] ?? url]);
  if (given === undefined) throw new PluginFault('HTTP_HOST_DENIED', `the test has no route for ${url}; give one in the option "http"`);
  const { status = 200, headers = {}, body = '', movedTo = null } = given;
  const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { status, url: given.url ?? url, movedTo, headers: lower, body: bytes };
}
