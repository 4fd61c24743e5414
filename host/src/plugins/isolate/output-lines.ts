import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

const LONGEST_LINE = 2_000;

/** Cuts what a process writes into lines, of which each is handed on up to 2,000 characters. What has no line end yet comes with the end of the stream. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let open = '';
  const take = (text: string, isLast: boolean): void => {
    const lines = (open + text).split(/\r?\n/);
    open = isLast ? '' : (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, LONGEST_LINE));
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk), false));
  stream.on('end', () => take(decoder.end(), true));
  // A process that ends takes its pipes with it.
  stream.on('error', () => undefined);
}
