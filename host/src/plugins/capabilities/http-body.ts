import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { PluginError } from '../errors.ts';

/** Headers as the plugin gets them: names in lower case, several of one name joined. */
export function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/**
 * Reads a body, decompressed; never holds more than `maxBytes` and one chunk of it.
 * @returns the body, and whether it was decompressed.
 * @throws {PluginError} HTTP_TOO_LARGE, HTTP_INCOMPLETE
 */
export async function readBody(
  response: IncomingMessage,
  head: boolean,
  maxBytes: number,
): Promise<{ body: Uint8Array; decoded: boolean }> {
  const decoder = head ? null : decoderFor((response.headers['content-encoding'] ?? '').trim().toLowerCase());
  const stream: Readable = decoder === null ? response : response.pipe(decoder);
  if (decoder !== null) response.on('error', (error) => decoder.destroy(error));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new PluginError('HTTP_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (isCutOff(error))
      throw new PluginError('HTTP_INCOMPLETE', `the body ended after ${bytes} bytes, before it was whole`, { cause: error });
    throw error;
  } finally {
    // A body that was read whole leaves its connection for the next request.
    if (!response.complete) response.destroy();
  }
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return { body, decoded: decoder !== null };
}

function decoderFor(encoding: string): (Readable & NodeJS.WritableStream) | null {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'br':
      return zlib.createBrotliDecompress();
    default:
      return null;
  }
}

/** The connection ended within the body, or compressed data within itself. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CUT_OFF.has(String(error.code));
}
const CUT_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'Z_BUF_ERROR', 'EPIPE', 'ECONNABORTED']);
