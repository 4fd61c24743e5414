import path from 'node:path';
import { DwxFormatError, readMarketData } from './files.ts';
import { WholeFile } from './whole-file.ts';
import type { Clock, SourceState } from '@tickhub/plugin-sdk';
import type { Found } from './folder-watch.ts';

export const MARKET_FILE = 'DWX_Market_Data.txt';
const MOST_BYTES = 8 * 1024 * 1024;
/** A file that was not to be read for so long is no accident. */
const UNREADABLE_MS = 1_000;

/** What happens with the prices. */
export interface MarketEvents {
  quote(name: string, bid: number, ask: number, last: number): void;
  /** The file cannot be read any more: what the prices do is not seen, since then (epoch milliseconds); null: since the EA's last sign of life. */
  interrupted(since: number | null): void;
}

/** The file with the prices: read only when it is whole, and said what is in the way when it is not. */
export class MarketFile {
  /** Names with a price in the newest text. */
  readonly names = new Set<string>();
  readonly counters = { torn: 0, locked: 0, malformed: 0, odd: 0 };
  readonly #file: WholeFile;
  readonly #clock: Clock;
  readonly #events: MarketEvents;
  #text = '';
  /** Monotonic milliseconds. */
  #changedAt: number;
  #fault: { readonly state: SourceState; readonly why: string; readonly since: number; readonly sinceWall: number } | null = null;

  constructor(folder: string, clock: Clock, events: MarketEvents) {
    this.#file = new WholeFile(path.join(folder, MARKET_FILE), MOST_BYTES);
    this.#clock = clock;
    this.#events = events;
    this.#changedAt = clock.monotonic();
  }

  get there(): boolean {
    return this.#text !== '';
  }

  /** Monotonic milliseconds of the last change of a price; of the first look before it. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Why the prices cannot be read; null while they can, or when that is no more than an accident. */
  get fault(): { readonly state: SourceState; readonly why: string } | null {
    return this.#lasts ? this.#fault : null;
  }

  /** @param anyway read it even when it seems to be the same: file times may be coarse. */
  async look(anyway: boolean): Promise<Found> {
    const changed = await this.#file.changed();
    const settled = this.#fault === null || this.#lasts;
    if (!changed && !anyway && settled) return 'same';
    const look = await this.#file.look();
    switch (look.state) {
      case 'whole':
        return this.#take(look.text);
      case 'absent':
        this.#fault = null;
        if (this.there) this.#gone();
        return 'same';
      case 'torn':
        this.counters.torn++;
        return this.#failed('malformed', `${MARKET_FILE} is never whole when it is looked at: is MILLISECOND_TIMER of the EA below 25?`);
      case 'locked':
        this.counters.locked++;
        return this.#failed(
          'stale',
          `${MARKET_FILE} is held by another program (${look.code}): close what else reads it, or except its folder from the virus scanner`,
        );
      case 'too-large':
        return this.#failed('too-large', `${MARKET_FILE} has more than ${MOST_BYTES} bytes: subscribe to fewer symbols`);
      case 'failed':
        return this.#failed('malformed', `${MARKET_FILE} cannot be read: ${look.error.message}`);
    }
  }

  #take(text: string): Found {
    if (text === this.#text) {
      this.#fault = null;
      return 'same';
    }
    const names = new Set<string>();
    try {
      this.counters.odd = readMarketData(text, (name, bid, ask, last) => {
        names.add(name);
        this.#events.quote(name, bid, ask, last);
      });
    } catch (error) {
      if (!(error instanceof DwxFormatError)) throw error;
      this.counters.malformed++;
      return this.#failed('malformed', `${MARKET_FILE} cannot be understood: ${error.message}`);
    }
    for (const name of this.names) if (!names.has(name)) this.names.delete(name);
    for (const name of names) this.names.add(name);
    const first = this.#text === '';
    this.#fault = null;
    this.#text = text;
    // What is found first may be as old as it likes.
    if (first) return 'same';
    this.#changedAt = this.#clock.monotonic();
    return 'changed';
  }

  #gone(): void {
    this.#text = '';
    this.names.clear();
    this.#events.interrupted(null);
  }

  /** Worth another look at once, as long as that may be an accident. */
  #failed(state: SourceState, why: string): Found {
    const { since, sinceWall } = this.#fault ?? { since: this.#clock.monotonic(), sinceWall: this.#clock.now() };
    this.#fault = { state, why, since, sinceWall };
    if (!this.#lasts) return 'unsettled';
    this.#events.interrupted(sinceWall);
    return 'same';
  }

  get #lasts(): boolean {
    return this.#fault !== null && this.#clock.monotonic() - this.#fault.since >= UNREADABLE_MS;
  }
}
