import type { HostStatus } from '../control/status.ts';
import type { LogLine } from '../telemetry/log.ts';
import { printable } from './printable.ts';
import { statusText } from './status-text.ts';

const REDRAW_MS = 500;
const NOTES = 6;
const DEFAULT_SIZE = { columns: 100, rows: 40 };

/** What of a terminal the summary needs. */
export interface Terminal {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** The status of the running host on a terminal, redrawn in place, with the last log lines below it. */
export class LiveSummary {
  readonly #terminal: Terminal;
  readonly #status: () => Promise<HostStatus>;
  readonly #notes: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #drawn = 0;
  #drawing: Promise<void> | null = null;

  constructor(terminal: Terminal, status: () => Promise<HostStatus>) {
    this.#terminal = terminal;
    this.#status = status;
  }

  /** Shows a log line among the last six. */
  note(line: LogLine): void {
    const mark = line.level === 'error' ? 'ERROR ' : line.level === 'warn' ? 'warn ' : '';
    const plugin = typeof line.fields['plugin'] === 'string' ? `[${line.fields['plugin']}] ` : '';
    const time = new Date().toTimeString().slice(0, 8);
    this.#notes.push(printable(`${time} ${mark}${plugin}${line.message}`));
    if (this.#notes.length > NOTES) this.#notes.shift();
  }

  start(): void {
    this.#timer = setInterval(() => void this.#redraw(), REDRAW_MS);
    void this.#redraw();
  }

  /** Draws once more and leaves the picture standing. */
  async stop(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    await this.#drawing;
    await this.#redraw();
  }

  #redraw(): Promise<void> {
    this.#drawing ??= this.#draw().finally(() => (this.#drawing = null));
    return this.#drawing;
  }

  async #draw(): Promise<void> {
    const lines = [...(await this.#statusLines()), '', ...this.#notes, '', 'Ctrl-C drains and stops.'];
    // A terminal that does not know its size says 0, or nothing.
    const width = (this.#terminal.columns || DEFAULT_SIZE.columns) - 1;
    const height = (this.#terminal.rows || DEFAULT_SIZE.rows) - 1;
    const fitting = lines.length <= height ? lines : [...lines.slice(0, height - 1), '(enlarge the window for the rest)'];
    // Up to the first line drawn before, then each line cleared as it is written, then whatever stood below.
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : '';
    this.#terminal.write(`${up}${fitting.map((line) => `\r\u001B[2K${line.slice(0, width)}\n`).join('')}\u001B[J`);
    this.#drawn = fitting.length;
  }

  async #statusLines(): Promise<string[]> {
    try {
      return statusText(await this.#status());
    } catch (error) {
      return [`There is no status just now: ${printable((error as Error).message)}`];
    }
  }
}
