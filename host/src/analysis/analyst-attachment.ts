import type { Attachment, AttachmentMessage, IsolateLink, StartTerms } from '../plugins/attachment.ts';
import { StreamError } from '../streams/errors.ts';
import type { ModelAttachment } from '../streams/model-attachment.ts';
import { Analyst } from './analyst.ts';
import type { Analysts } from './analysts.ts';

/** Connects one isolate of a model to the tenant: its streams, and the monitor that asks the models it serves. */
export class AnalystAttachment implements Attachment {
  readonly #link: IsolateLink;
  readonly #streams: ModelAttachment;
  readonly #analysts: Analysts;
  #analyst: Analyst | null = null;

  constructor(link: IsolateLink, streams: ModelAttachment, analysts: Analysts) {
    this.#link = link;
    this.#streams = streams;
    this.#analysts = analysts;
  }

  startTerms(): StartTerms {
    return this.#streams.startTerms();
  }

  onFrame(type: number, body: Uint8Array): boolean {
    return this.#streams.onFrame(type, body);
  }

  /** @throws {StreamError} BAD_MESSAGE for what a model does not say. */
  onMessage(message: AttachmentMessage): void {
    switch (message.type) {
      case 'analyst':
        if (this.#analyst !== null) throw new StreamError('BAD_MESSAGE', 'a plugin says once which models it serves');
        if (!message.ticks) this.#streams.stopTicks();
        this.#analyst = new Analyst(this.#link, message.models);
        return this.#analysts.add(this.#analyst);
      case 'analysed':
        return this.#analyst?.take(message);
      default:
        return this.#streams.onMessage();
    }
  }

  call(capability: string, method: string): Promise<never> {
    return this.#streams.call(capability, method);
  }

  detach(): void {
    if (this.#analyst !== null) {
      this.#analysts.remove(this.#analyst);
      this.#analyst.end();
    }
    this.#streams.detach();
  }
}
