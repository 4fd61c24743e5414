/** Names and numbers of PROTOCOL.md that both sides use. */

export const Subprotocol = { json: 'tickhub.json.v1', binary: 'tickhub.binary.v1' } as const;
export type Subprotocol = (typeof Subprotocol)[keyof typeof Subprotocol];

/** `data_type` of what is asked of agents and what they say, section 8. */
export const AgentsEnvelope = {
  ask: 'agents-ask',
  answer: 'agents-answer',
  consensus: 'agents-consensus',
  refusal: 'agents-refused',
} as const;

/** Close codes, section 7. */
export const CloseCode = {
  done: 1000,
  goingAway: 1001,
  tooBig: 1009,
  unavailable: 1013,
  badMessage: 4400,
  unauthorized: 4401,
  wrongUser: 4403,
  badProtocol: 4406,
  expired: 4408,
  replaced: 4409,
  hole: 4410,
  conflict: 4412,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Code words of `error` envelopes. */
export const ERROR_WORDS: Readonly<Partial<Record<CloseCode, string>>> = {
  1013: 'UNAVAILABLE',
  4400: 'BAD_MESSAGE',
  4401: 'UNAUTHORIZED',
  4403: 'WRONG_USER',
  4406: 'BAD_PROTOCOL',
  4408: 'EXPIRED',
  4409: 'REPLACED',
  4410: 'HOLE',
  4412: 'CONFLICT',
};

export const HEARTBEAT_MS = 1_000;
/** Without any sign of life for so long a connection is dead. */
export const SILENCE_MS = 3_000;
/** How long the hello, and its answer, may take. */
export const HELLO_TIMEOUT_MS = 5_000;

/** The largest message towards the backend, in bytes. */
export const MAX_UP_BYTES = 16 * 1_048_576;
/** The largest message towards the client, in bytes. */
export const MAX_DOWN_BYTES = 1_048_576;

/** A close frame's reason, cut to the 123 bytes that RFC 6455 leaves for it. */
export function closeReason(text: string): string {
  let cut = text.slice(0, 123);
  while (Buffer.byteLength(cut) > 123) cut = cut.slice(0, -1);
  return cut;
}
