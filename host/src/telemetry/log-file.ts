import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

const MAX_BYTES = 10 * 1_048_576;

/**
 * A log file that grows to a limit, then becomes `<file>.1` in place of the one before it. Each line is written when `write` returns, so
 * that
 * the last words before an end are there. A disk that refuses costs lines, never the host: how many is said once it takes them again.
 */
export class LogFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #handle: number | null = null;
  #bytes = 0;
  #lost = 0;

  constructor(file: string, maxBytes = MAX_BYTES) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  write(line: string): void {
    try {
      this.#put(this.#lost === 0 ? line : `${lostLine(this.#lost)}${line}`);
      this.#lost = 0;
    } catch {
      this.#lost++;
      this.close();
    }
  }

  close(): void {
    const handle = this.#handle;
    this.#handle = null;
    try {
      if (handle !== null) closeSync(handle);
    } catch {
      // The system takes it with the process.
    }
  }

  #put(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (this.#handle !== null && this.#bytes + bytes > this.#maxBytes) this.#rotate();
    this.#handle ??= this.#open();
    writeSync(this.#handle, text);
    this.#bytes += bytes;
  }

  #open(): number {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const handle = openSync(this.#file, 'a', 0o600);
    this.#bytes = fstatSync(handle).size;
    return handle;
  }

  #rotate(): void {
    this.close();
    renameSync(this.#file, `${this.#file}.1`);
  }
}

function lostLine(count: number): string {
  const line = { level: 'warn', time: new Date().toISOString(), msg: `${count} lines could not be written to this file` };
  return `${JSON.stringify(line)}\n`;
}
