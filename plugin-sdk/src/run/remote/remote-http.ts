import { z } from 'zod';
import type { Http, HttpRequest, HttpResponse } from '../../capabilities/http.ts';
import type { CapabilityCalls } from './capability-calls.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** The host keeps the deadline; this is how much longer it may take to say so. */
const GRACE_MS = 5_000;

const Response = z.object({
  status: z.number().int(),
  url: z.string(),
  movedTo: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  body: z.instanceof(Uint8Array),
});

/** The `http` capability: the host makes the request. */
export class RemoteHttp implements Http {
  readonly #calls: CapabilityCalls;

  constructor(calls: CapabilityCalls) {
    this.#calls = calls;
  }

  async fetch(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
    const timeoutMs = (request.timeoutMs ?? DEFAULT_TIMEOUT_MS) + GRACE_MS;
    return Response.parse(await this.#calls.call('http', 'fetch', [url, request], timeoutMs, 'HTTP_TIMEOUT'));
  }
}
