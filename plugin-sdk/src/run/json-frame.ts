import { PipeProtocolError } from '../protocol/pipe.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** @throws {PipeProtocolError} when the body is no JSON, or not of the schema. */
export function decodeJson<T>(body: Uint8Array, schema: { parse(value: unknown): T }, what: string): T {
  try {
    return schema.parse(JSON.parse(decoder.decode(body)));
  } catch (error) {
    throw new PipeProtocolError(`a ${what} frame does not fit its schema: ${(error as Error).message}`);
  }
}
