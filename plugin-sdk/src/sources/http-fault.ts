import type { HttpResponse } from '../capabilities/http.ts';
import type { SourceState } from '../protocol/control.ts';
import { rateLimitMs, retryAfterMs } from './answer-pause.ts';
import { FIRST_BACKOFF_MS } from './host-lane.ts';
import { SourceFault } from './poll.ts';

/** What went wrong with an attempt. */
export interface Fault {
  readonly state: SourceState;
  /** For a person, without the next attempt. */
  readonly words: string;
  /** When the server, or the source's own code, says to come again; null: as the backoff has it. */
  readonly retryAfterMs: number | null;
  /** True when the host itself is in trouble, so that its other sources wait too. */
  readonly ofHost: boolean;
}

const STATE_OF_CODE: Readonly<Record<string, SourceState>> = {
  HTTP_TIMEOUT: 'timeout',
  HTTP_UNREACHABLE: 'unreachable',
  HTTP_TOO_LARGE: 'too-large',
  HTTP_REDIRECTS: 'redirect-loop',
  HTTP_INCOMPLETE: 'incomplete',
  HTTP_HOST_DENIED: 'refused',
  HTTP_FAILED: 'malformed',
};
const OF_HOST: ReadonlySet<SourceState> = new Set<SourceState>(['timeout', 'unreachable', 'rate-limited', 'server-error', 'incomplete']);

/** The fault behind a status; null for an answer that is in order (2xx, 304). `now` is Unix epoch milliseconds. */
export function faultOfStatus({ status, headers }: HttpResponse, now: number): Fault | null {
  if ((status >= 200 && status < 300) || status === 304) return null;
  const asked = worthWaiting(retryAfterMs(headers, now));
  const limit = worthWaiting(rateLimitMs(headers, now));
  if (status === 429 || (status === 403 && (limit !== null || asked !== null))) {
    return fault('rate-limited', `answered ${status}: too many requests`, asked ?? limit);
  }
  if (status === 408) return fault('timeout', 'answered 408: it waited too long for the request', asked);
  if (status >= 500) return fault('server-error', `answered ${status}: the server is in trouble`, asked);
  if (status === 410)
    return fault('gone', 'answered 410: it is gone for good, and is asked no more; remove it, or give its new address', null);
  if (status >= 400) return fault('refused', `answered ${status}: ${REFUSALS[status] ?? 'it takes the request for wrong'}`, asked);
  return fault('refused', `answered ${status}, which is no answer to such a request; check the address`, asked);
}

/** A server that fails, and says "again at once", would be asked without end: the backoff is for it, too. */
function worthWaiting(ms: number | null): number | null {
  return ms !== null && ms >= FIRST_BACKOFF_MS ? ms : null;
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'it takes the request for wrong; check the address and its parameters',
  401: 'it wants a sign-in; check the key or token in the config',
  402: 'it wants to be paid',
  403: 'it may not be read by this client; check the key, and its terms for automatic clients',
  404: 'there is nothing at this address; check it in the config',
  451: 'it may not be read from here for legal reasons',
};

/** The fault behind what a request was rejected with, or what dealing with its answer threw. */
export function faultOfError(error: unknown): Fault {
  if (error instanceof SourceFault) return fault(error.state, error.message, error.retryAfterMs ?? null);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  return fault(STATE_OF_CODE[code] ?? 'malformed', WORDS_OF_CODE[code] ?? message, null);
}

/** Where the host's words speak to who wrote the plugin, not to who runs it. */
const WORDS_OF_CODE: Readonly<Record<string, string>> = {
  HTTP_TIMEOUT: 'it did not answer in time',
  HTTP_TOO_LARGE: 'its answer is larger than it may be',
  HTTP_REDIRECTS: 'it redirected too often; check the address',
  HTTP_INCOMPLETE: 'its answer ended before it was whole',
};

function fault(state: SourceState, words: string, retryAfterMs: number | null): Fault {
  return { state, words, retryAfterMs, ofHost: OF_HOST.has(state) };
}
