import type { TickCursor } from '../../batch/cursor.ts';
import { TickFlag } from '../../batch/tick-batch.ts';
import type { Publish, SourceOptions, TickInput, TickVerdict } from '../../capabilities/publish.ts';
import type { GateVerdict, NamedCursor, RefusedTicks } from '../../protocol/control.ts';
import { DURABLE_ENTRY_BYTES, PipeFrame, PipeProtocolError } from '../../protocol/pipe.ts';
import type { RecordStream, SymbolTable } from '../../protocol/records.ts';
import { PluginFault } from '../fault.ts';
import type { FrameChannel } from '../frame-channel.ts';
import { encodeJson } from '../json-frame.ts';
import { FlushSchedule } from './flush-schedule.ts';
import { PublishedSource } from './published-source.ts';
import type { SourceOwner } from './published-source.ts';
import type { PublishedSymbol } from './published-symbol.ts';
import { RecordOutbox } from './record-outbox.ts';
import type { RecordInput } from './record-outbox.ts';
import type { SymbolIds } from './symbol-ids.ts';

/** A plugin that lets this much pile up does not look at `congested`, and would fill the memory. */
const MAX_BACKLOG_BYTES = 64 * 1_048_576;
const MAX_NAME = 128;
const MAX_SYMBOL_NAME = 64;
/** Keeps a table far below the limit of a frame. */
const MAX_TABLE_SYMBOLS = 10_000;

export interface PublisherTerms {
  readonly plugin: string;
  readonly cursors: readonly NamedCursor[];
  readonly channel: FrameChannel;
  readonly ids: SymbolIds;
  /** Whether the tier lets a symbol through, by its canonical name. */
  readonly allows: (symbol: string) => boolean;
  /** Unix epoch milliseconds with fraction. */
  readonly epoch: () => number;
  readonly crash: (error: unknown) => void;
}

/** The `publish` capability: ticks and records into the host, in batches. */
export class Publisher implements Publish, SourceOwner {
  readonly #terms: PublisherTerms;
  readonly #channel: FrameChannel;
  readonly #records: RecordOutbox;
  readonly #schedule = new FlushSchedule(() => this.#flushUnlessCongested());
  readonly #stopListening: () => void;
  readonly #cursors = new Map<string, Map<string, TickCursor>>();
  readonly #sources = new Map<string, PublishedSource>();
  readonly #symbols: (PublishedSymbol | undefined)[] = [];
  readonly #sourceOf: (PublishedSource | undefined)[] = [];
  /** Sources that have ticks to be sent. */
  readonly #begun: PublishedSource[] = [];
  #newSources: PublishedSource[] = [];
  readonly #newSymbols = new Set<PublishedSymbol>();
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(terms: PublisherTerms) {
    this.#terms = terms;
    this.#channel = terms.channel;
    this.#records = new RecordOutbox(terms.plugin, (body) => this.#channel.send(PipeFrame.records, null, body));
    for (const { source, symbol, time, same } of terms.cursors) {
      let ofSource = this.#cursors.get(source);
      if (ofSource === undefined) this.#cursors.set(source, (ofSource = new Map()));
      ofSource.set(symbol, { time, same });
    }
    this.#stopListening = this.#channel.onDrained(() => this.#onDrained());
  }

  // ---- Publish

  source(options: SourceOptions = {}): PublishedSource {
    const { plugin, ids } = this.#terms;
    const name = options.name ?? plugin;
    let source = this.#sources.get(name);
    if (source === undefined) {
      this.#assertOwn(name);
      source = new PublishedSource(ids.source(name), name, this);
      this.#sources.set(name, source);
      this.#newSources.push(source);
    }
    if (options.utcOffsetMs !== undefined) source.setUtcOffset(options.utcOffsetMs);
    return source;
  }

  tick({ symbol, time, bid, ask, last = 0, volume = 0, ordinal = -1, flags = TickFlag.bid | TickFlag.ask }: TickInput): TickVerdict {
    if (typeof symbol !== 'string' || symbol.length === 0 || symbol.length > MAX_SYMBOL_NAME) return 'invalid';
    return this.source().symbol(symbol).push(time, ordinal, bid, ask, last, volume, flags);
  }

  record(stream: RecordStream, record: RecordInput): void {
    if (this.#closed) return;
    if (record?.source !== undefined) this.#assertOwn(record.source);
    this.#records.add(stream, record);
    this.#checkBacklog();
    this.#schedule.request();
  }

  get congested(): boolean {
    return this.#channel.congested;
  }

  /** What was refused so far, of symbols of which anything was. */
  refused(): RefusedTicks[] {
    return [...this.#sources.values()].flatMap((source) =>
      [...source.symbols].flatMap((symbol) => (symbol.refused === null ? [] : [{ source: source.name, ...symbol.refused }])),
    );
  }

  drained(): Promise<void> {
    if (!this.#channel.congested || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  // ---- SourceOwner

  epoch(): number {
    return this.#terms.epoch();
  }

  idOf(source: PublishedSource, symbol: string): number {
    return this.#terms.ids.symbol(source.id, symbol);
  }

  allows(symbol: string): boolean {
    return !this.#closed && this.#terms.allows(symbol);
  }

  cursorOf(source: string, symbol: string): TickCursor | undefined {
    return this.#cursors.get(source)?.get(symbol);
  }

  announce(source: PublishedSource, symbol: PublishedSymbol): void {
    const { id } = symbol.entry;
    if (this.#symbols[id] === undefined) {
      this.#symbols[id] = symbol;
      this.#sourceOf[id] = source;
    }
    this.#newSymbols.add(symbol);
    this.#schedule.request();
  }

  began(source: PublishedSource): void {
    this.#begun.push(source);
    this.#schedule.request();
  }

  filled(source: PublishedSource): void {
    const at = this.#begun.indexOf(source);
    if (at >= 0) this.#begun.splice(at, 1);
    this.#sendTicks(source);
    this.#checkBacklog();
  }

  // ---- what the host tells

  /** Takes the body of a `durable` frame. @throws {PipeProtocolError} */
  onDurable(body: Uint8Array): void {
    if (body.byteLength % DURABLE_ENTRY_BYTES !== 0) {
      throw new PipeProtocolError(`a durable frame of ${body.byteLength} bytes is no multiple of ${DURABLE_ENTRY_BYTES}`);
    }
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const moved = new Map<PublishedSource, PublishedSymbol[]>();
    for (let at = 0; at < body.byteLength; at += DURABLE_ENTRY_BYTES) {
      const id = view.getUint16(at + 2, true);
      const symbol = this.#symbols[id];
      const source = this.#sourceOf[id];
      // Of a symbol that the plugin had before it was stopped and started, and has not named again.
      if (symbol === undefined || source === undefined) continue;
      if (!symbol.advanceDurable(view.getFloat64(at + 8, true), view.getUint32(at + 4, true))) continue;
      const ofSource = moved.get(source);
      if (ofSource === undefined) moved.set(source, [symbol]);
      else ofSource.push(symbol);
    }
    for (const [source, symbols] of moved) source.tellDurable(symbols);
  }

  onGate(changed: readonly GateVerdict[]): void {
    if (this.#closed) return;
    for (const { symbol, allowed } of changed) {
      for (const source of this.#sources.values()) {
        for (const published of source.symbols) if (published.name === symbol) published.allowed = allowed;
      }
    }
  }

  // ---- its life

  /** Sends everything published so far, congested or not. */
  flush(): void {
    this.#announceSymbols();
    for (const source of this.#begun) this.#sendTicks(source);
    this.#begun.length = 0;
    this.#records.flush();
    this.#schedule.flushed();
  }

  /** Takes nothing more: ticks are refused as held back, records are dropped. What was published before is sent. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#schedule.close();
    this.#stopListening();
    for (const symbol of this.#symbols) if (symbol !== undefined) symbol.allowed = false;
    this.#release();
  }

  /** @throws {PluginFault} BAD_SOURCE */
  #assertOwn(name: string): void {
    const { plugin } = this.#terms;
    const owned = typeof name === 'string' && (name === plugin || (name.startsWith(`${plugin}:`) && name.length > plugin.length + 1));
    if (owned && name.length <= MAX_NAME) return;
    throw new PluginFault(
      'BAD_SOURCE',
      `"${String(name).slice(0, MAX_NAME)}" is no name for a source of ${plugin}: name it "${plugin}" or "${plugin}:<name>"`,
    );
  }

  #flushUnlessCongested(): void {
    // While the host is behind, batches fill up: fewer and larger frames are what helps it most.
    if (!this.#channel.congested) this.flush();
  }

  #onDrained(): void {
    this.flush();
    if (!this.#channel.congested) this.#release();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #announceSymbols(): void {
    if (this.#newSymbols.size === 0) return;
    const entries = [...this.#newSymbols].map((symbol) => symbol.entry);
    let sources = this.#newSources.map(({ id, name }) => ({ id, name }));
    this.#newSources = [];
    this.#newSymbols.clear();
    for (let from = 0; from < entries.length; from += MAX_TABLE_SYMBOLS) {
      const table: SymbolTable = { sources, symbols: entries.slice(from, from + MAX_TABLE_SYMBOLS) };
      this.#channel.send(PipeFrame.symbols, null, encodeJson(table));
      sources = [];
    }
  }

  #sendTicks(source: PublishedSource): void {
    this.#announceSymbols();
    const batch = source.seal();
    if (batch !== null) this.#channel.send(PipeFrame.ticks, null, batch.bytes);
  }

  #checkBacklog(): void {
    const bytes = this.#channel.backlogBytes + this.#records.bytes;
    if (this.#closed || bytes <= MAX_BACKLOG_BYTES) return;
    this.#terms.crash(
      new PluginFault(
        'PUBLISH_OVERFLOW',
        `${bytes} bytes are published and not taken by the host; while publish.congested is true, await publish.drained() before publishing more`,
      ),
    );
    this.close();
  }
}
