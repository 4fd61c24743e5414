import { TickBatch } from '../batch/tick-batch.ts';
import type { Delivery, Outgoing } from '../capabilities/delivery.ts';
import type { IsolateMessage } from '../protocol/control.ts';
import { PipeFrame, PipeProtocolError } from '../protocol/pipe.ts';
import { DeliveredBatch, SymbolTable } from '../protocol/records.ts';
import type { SymbolEntry } from '../protocol/records.ts';
import { PluginFault } from './fault.ts';
import type { FrameChannel } from './frame-channel.ts';
import { decodeJson } from './json-frame.ts';

const SEQ_BYTES = 8;

export interface DeliveryTerms {
  readonly epoch: string;
  readonly tenant: string;
  readonly channel: FrameChannel;
  readonly tell: (message: Extract<IsolateMessage, { type: 'resume' | 'suspend' }>) => void;
}

/**
 * The `delivery` capability: durable frames from the host, acks to it. Between `resume` and the host's `resumed` frames of the link before it
 * may still be on their way; they are dropped here, because taken for the new link's they would be acknowledged out of order.
 */
export class DeliveryFeed implements Delivery {
  readonly epoch: string;
  readonly tenant: string;
  readonly #channel: FrameChannel;
  readonly #tell: DeliveryTerms['tell'];
  readonly #sources = new Map<number, string>();
  readonly #symbols = new Map<number, SymbolEntry>();
  readonly #frameListeners: ((frame: Outgoing) => void)[] = [];
  readonly #symbolListeners: ((added: SymbolTable) => void)[] = [];
  /** What the last `resume` named; null while the link is down. */
  #resumedFrom: number | null = null;
  #flowing = false;
  #lastSeq = 0;
  #acked = 0;
  #ackScheduled = false;

  constructor(terms: DeliveryTerms) {
    this.epoch = terms.epoch;
    this.tenant = terms.tenant;
    this.#channel = terms.channel;
    this.#tell = terms.tell;
  }

  onFrame(listener: (frame: Outgoing) => void): void {
    this.#frameListeners.push(listener);
  }

  onSymbols(listener: (added: SymbolTable) => void): void {
    this.#symbolListeners.push(listener);
  }

  symbols(): SymbolTable {
    return { sources: [...this.#sources].map(([id, name]) => ({ id, name })), symbols: [...this.#symbols.values()] };
  }

  resume(lastSeq: number): void {
    checkSeq('resume', lastSeq);
    this.#flushAck();
    this.#resumedFrom = lastSeq;
    this.#acked = lastSeq;
    this.#flowing = false;
    this.#tell({ type: 'resume', lastSeq });
  }

  suspend(reason: string): void {
    this.#flushAck();
    this.#resumedFrom = null;
    this.#flowing = false;
    this.#tell({ type: 'suspend', reason: String(reason) });
  }

  acked(seq: number): void {
    checkSeq('acked', seq);
    if (seq <= this.#acked) return;
    this.#acked = seq;
    // Acks are cumulative: of those of one turn the last is enough.
    if (this.#ackScheduled) return;
    this.#ackScheduled = true;
    setImmediate(() => this.#flushAck());
  }

  /** Sends the last ack now. */
  flush(): void {
    this.#flushAck();
  }

  takeSymbols(body: Uint8Array): void {
    const added = decodeJson(body, SymbolTable, 'symbols');
    for (const { id, name } of added.sources) this.#sources.set(id, name);
    for (const entry of added.symbols) this.#symbols.set(entry.id, entry);
    for (const listener of this.#symbolListeners) listener(added);
  }

  takeResumed(body: Uint8Array): void {
    const from = seqOf(body, 'resumed');
    if (from !== this.#resumedFrom) return;
    this.#flowing = true;
    this.#lastSeq = from;
  }

  /** Takes a `deliverTicks` or `deliverRecords` frame. @throws {PipeProtocolError | BatchFormatError} */
  takeFrame(type: typeof PipeFrame.deliverTicks | typeof PipeFrame.deliverRecords, body: Uint8Array): void {
    const seq = seqOf(body, 'deliver');
    if (!this.#flowing || seq <= this.#lastSeq) return;
    this.#lastSeq = seq;
    const rest = body.subarray(SEQ_BYTES);
    const frame: Outgoing =
      type === PipeFrame.deliverTicks
        ? { seq, ticks: TickBatch.view(rest), records: null }
        : { seq, ticks: null, records: decodeJson(rest, DeliveredBatch, 'deliverRecords') };
    for (const listener of this.#frameListeners) listener(frame);
  }

  #flushAck(): void {
    if (!this.#ackScheduled) return;
    this.#ackScheduled = false;
    const body = new Uint8Array(SEQ_BYTES);
    new DataView(body.buffer).setFloat64(0, this.#acked, true);
    this.#channel.send(PipeFrame.acked, null, body);
  }
}

function seqOf(body: Uint8Array, what: string): number {
  if (body.byteLength < SEQ_BYTES) throw new PipeProtocolError(`a ${what} frame begins with 8 bytes of seq; ${body.byteLength} are there`);
  return new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
}

function checkSeq(method: string, seq: number): void {
  if (!Number.isSafeInteger(seq) || seq < 0)
    throw new PluginFault('BAD_SEQ', `delivery.${method} takes a whole number from 0 up, not ${String(seq)}`);
}
