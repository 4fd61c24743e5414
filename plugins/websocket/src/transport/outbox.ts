/** Frames of the spool as messages to the backend, several in one where many are there. */
import type { Outgoing, SymbolEntry, SymbolTable } from '@tickhub/plugin-sdk';
import { BinaryMessageWriter } from '../wire/binary-message.ts';
import { envelopeText, recordsPayload, symbolsPayload } from '../wire/envelope.ts';
import { ticksPayloadText } from '../wire/json-ticks.ts';

/** A message is sent at this size, so that its ack, the sign of life on a slow line, does not wait long. */
const MESSAGE_BYTES = 65_536;

export interface OutboxTerms {
  readonly userId: string;
  readonly epoch: string;
  /** Whether ticks go as binary messages. */
  readonly binary: boolean;
  now(): number;
  send(message: string | Uint8Array): void;
}

export class Outbox {
  readonly #terms: OutboxTerms;
  readonly #ticks = new BinaryMessageWriter();
  #envelopes: string[] = [];
  #envelopeChars = 0;
  readonly #symbols = new Map<number, SymbolEntry>();
  readonly #sources = new Map<number, string>();
  readonly #digitsOf = (symbolId: number): number => this.#symbols.get(symbolId)?.digits ?? 5;
  readonly #nameOf = (symbolId: number): string => this.#symbols.get(symbolId)?.name ?? String(symbolId);

  constructor(terms: OutboxTerms) {
    this.#terms = terms;
  }

  /** Bytes collected and not sent yet. */
  get size(): number {
    return this.#ticks.size + this.#envelopeChars;
  }

  addSymbols(table: SymbolTable): void {
    if (table.sources.length === 0 && table.symbols.length === 0) return;
    for (const symbol of table.symbols) this.#symbols.set(symbol.id, symbol);
    for (const { id, name } of table.sources) this.#sources.set(id, name);
    // A symbol goes with its source: a backend that is new to it must know both.
    const named = new Set(table.sources.map(({ id }) => id));
    const missing = new Set(table.symbols.map(({ sourceId }) => sourceId).filter((id) => !named.has(id)));
    const sources = [...table.sources, ...[...missing].map((id) => ({ id, name: this.#sources.get(id) ?? String(id) }))];
    this.#addEnvelope('symbols', JSON.stringify(symbolsPayload({ sources, symbols: table.symbols })));
  }

  addHole(fromSeq: number, toSeq: number): void {
    this.#addEnvelope('hole', JSON.stringify({ epoch: this.#terms.epoch, from_seq: fromSeq, to_seq: toSeq }));
  }

  addFrame({ seq, ticks, records }: Outgoing): void {
    const { epoch, binary } = this.#terms;
    if (ticks !== null && binary) {
      // Messages keep the order of their frames.
      this.#flushEnvelopes();
      this.#ticks.add(seq, ticks, this.#digitsOf);
    } else if (ticks !== null) {
      const source = this.#sources.get(ticks.sourceId) ?? String(ticks.sourceId);
      this.#addEnvelope('ticks', ticksPayloadText(epoch, seq, ticks, source, this.#nameOf));
    } else if (records !== null) {
      this.#addEnvelope(records.stream, JSON.stringify(recordsPayload(epoch, seq, records)));
    }
    if (this.size >= MESSAGE_BYTES) this.flush();
  }

  /** Sends what was collected. */
  flush(): void {
    this.#flushTicks();
    this.#flushEnvelopes();
  }

  #addEnvelope(dataType: string, payloadText: string): void {
    this.#flushTicks();
    const text = envelopeText(this.#terms.userId, dataType, payloadText, this.#terms.now());
    this.#envelopes.push(text);
    this.#envelopeChars += text.length;
  }

  #flushTicks(): void {
    if (this.#ticks.size > 0) this.#terms.send(this.#ticks.take());
  }

  #flushEnvelopes(): void {
    if (this.#envelopes.length === 0) return;
    this.#terms.send(this.#envelopes.length === 1 ? (this.#envelopes[0] as string) : `[${this.#envelopes.join()}]`);
    this.#envelopes = [];
    this.#envelopeChars = 0;
  }
}
