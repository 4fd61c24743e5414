import { PipeFrame } from '@tickhub/plugin-sdk/host';
import type { AgentLine } from '../analysis/agents/agent-line.ts';
import type { Backend } from '../backend/backend.ts';
import type { DeliveryLane } from '../delivery/lane.ts';
import type { Spool } from '../delivery/spool.ts';
import type { Attachment, AttachmentMessage, IsolateLink, StartTerms } from '../plugins/attachment.ts';
import type { EventBus, TenantEvents } from '../streams/bus.ts';
import { StreamError } from '../streams/errors.ts';

/** What of a tenant a transport is attached to. */
export interface TransportTerms {
  readonly tenant: string;
  readonly spool: Spool;
  readonly lane: DeliveryLane;
  readonly backend: Backend;
  readonly agents: AgentLine;
  readonly bus: EventBus<TenantEvents>;
  /** Called with what this transport's backend has, after each of its acks. */
  readonly onAcked: (seq: number) => void;
}

/** Connects one isolate of a transport to the tenant's spool, through a lane of its own. */
export class TransportAttachment implements Attachment {
  readonly #link: IsolateLink;
  readonly #terms: TransportTerms;
  readonly #release: () => void;

  constructor(link: IsolateLink, terms: TransportTerms) {
    this.#link = link;
    this.#terms = terms;
    this.#release = terms.backend.onCredentials(() => link.tell({ type: 'credentials-changed' }));
  }

  startTerms(): StartTerms {
    const { epoch, lastSeq, ackedSeq } = this.#terms.spool;
    return { cursors: [], verdicts: [], spool: { epoch, lastSeq, ackedSeq }, tenant: this.#terms.tenant };
  }

  onFrame(type: number, body: Uint8Array): boolean {
    if (type !== PipeFrame.acked) throw new StreamError('BAD_FRAME', `frames of type ${type} do not come from a transport`);
    this.#terms.lane.takeAckFrame(body);
    this.#terms.onAcked(this.#terms.lane.status.ackedSeq);
    return true;
  }

  onMessage(message: AttachmentMessage): void {
    const { lane } = this.#terms;
    if (message.type === 'analyst' || message.type === 'analysed') throw new StreamError('BAD_MESSAGE', 'a transport serves no models');
    if (message.type === 'agents-said') return this.#terms.agents.said(this.#link, message.topic, message.payload);
    if (message.type === 'resume') lane.resume(message.lastSeq);
    else lane.suspend(message.reason);
    // The lane has the last word: it does not stream to a backend that says impossible things.
    const { state, reason } = lane.status;
    this.#notify(state === 'streaming' ? 'up' : 'down', reason);
  }

  async call(capability: string, method: string): Promise<unknown> {
    if (capability === 'credentials' && method === 'get') return this.#terms.backend.credentials();
    throw new StreamError('CAPABILITY_DENIED', `a transport has no ${capability}.${method}`);
  }

  detach(): void {
    this.#release();
    this.#terms.agents.detach(this.#link);
    this.#terms.lane.detach();
    this.#notify('down', 'the transport has stopped');
  }

  #notify(state: 'up' | 'down', reason: string): void {
    const { manifest, generation } = this.#link;
    this.#terms.bus.emit('backend_notification', { plugin: manifest.id, isolate: generation, state, reason });
  }
}
