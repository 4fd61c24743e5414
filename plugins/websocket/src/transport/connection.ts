/** One connection to the backend, from the upgrade to its end: hello, frames, acks, signs of life. It does not reconnect; `link.ts` does. */
import type { AgentRequest, AgentsTopic, Outgoing, SymbolTable } from '@tickhub/plugin-sdk';
import { WebSocket } from 'ws';
import { AckPayload, ErrorPayload, PROTOCOL_VERSION, ResumePayload, envelopeText, readEnvelopes, readPayload } from '../wire/envelope.ts';
import type { Envelope } from '../wire/envelope.ts';
import { WireFormatError } from '../wire/errors.ts';
import {
  AgentsEnvelope,
  CloseCode,
  HELLO_TIMEOUT_MS,
  MAX_DOWN_BYTES,
  SILENCE_MS,
  Subprotocol,
  closeReason,
} from '../wire/link-constants.ts';
import { Outbox } from './outbox.ts';
import { endingOfClose, endingOfHttp } from './refusals.ts';
import type { Ending } from './refusals.ts';

/** What `ws` says of a server that chose none of the subprotocols offered. */
const NO_SUBPROTOCOL = 'Server sent no subprotocol';
/** A connection that does not end within this after a close is cut. */
const CLOSE_WAIT_MS = 500;

export interface ConnectionTerms {
  readonly url: string;
  readonly userId: string;
  /** A secret. */
  readonly token: string;
  readonly clientVersion: string;
  readonly subprotocols: readonly Subprotocol[];
  readonly epoch: string;
  /** The highest seq of the epoch known to be acknowledged. */
  readonly lastSeq: number;
  /** Wall clock, for the envelopes' timestamps. */
  now(): number;
  /** Milliseconds, monotonic. */
  monotonic(): number;
  onResume(lastSeq: number): void;
  /** What the backend says of agents, as it came. */
  onAgents(topic: AgentsTopic, payload: unknown): void;
  onAck(epoch: string, seq: number): void;
  /** Envelopes for another user came. */
  onForeign(count: number): void;
  /** Room is there again. */
  onDrain(): void;
  /** Called once. */
  onEnd(ending: Ending): void;
}

export class Connection {
  readonly #terms: ConnectionTerms;
  readonly #socket: WebSocket;
  #outbox: Outbox | null = null;
  #flushing: NodeJS.Immediate | null = null;
  #heard: number;
  #opened = false;
  #ended = false;
  #roundTrip: number | null = null;
  /** What the backend said in an `error` before it closes. */
  #said = '';
  #bytesSent = 0;
  #messagesSent = 0;
  readonly #helloBy: number;

  constructor(terms: ConnectionTerms) {
    this.#terms = terms;
    this.#heard = terms.monotonic();
    this.#helloBy = this.#heard + HELLO_TIMEOUT_MS;
    const socket = new WebSocket(terms.url, [...terms.subprotocols], {
      perMessageDeflate: false,
      maxPayload: MAX_DOWN_BYTES,
      handshakeTimeout: HELLO_TIMEOUT_MS,
      headers: { authorization: `Bearer ${terms.token}`, 'client-version': terms.clientVersion },
    });
    this.#socket = socket;
    socket.on('open', () => this.#onOpen());
    socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary));
    socket.on('ping', () => this.#hear());
    socket.on('pong', (data) => this.#onPong(data));
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      this.#end(endingOfHttp(response.statusCode ?? 0));
    });
    socket.on('error', (error) => {
      const plain = error.message === NO_SUBPROTOCOL;
      this.#end({ reason: problem(error, terms.url), retry: 'backoff', advice: '', ...(plain ? { offerNone: true } : {}) });
    });
    socket.on('close', (code, reason) => this.#end(endingOfClose(code, this.#said || reason.toString())));
  }

  /** Whether ticks go as binary messages. */
  get binary(): boolean {
    return this.#socket.protocol === Subprotocol.binary;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get messagesSent(): number {
    return this.#messagesSent;
  }

  /** Bytes that the network has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount + (this.#outbox?.size ?? 0);
  }

  /** Milliseconds of the last ping and its pong; null before the first. */
  get roundTripMs(): number | null {
    return this.#roundTrip;
  }

  sendSymbols(table: SymbolTable): void {
    this.#outbox?.addSymbols(table);
    this.#flushSoon();
  }

  sendHole(fromSeq: number, toSeq: number): void {
    this.#outbox?.addHole(fromSeq, toSeq);
    this.#flushSoon();
  }

  sendFrame(frame: Outgoing): void {
    this.#outbox?.addFrame(frame);
    this.#flushSoon();
  }

  /** Sends a question to agents, at once. */
  sendAgentsAsk(request: AgentRequest): void {
    const { userId, now } = this.#terms;
    this.#send(envelopeText(userId, AgentsEnvelope.ask, JSON.stringify(request), now()));
  }

  /** Once a second: looks for signs of life, and gives one. */
  beat(): void {
    if (this.#ended) return;
    const now = this.#terms.monotonic();
    if (this.#outbox === null && now > this.#helloBy) {
      this.#cut(`the backend did not answer within ${HELLO_TIMEOUT_MS / 1000} s`);
      return;
    }
    if (!this.#opened) return;
    if (now - this.#heard > SILENCE_MS) {
      this.#cut(`nothing came from the backend for ${SILENCE_MS / 1000} s`);
      return;
    }
    const stamp = Buffer.alloc(8);
    stamp.writeDoubleLE(now);
    this.#socket.ping(stamp);
  }

  /** Sends what is in hand and says goodbye. `onEnd` is not called. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#outbox?.flush();
    this.#ended = true;
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once('close', () => resolve());
    const late = setTimeout(() => this.#socket.terminate(), CLOSE_WAIT_MS);
    this.#socket.close(CloseCode.done);
    await promise;
    clearTimeout(late);
  }

  #onOpen(): void {
    this.#opened = true;
    this.#hear();
    const { userId, epoch, lastSeq, clientVersion, now } = this.#terms;
    const hello = { protocol: PROTOCOL_VERSION, epoch, client_version: clientVersion, last_seq: lastSeq };
    this.#send(envelopeText(userId, 'hello', JSON.stringify(hello), now()));
  }

  #onMessage(data: Buffer, binary: boolean): void {
    this.#hear();
    if (this.#ended) return;
    try {
      if (binary) throw new WireFormatError('a binary message, where only text is expected');
      let foreign = 0;
      for (const envelope of readEnvelopes(data.toString())) {
        if (envelope.user_id === this.#terms.userId) this.#take(envelope);
        else foreign++;
      }
      if (foreign > 0) this.#terms.onForeign(foreign);
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      this.#socket.close(CloseCode.badMessage, closeReason(error.message));
      this.#end({
        reason: `the backend sent what is not of the protocol: ${error.message}`,
        retry: 'backoff',
        advice: 'see plugins/websocket/PROTOCOL.md',
      });
    }
  }

  #take(envelope: Envelope): void {
    switch (envelope.data_type) {
      case 'resume': {
        const { epoch, last_seq, agents } = readPayload(ResumePayload, envelope);
        if (this.#outbox !== null) throw new WireFormatError('a second resume');
        if (epoch !== this.#terms.epoch) throw new WireFormatError('resume names another epoch than hello did');
        this.#outbox = new Outbox({
          userId: this.#terms.userId,
          epoch,
          binary: this.binary,
          now: this.#terms.now,
          send: (message) => this.#send(message),
        });
        this.#terms.onResume(last_seq);
        if (agents !== undefined) this.#terms.onAgents('roster', agents);
        return;
      }
      case 'ack': {
        const { epoch, seq } = readPayload(AckPayload, envelope);
        this.#terms.onAck(epoch, seq);
        return;
      }
      case AgentsEnvelope.answer:
        return this.#terms.onAgents('answer', envelope.payload);
      case AgentsEnvelope.consensus:
        return this.#terms.onAgents('consensus', envelope.payload);
      case AgentsEnvelope.refusal:
        return this.#terms.onAgents('refusal', envelope.payload);
      case 'error': {
        const { code, message } = readPayload(ErrorPayload, envelope);
        this.#said = `${code}: ${message}`;
      }
    }
  }

  #onPong(data: Buffer): void {
    this.#hear();
    if (data.length === 8) this.#roundTrip = Math.max(0, this.#terms.monotonic() - data.readDoubleLE());
  }

  #hear(): void {
    this.#heard = this.#terms.monotonic();
  }

  /** Frames that come in one turn of the loop go in one message: nothing waits longer than that. */
  #flushSoon(): void {
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      this.#outbox?.flush();
    });
  }

  #send(message: string | Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#messagesSent++;
    this.#bytesSent += message.length;
    this.#socket.send(message, () => this.#terms.onDrain());
  }

  #cut(reason: string): void {
    this.#socket.terminate();
    this.#end({ reason, retry: 'backoff', advice: '' });
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#terms.onEnd(ending);
  }
}

/** An error of the socket in words that never hold the token. */
function problem(error: Error & { code?: string }, url: string): string {
  const { host } = new URL(url);
  switch (error.code) {
    case 'ECONNREFUSED':
      return `nothing listens at ${host}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} cannot be resolved`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} cannot be reached`;
    default:
      return error.message === NO_SUBPROTOCOL ? 'the backend chose none of the subprotocols' : error.message;
  }
}
