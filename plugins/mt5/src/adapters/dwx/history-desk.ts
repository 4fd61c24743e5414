import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { DwxFormatError, readHistory, type DwxBar } from './files.ts';
import { WholeFile } from './whole-file.ts';
import type { Clock } from '@tickhub/plugin-sdk';
import type { CommandBox, DwxTimeframe } from './commands.ts';

/** The EA asks the terminal ten times, 200 ms apart, while that loads its history. */
const ANSWER_MS = 15_000;
const MOST_BYTES = 16 * 1024 * 1024;
const FILE = 'DWX_Historic_Data.txt';

export interface HistoryRequest {
  readonly symbol: string;
  readonly timeframe: DwxTimeframe;
  /** Broker's time, epoch seconds, both included. */
  readonly from: number;
  readonly to: number;
  /** Called once; null when no answer came. */
  answer(bars: readonly DwxBar[] | null): void;
}

/**
 * Asks the EA for bars, one request at a time: its answers all go into one file, which names no request, and which another client of the EA may take
 * away. What is ours is removed once it is read, as the EA's own clients do.
 */
export class HistoryDesk {
  readonly #box: CommandBox;
  readonly #clock: Clock;
  readonly #file: WholeFile;
  readonly #waiting: HistoryRequest[] = [];
  /** The file was being written when it was looked at. */
  #unsettled = false;
  #asked: { readonly request: HistoryRequest; readonly until: number } | null = null;

  constructor(folder: string, box: CommandBox, clock: Clock) {
    this.#box = box;
    this.#clock = clock;
    this.#file = new WholeFile(path.join(folder, FILE), MOST_BYTES);
  }

  ask(request: HistoryRequest): void {
    this.#waiting.push(request);
  }

  /** The EA is gone. */
  forget(): void {
    const requests = [...(this.#asked === null ? [] : [this.#asked.request]), ...this.#waiting.splice(0)];
    this.#asked = null;
    for (const { answer } of requests) answer(null);
  }

  /** Reads the answer, or asks the next question. @throws what the file system has against the command. */
  async turn(): Promise<void> {
    if (this.#asked === null) return this.#askNext();
    const { request, until } = this.#asked;
    const bars = await this.#read(`${request.symbol}_${request.timeframe}`);
    if (bars === null && this.#clock.monotonic() < until) return;
    this.#asked = null;
    request.answer(bars?.filter(({ time }) => time >= request.from && time <= request.to) ?? null);
  }

  async #askNext(): Promise<void> {
    const request = this.#waiting[0];
    if (request === undefined) return;
    // An answer to somebody else's question that lies there is told by its age.
    await this.#file.changed();
    const { symbol, timeframe, from, to } = request;
    if (!(await this.#box.put({ verb: 'GET_HISTORIC_DATA', symbol, timeframe, from, to }))) return;
    this.#waiting.shift();
    this.#asked = { request, until: this.#clock.monotonic() + ANSWER_MS };
  }

  /** Null while the answer is not there, or not whole. */
  async #read(key: string): Promise<readonly DwxBar[] | null> {
    if (!(await this.#file.changed()) && !this.#unsettled) return null;
    this.#unsettled = false;
    const look = await this.#file.look();
    if (look.state === 'torn' || look.state === 'locked') this.#unsettled = true;
    if (look.state !== 'whole') return null;
    let history: Map<string, DwxBar[]>;
    try {
      history = readHistory(look.text);
    } catch (error) {
      if (!(error instanceof DwxFormatError)) throw error;
      this.#unsettled = true;
      return null;
    }
    const bars = history.get(key);
    if (bars === undefined) return null;
    await unlink(this.#file.path).catch(() => undefined);
    return bars;
  }
}
