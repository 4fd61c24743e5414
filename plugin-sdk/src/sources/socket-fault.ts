import type { SocketEnd } from '../capabilities/socket.ts';
import type { SourceState } from '../protocol/control.ts';
import { CapabilityError } from '../run/remote/capability-calls.ts';
import { faultOfStatus } from './http-fault.ts';
import { SourceFault } from './poll.ts';

/** Why a followed source has no connection. */
export interface SocketFault {
  readonly state: SourceState;
  /** For a person, without the next attempt. */
  readonly words: string;
  readonly retryAfterMs: number | null;
}

const STATE_OF_CODE: Readonly<Record<string, SourceState>> = {
  SOCKET_TIMEOUT: 'timeout',
  SOCKET_HOST_DENIED: 'refused',
  SOCKET_LIMIT: 'refused',
  SOCKET_FAILED: 'unreachable',
};

/** The fault behind what connecting, subscribing or taking a message threw. `now` is Unix epoch milliseconds. */
export function faultOfConnecting(error: unknown, now: number): SocketFault {
  if (error instanceof SourceFault) return { state: error.state, words: error.message, retryAfterMs: error.retryAfterMs ?? null };
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CapabilityError)) return { state: 'malformed', words: message, retryAfterMs: null };
  if (error.code === 'SOCKET_TIMEOUT') return { state: 'timeout', words: 'it did not answer in time', retryAfterMs: null };
  if (error.answer !== undefined) {
    const fault = faultOfStatus({ ...error.answer, url: '', movedTo: null, body: new Uint8Array() }, now);
    // A socket's address is not given up for ever: a reverse proxy says 410 lightly.
    if (fault !== null) return { ...fault, state: fault.state === 'gone' ? 'refused' : fault.state };
    return {
      state: 'refused',
      words: `answered ${error.answer.status} instead of opening a WebSocket; check the address`,
      retryAfterMs: null,
    };
  }
  return { state: STATE_OF_CODE[error.code] ?? 'malformed', words: message, retryAfterMs: null };
}

/** Close codes of RFC 6455, 7.4.1, and the IANA registry. */
const CODES: Readonly<Record<number, readonly [SourceState, string]>> = {
  1000: ['disconnected', 'the server closed the connection'],
  1001: ['disconnected', 'the server is going away'],
  1002: ['malformed', 'the server broke the WebSocket protocol'],
  1006: ['disconnected', 'the connection broke'],
  1007: ['malformed', 'a message was no text'],
  1008: ['refused', 'the server closed the connection because of its policy'],
  1009: ['too-large', 'a message was larger than it may be'],
  1011: ['server-error', 'the server failed'],
  1012: ['disconnected', 'the server restarts'],
  1013: ['server-error', 'the server is overloaded'],
};

export function faultOfEnd({ code, reason }: SocketEnd): SocketFault {
  const [state, words] = CODES[code] ?? (['disconnected', 'the server closed the connection'] as const);
  return { state, words: `${words} (${code}${reason === '' ? '' : `: ${reason.slice(0, 150)}`})`, retryAfterMs: null };
}
