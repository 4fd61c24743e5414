const REDRAW_MS = 200;

/** What of a terminal a progress line needs. */
export interface ProgressTerminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** One line on a terminal that is written over; nothing where there is no terminal. */
export class ProgressLine {
  readonly #terminal: ProgressTerminal;
  readonly #now: () => number;
  #drawnAt = -Infinity;
  #drawn = false;

  constructor(terminal: ProgressTerminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  /** Shows what `text` gives, if it is time to. */
  show(text: () => string): void {
    if (this.#terminal.isTTY !== true || this.#now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = this.#now();
    this.#drawn = true;
    this.#terminal.write(`\r\u001B[2K${text().slice(0, (this.#terminal.columns || 100) - 1)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn) this.#terminal.write('\r\u001B[2K');
    this.#drawn = false;
    this.#drawnAt = -Infinity;
  }
}
