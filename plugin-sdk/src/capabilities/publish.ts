import type { TickCursor } from '../batch/cursor.ts';
import type { RecordStream } from '../protocol/records.ts';
import type { RecordBody } from '../records/bodies.ts';

/** A source within the plugin: one terminal, one account, one feed. Most plugins have exactly one. */
export interface SourceOptions {
  /** Stable name, part of every tick's identity, such as `mt5:demo-1`. Default: the plugin's id. */
  name?: string;
  /** Source time minus UTC in milliseconds; 0 (UTC) by default. It may be changed later with {@link TickSource.setUtcOffset}. */
  utcOffsetMs?: number;
}

export interface SymbolOptions {
  /** The source's own name, where it differs from the canonical one. */
  rawName?: string;
  /** Decimal digits of a price, 5 by default. */
  digits?: number;
}

/** One tick as plain numbers; for feeds of a few thousand ticks a second. */
export interface TickInput {
  symbol: string;
  /** Source time, epoch milliseconds; a fraction is cut off. Never falls within one symbol. */
  time: number;
  bid: number;
  ask: number;
  last?: number;
  volume?: number;
  /**
   * Which tick of this symbol within this millisecond, from 0. Give it where the feed can replay, so that a replayed tick is known again;
   * without it the SDK counts.
   */
  ordinal?: number;
  /** {@link TickFlag} bits; bid and ask by default. */
  flags?: number;
}

/**
 * What became of a tick, decided at once and without allocation. `taken`: it is on its way. `duplicate`: it has an ordinal, and lies behind the cursor.
 * `out-of-order`: it has none, and its time lies before the last tick's. `invalid`: a time not above 0 or past what a Date holds, an ordinal that is none, a
 * price or volume that is negative or not finite, a symbol without a usable name. `held-back`: the tier holds the symbol back, or the plugin was stopped;
 * the cursor stays where it is.
 */
export type TickVerdict = 'taken' | 'duplicate' | 'out-of-order' | 'invalid' | 'held-back';

/** A symbol of a source, resolved once so that its ticks need no look-up by name. */
export interface TickSymbol {
  readonly name: string;
  /** False while the tier holds it back: its ticks are refused (`held-back`), so a source need not fetch them. */
  readonly allowed: boolean;
  /** The last tick published or, at start, the durable cursor: where to go on. */
  readonly cursor: TickCursor;
  /** What the host has made durable, so what may be acknowledged upstream. */
  readonly durable: TickCursor;
  /**
   * Publishes one tick. Allocates nothing.
   * @param ordinal from 0 within the millisecond, or -1 to let the SDK count.
   */
  push(time: number, ordinal: number, bid: number, ask: number, last: number, volume: number, flags: number): TickVerdict;
}

export interface TickSource {
  readonly name: string;
  /** Announces a symbol (idempotent; new options describe it anew). Throws code BAD_SYMBOL, or TOO_MANY_SYMBOLS past 65,535 symbols in one plugin. */
  symbol(name: string, options?: SymbolOptions): TickSymbol;
  setUtcOffset(ms: number): void;
  /** Called when the host has made more ticks durable, at most once per commit, with the symbols that moved. */
  onDurable(listener: (moved: readonly TickSymbol[]) => void): void;
}

/** What a record has besides its body. */
export interface RecordOptions {
  /** When the event was, or will be; Unix epoch milliseconds, UTC. */
  time: number;
  /** The canonical symbol it is about, if any. */
  symbol?: string | undefined;
  /**
   * Its identity within the plugin's stream, up to 512 characters. The host takes the same key with the same content as a duplicate, and with
   * other content as a revision. What changes with each look (when it was fetched) does not belong into the body, then.
   */
  key?: string | undefined;
  /** The event's time as the source wrote it, where a person may want to see that. */
  sourceTime?: string | undefined;
  /** Name of the source: the plugin's id (the default) or `<id>:<name>`. */
  source?: string | undefined;
}

/** Into the host. Ticks are batched for at most a millisecond, and sent at once when the channel is idle. */
export interface Publish {
  /**
   * The source of this name, made on first use. Throws code BAD_SOURCE when the name is neither the plugin's id nor `<id>:<name>`, BAD_UTC_OFFSET,
   * TOO_MANY_SOURCES.
   */
  source(options?: SourceOptions): TickSource;
  /** Publishes one tick through the default source. */
  tick(tick: TickInput): TickVerdict;
  /**
   * Publishes a record, as it is now: changing the body afterwards changes nothing. Give it a `key` where the source can give it again: then it
   * may be published as often as it is seen, and over restarts, and counts once.
   * Throws code RECORD_INVALID, naming the field, RECORD_TOO_LARGE over 1 MiB, or BAD_SOURCE. After the plugin was stopped it does nothing.
   */
  record<S extends RecordStream>(stream: S, record: RecordOptions & { body: RecordBody<S> }): void;
  /**
   * True while the host cannot take more; go on when {@link drained} resolves. Ticks pushed meanwhile are kept, in memory; past 64 MiB the
   * plugin is stopped with PUBLISH_OVERFLOW.
   */
  readonly congested: boolean;
  /** Resolves at once, or when the host takes more again. */
  drained(): Promise<void>;
}
