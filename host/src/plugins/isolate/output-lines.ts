import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

const KEPT_LINES = 50;
const LONGEST_LINE = 2_000;

/** Cuts what a process writes into lines, hands each on, and keeps the last 50. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #kept: string[] = [];
  #open = '';

  constructor(stream: Readable, onLine: (line: string) => void) {
    this.#onLine = onLine;
    stream.on('data', (chunk: Buffer) => this.#take(this.#decoder.write(chunk)));
    stream.on('end', () => this.#line(this.#open + this.#decoder.end()));
    stream.on('error', () => undefined);
  }

  /** The last lines, oldest first, the one that is not finished included. */
  get last(): readonly string[] {
    return this.#open === '' ? [...this.#kept] : [...this.#kept, this.#open.slice(0, LONGEST_LINE)];
  }

  #take(text: string): void {
    const lines = (this.#open + text).split(/\r?\n/);
    this.#open = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    this.#open = '';
    if (line.trim() === '') return;
    const short = line.slice(0, LONGEST_LINE);
    this.#kept.push(short);
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
    this.#onLine(short);
  }
}
