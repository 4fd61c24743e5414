import { TickBatch } from '../batch/tick-batch.ts';
import type { Market } from '../capabilities/market.ts';
import { PipeProtocolError } from '../protocol/pipe.ts';
import { SymbolTable } from '../protocol/records.ts';
import type { SymbolEntry } from '../protocol/records.ts';
import { decodeJson } from './json-frame.ts';

/** The `market` capability: tick batches from the host. */
export class MarketFeed implements Market {
  readonly #symbols: (SymbolEntry | undefined)[] = [];
  readonly #listeners: ((batch: TickBatch, missedTicks: number) => void)[] = [];
  #missed = 0;

  onTicks(listener: (batch: TickBatch, missedTicks: number) => void): void {
    this.#listeners.push(listener);
  }

  symbol(id: number): SymbolEntry | undefined {
    return this.#symbols[id];
  }

  takeSymbols(body: Uint8Array): void {
    for (const entry of decodeJson(body, SymbolTable, 'symbols').symbols) this.#symbols[entry.id] = entry;
  }

  takeMissed(body: Uint8Array): void {
    if (body.byteLength !== 8) throw new PipeProtocolError(`a missed frame has 8 bytes, not ${body.byteLength}`);
    this.#missed += new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
  }

  /** @throws {BatchFormatError} */
  takeTicks(body: Uint8Array): void {
    const batch = TickBatch.view(body);
    const missed = this.#missed;
    this.#missed = 0;
    for (const listener of this.#listeners) listener(batch, missed);
  }
}
