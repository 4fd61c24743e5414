/** Envelopes and their payloads, PROTOCOL.md sections 2 to 4 and 6. */
import { z } from '@tickhub/plugin-sdk';
import type { DeliveredBatch, SymbolTable } from '@tickhub/plugin-sdk';
import { WireFormatError } from './errors.ts';

export const PROTOCOL_VERSION = 1;

const Envelope = z.object({ user_id: z.string(), data_type: z.string(), payload: z.unknown() });
export type Envelope = z.infer<typeof Envelope>;

const epoch = z.string().min(1).max(64);
const seq = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const taken = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const id = z.number().int().min(0).max(65_535);

export const HelloPayload = z.object({
  protocol: z.number(),
  epoch,
  client_version: z.string().max(64).default('unknown'),
  last_seq: taken.default(0),
});
export type HelloPayload = z.infer<typeof HelloPayload>;

export const ResumePayload = z.object({
  epoch,
  last_seq: taken,
  heartbeat_ms: z.number().optional(),
  server: z.string().max(100).optional(),
  /** The roster of the backend's agents, section 8. */
  agents: z.unknown().optional(),
});
export const AckPayload = z.object({ epoch, seq: taken });
export const ErrorPayload = z.object({ code: z.string().max(64), message: z.string().max(1_000) });
export const HolePayload = z.object({ from_seq: seq, to_seq: seq });

export const SymbolsPayload = z.object({
  sources: z.array(z.object({ id, name: z.string().min(1).max(128) })).max(65_536),
  symbols: z
    .array(
      z.object({
        id,
        source_id: id,
        name: z.string().min(1).max(64),
        raw_name: z.string().min(1).max(64),
        digits: z.number().int().min(0).max(15),
      }),
    )
    .max(65_536),
});
export type SymbolsPayload = z.infer<typeof SymbolsPayload>;

/** The payload of any stream but ticks. */
export const RecordsPayload = z.object({
  seq,
  source: z.string().min(1).max(128),
  records: z.array(z.looseObject({})).min(1).max(10_000),
});
export type RecordsPayload = z.infer<typeof RecordsPayload>;

/** What the data_type of a stream of records looks like. */
export const STREAM_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** An envelope around a payload that is JSON text already. */
export function envelopeText(userId: string, dataType: string, payloadText: string, now: number): string {
  return `{"user_id":${JSON.stringify(userId)},"timestamp":"${new Date(now).toISOString()}","data_type":"${dataType}","payload":${payloadText}}`;
}

export function symbolsPayload(table: SymbolTable): SymbolsPayload {
  return {
    sources: table.sources.map(({ id, name }) => ({ id, name })),
    symbols: table.symbols.map((symbol) => ({
      id: symbol.id,
      source_id: symbol.sourceId,
      name: symbol.name,
      raw_name: symbol.rawName,
      digits: symbol.digits,
    })),
  };
}

export function recordsPayload(epoch: string, seq: number, batch: DeliveredBatch): { epoch: string } & RecordsPayload {
  return { epoch, seq, source: batch.source, records: batch.records };
}

/**
 * The envelopes in a text message.
 * @throws {WireFormatError} when it is not JSON, or not one or more envelopes.
 */
export function readEnvelopes(text: string): Envelope[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new WireFormatError('a text message is not JSON', error);
  }
  return (Array.isArray(value) ? value : [value]).map((item) => {
    const parsed = Envelope.safeParse(item);
    if (!parsed.success) throw new WireFormatError('an envelope needs user_id, data_type and payload');
    return parsed.data;
  });
}

/** @throws {WireFormatError} naming the field. */
export function readPayload<T>(schema: z.ZodType<T>, envelope: Envelope): T {
  const parsed = schema.safeParse(envelope.payload);
  if (parsed.success) return parsed.data;
  throw new WireFormatError(`${envelope.data_type.slice(0, 40)}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
}
