import { TickFlag } from '@tickhub/plugin-sdk/host';
import type { RecordBatch, SymbolEntry, TickBatch } from '@tickhub/plugin-sdk/host';
import type { EventBus, TenantEvents } from '../streams/bus.ts';
import type { SymbolDirectory } from '../streams/symbol-directory.ts';
import { namePattern } from './preferences.ts';

/** What of the streams is to be seen. An empty list means all; `*` stands for anything in names. */
export interface TailFilter {
  readonly streams: readonly string[];
  readonly symbols: readonly string[];
  readonly sources: readonly string[];
}

/** Where the lines go. `write` answers false while the reader is behind; `onDrained` calls once it is not. */
export interface TailSink {
  write(line: string): boolean;
  onDrained(listener: () => void): void;
}

const FLAG_NAMES = Object.entries(TickFlag) as [string, number][];

/**
 * Shows what a tenant takes, as it takes it: one JSON object a line. Ticks: `{stream, source, symbol, time, receivedAt, bid, ask, last, volume, flags}`; records:
 * `{stream, source, seq, time, ...}`. Times are Unix epoch milliseconds, UTC. What comes while the reader is behind is missed, and `{missed: n}` says how much.
 */
export class Tail {
  readonly #directory: SymbolDirectory;
  readonly #sink: TailSink;
  readonly #wantsStream: (stream: string) => boolean;
  readonly #wantsSymbol: (symbol: string) => boolean;
  readonly #wantsSource: (source: string) => boolean;
  readonly #anySymbol: boolean;
  readonly #release: (() => void)[];
  #behind = false;
  #missed = 0;

  constructor(bus: EventBus<TenantEvents>, directory: SymbolDirectory, filter: TailFilter, sink: TailSink) {
    this.#directory = directory;
    this.#sink = sink;
    this.#wantsStream = filter.streams.length === 0 ? () => true : namePattern(filter.streams);
    this.#wantsSymbol = filter.symbols.length === 0 ? () => true : namePattern(filter.symbols);
    this.#wantsSource = filter.sources.length === 0 ? () => true : namePattern(filter.sources);
    this.#anySymbol = filter.symbols.length === 0;
    this.#release = [bus.on('records_received', ({ batch }) => this.#records(batch))];
    if (this.#wantsStream('ticks')) this.#release.push(bus.on('market_data_received', ({ batch }) => this.#ticks(batch)));
    sink.onDrained(() => this.#caughtUp());
  }

  close(): void {
    for (const release of this.#release.splice(0)) release();
  }

  #ticks(batch: TickBatch): void {
    const source = this.#directory.sourceName(batch.sourceId) ?? '';
    if (!this.#wantsSource(source)) return;
    for (let i = 0; i < batch.count; i++) {
      // Rows below count are there by the batch's contract.
      const entry = this.#directory.entry(batch.symbol[i] as number);
      if (entry === undefined || !this.#wantsSymbol(entry.name)) continue;
      if (this.#behind) this.#missed++;
      else this.#write(tickLine(source, entry, batch, i));
    }
  }

  #records({ stream, source, records }: RecordBatch): void {
    if (!this.#wantsStream(stream) || !this.#wantsSource(source)) return;
    for (const record of records) {
      if (!this.#anySymbol && !this.#concerns(record.symbol, record.body)) continue;
      if (this.#behind) this.#missed++;
      else this.#write({ stream, source, ...record });
    }
  }

  /** News and events are about several symbols. */
  #concerns(symbol: string | undefined, { symbols }: Record<string, unknown>): boolean {
    if (symbol !== undefined && this.#wantsSymbol(symbol)) return true;
    return Array.isArray(symbols) && symbols.some((name) => typeof name === 'string' && this.#wantsSymbol(name));
  }

  #write(line: object): void {
    this.#behind = !this.#sink.write(`${JSON.stringify(line)}\n`);
  }

  #caughtUp(): void {
    this.#behind = false;
    if (this.#missed === 0) return;
    const missed = this.#missed;
    this.#missed = 0;
    this.#write({ missed });
  }
}

/** A tick of a batch with host ids, as `tickhub tail --json` shows it. */
export function tickLine(source: string, { name, digits }: SymbolEntry, batch: TickBatch, i: number): object {
  const flags = batch.flags[i] ?? 0;
  return {
    stream: 'ticks',
    source,
    symbol: name,
    digits,
    // The source's own time less its distance from UTC.
    time: (batch.time[i] ?? 0) - batch.utcOffsetMs,
    receivedAt: batch.receivedAt,
    bid: batch.bid[i],
    ask: batch.ask[i],
    ...(batch.last !== null && { last: batch.last[i] }),
    ...(batch.volume !== null && { volume: batch.volume[i] }),
    flags: FLAG_NAMES.flatMap(([flag, bit]) => (flags & bit ? [flag] : [])),
  };
}
