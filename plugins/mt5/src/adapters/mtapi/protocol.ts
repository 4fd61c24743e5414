import { z } from '@tickhub/plugin-sdk';

/**
 * What the server in mtapi 2's MT5Connector says on its WebSocket, read from its source (github.com/vdemydiuk/mtapi, `MtService` and `mq5`):
 * messages are `type;body`, and an event's body is `expert;type;JSON`.
 */
const MessageType = { response: 1, event: 2, expertList: 3, expertAdded: 4, expertRemoved: 5 } as const;

/** OnTick of the chart that the EA is on. Others: trade transaction 1, book 2, bar 4, locked ticks 5. */
const ON_TICK = 3;

/**
 * All that is ever sent: a client is ready, please list the Expert Advisors. Commands, which could trade, are messages of type 0, and there is no code
 * here that writes one.
 */
export const CLIENT_READY = '6;0';

export type MtapiMessage =
  | { readonly kind: 'tick'; readonly expert: number; readonly tick: MtapiTick }
  /** Handles of the charts whose EAs are connected to this server. */
  | { readonly kind: 'experts'; readonly handles: readonly number[] }
  | { readonly kind: 'added' | 'removed'; readonly handle: number }
  | { readonly kind: 'other' };

export interface MtapiTick {
  readonly symbol: string;
  /** Broker's time, epoch seconds. */
  readonly time: number;
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  /** Lots. */
  readonly volume: number;
}

const Quote = z.object({
  Instrument: z.string().min(1).max(64),
  Tick: z.object({
    Time: z.number().int().min(0),
    Bid: z.number(),
    Ask: z.number(),
    Last: z.number().default(0),
    Volume: z.number().min(0).default(0),
    VolumeReal: z.number().min(0).default(0),
  }),
});

/** A message that is not mtapi's. */
export class MtapiFormatError extends Error {
  readonly code = 'MTAPI_FORMAT';

  constructor(what: string, cause?: unknown) {
    super(what, { cause });
    this.name = 'MtapiFormatError';
  }
}

/** Reads one message. @throws {MtapiFormatError} */
export function readMessage(text: string): MtapiMessage {
  const [type = '', body] = cut(text);
  if (body === null) throw new MtapiFormatError(`"${shown(text)}" is no message of mtapi 2: it has no type before a semicolon`);
  switch (integer(type)) {
    case MessageType.event:
      return readEvent(body);
    case MessageType.expertList:
      return { kind: 'experts', handles: body === '' ? [] : body.split(',').map(integer) };
    case MessageType.expertAdded:
      return { kind: 'added', handle: integer(body) };
    case MessageType.expertRemoved:
      return { kind: 'removed', handle: integer(body) };
    default:
      return { kind: 'other' };
  }
}

function readEvent(body: string): MtapiMessage {
  const [expert, rest] = cut(body);
  const [type, payload] = cut(rest ?? '');
  if (payload === null) throw new MtapiFormatError(`"${shown(body)}" is no event: it lacks an expert, a type or a payload`);
  const handle = integer(expert);
  if (integer(type) !== ON_TICK) return { kind: 'other' };
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch (error) {
    throw new MtapiFormatError(`a tick that is no JSON: ${shown(payload)}`, error);
  }
  const quote = Quote.safeParse(value);
  if (!quote.success) throw new MtapiFormatError(`a tick of another shape: ${z.prettifyError(quote.error)}`);
  const { Instrument: symbol, Tick: tick } = quote.data;
  const volume = tick.VolumeReal === 0 ? tick.Volume : tick.VolumeReal;
  return { kind: 'tick', expert: handle, tick: { symbol, time: tick.Time, bid: tick.Bid, ask: tick.Ask, last: tick.Last, volume } };
}

/** At the first semicolon; the second part is null where there is none. */
function cut(text: string): [string, string | null] {
  const at = text.indexOf(';');
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function integer(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new MtapiFormatError(`"${shown(text)}" is where a number should be`);
  return Number(text);
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
