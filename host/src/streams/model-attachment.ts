import { PipeFrame } from '@tickhub/plugin-sdk/host';
import type { SymbolTable, TickBatch } from '@tickhub/plugin-sdk/host';
import type { Attachment, IsolateLink, StartTerms } from '../plugins/attachment.ts';
import type { EventBus, TenantEvents } from './bus.ts';
import { StreamError } from './errors.ts';
import { SourceAttachment } from './source-attachment.ts';
import type { SourceStreams } from './source-attachment.ts';

/** A model that has this much unread misses what comes meanwhile, rather than make the ticks wait. */
const MAX_BACKLOG_BYTES = 4 * 1_048_576;

const encoder = new TextEncoder();

/** Connects one isolate of a model: ticks out of the tenant's streams to it, its records back in as a source's are. */
export class ModelAttachment implements Attachment {
  readonly #link: IsolateLink;
  readonly #streams: SourceStreams;
  readonly #source: SourceAttachment;
  readonly #release: () => void;
  #knownSymbols = 0;
  #missedTicks = 0;

  constructor(link: IsolateLink, streams: SourceStreams & { readonly bus: EventBus<TenantEvents> }) {
    this.#link = link;
    this.#streams = streams;
    this.#source = new SourceAttachment(link, streams);
    this.#release = streams.bus.on('market_data_received', ({ batch }) => this.#give(batch));
  }

  startTerms(): StartTerms {
    return this.#source.startTerms();
  }

  onFrame(type: number, body: Uint8Array): boolean {
    if (type !== PipeFrame.records) throw new StreamError('BAD_FRAME', `frames of type ${type} do not come from a model`);
    return this.#source.onFrame(type, body);
  }

  onMessage(): void {
    this.#source.onMessage();
  }

  call(capability: string, method: string): Promise<never> {
    return this.#source.call(capability, method);
  }

  /** No more ticks: the plugin has no use for them. */
  stopTicks(): void {
    this.#release();
  }

  detach(): void {
    this.#release();
    this.#source.detach();
  }

  #give(batch: TickBatch): void {
    if (this.#link.backlogBytes > MAX_BACKLOG_BYTES) {
      this.#missedTicks += batch.count;
      return;
    }
    if (this.#missedTicks > 0) {
      const body = new Uint8Array(8);
      new DataView(body.buffer).setFloat64(0, this.#missedTicks, true);
      this.#link.send(PipeFrame.missed, null, body);
      this.#missedTicks = 0;
    }
    if (this.#streams.directory.size > this.#knownSymbols) this.#tellSymbols();
    this.#link.send(PipeFrame.ticks, null, batch.bytes);
  }

  #tellSymbols(): void {
    const { directory } = this.#streams;
    const added = directory.all(this.#knownSymbols);
    this.#knownSymbols = directory.size;
    const table: SymbolTable = {
      sources: [...new Set(added.map((entry) => entry.sourceId))].map((id) => ({ id, name: directory.sourceName(id) ?? 'unknown' })),
      symbols: added,
    };
    this.#link.send(PipeFrame.symbols, null, encoder.encode(JSON.stringify(table)));
  }
}
