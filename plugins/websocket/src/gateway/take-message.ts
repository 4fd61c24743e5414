import { eachBinaryFrame } from '../wire/binary-message.ts';
import { HolePayload, RecordsPayload, STREAM_NAME, SymbolsPayload, readEnvelopes, readPayload } from '../wire/envelope.ts';
import type { Envelope } from '../wire/envelope.ts';
import { WireFormatError } from '../wire/errors.ts';
import { readTicksPayload } from '../wire/json-ticks.ts';
import { AgentsEnvelope } from '../wire/link-constants.ts';
import { TOLD_STREAMS } from './agents/told-records.ts';
import type { Feed } from './ledger/feed.ts';

/** What in a message is not for the ledger alone. */
export type Aside =
  | { readonly type: 'asked'; readonly payload: unknown }
  | { readonly type: 'told'; readonly stream: string; readonly records: RecordsPayload['records'] };

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Takes one message of a client, after its hello, into the ledger.
 * @param aside called with what agents are to know.
 * @returns how many frames and holes it had, and how many envelopes of another user.
 * @throws {WireFormatError} @throws {RefusedFrame}
 */
export function takeMessage(
  feed: Feed,
  user: string,
  data: Uint8Array,
  binary: boolean,
  aside: (aside: Aside) => void = () => undefined,
): { frames: number; foreign: number } {
  let frames = 0;
  let foreign = 0;
  if (binary) {
    eachBinaryFrame(data, (seq, start, end) => {
      feed.addBinaryTicks(seq, data, start, end);
      frames++;
    });
    return { frames, foreign };
  }
  for (const envelope of readEnvelopes(textOf(data))) {
    if (envelope.user_id !== user) foreign++;
    else if (takeEnvelope(feed, envelope, aside)) frames++;
  }
  return { frames, foreign };
}

function textOf(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch (error) {
    throw new WireFormatError('a text message is not UTF-8', error);
  }
}

/** Whether the envelope was something to acknowledge. */
function takeEnvelope(feed: Feed, envelope: Envelope, aside: (aside: Aside) => void): boolean {
  const { data_type: type, payload } = envelope;
  if (type === 'symbols') {
    feed.addSymbols(readPayload(SymbolsPayload, envelope));
    return false;
  }
  if (type === 'hello') throw new WireFormatError('a second hello');
  if (type === AgentsEnvelope.ask) {
    aside({ type: 'asked', payload });
    return false;
  }
  if (type !== 'hole' && !hasSeq(payload)) return false;
  checkEpoch(feed, payload);
  if (type === 'hole') {
    const { from_seq, to_seq } = readPayload(HolePayload, envelope);
    feed.addHole(from_seq, to_seq);
  } else if (type === 'ticks') {
    const { seq, batch } = readTicksPayload(payload);
    feed.addTicks(seq, batch);
  } else {
    if (!STREAM_NAME.test(type)) throw new WireFormatError('the data_type of a frame is lower-case letters, digits and hyphens');
    const taken = readPayload(RecordsPayload, envelope);
    feed.addRecords(type, taken);
    if (TOLD_STREAMS.has(type)) aside({ type: 'told', stream: type, records: taken.records });
  }
  return true;
}

function hasSeq(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'seq' in payload;
}

function checkEpoch(feed: Feed, payload: unknown): void {
  const epoch = typeof payload === 'object' && payload !== null && 'epoch' in payload ? payload.epoch : undefined;
  if (epoch !== undefined && epoch !== feed.epoch) throw new WireFormatError('a frame names another epoch than the hello did');
}
