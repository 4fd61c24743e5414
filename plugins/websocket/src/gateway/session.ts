/** One client's connection at the gateway: hello, messages to the ledger, acks from it, signs of life. */
import type { WebSocket } from 'ws';
import { HelloPayload, PROTOCOL_VERSION, envelopeText, readEnvelopes, readPayload } from '../wire/envelope.ts';
import { WireFormatError } from '../wire/errors.ts';
import { AgentsEnvelope, CloseCode, ERROR_WORDS, HEARTBEAT_MS, HELLO_TIMEOUT_MS, SILENCE_MS, closeReason } from '../wire/link-constants.ts';
import type { AgentHall, Asker } from './agents/agent-hall.ts';
import { AskAllowance } from './agents/ask-allowance.ts';
import type { Aside } from './take-message.ts';
import type { ToLedger } from './ledger-messages.ts';
import { CLOCK_TOLERANCE_S } from './tokens.ts';
import type { VerifiedToken } from './tokens.ts';

/** Messages that the ledger has not done with, in bytes: above, the socket is not read; it is again below. */
const PAUSE_BYTES = 8 * 1_048_576;
const RESUME_BYTES = 2 * 1_048_576;
/** A client that does not answer a close is cut off after this. */
const CLOSE_WAIT_MS = 1_000;

export interface SessionTerms {
  readonly id: number;
  readonly socket: WebSocket;
  readonly token: VerifiedToken;
  readonly server: string;
  readonly agents: AgentHall;
  toLedger(message: ToLedger): void;
  /** The hello is there: an older connection of the user has to go before this one's messages count. */
  onHello(session: Session): void;
  onClosed(session: Session): void;
}

export class Session {
  readonly id: number;
  readonly userId: string;
  readonly #terms: SessionTerms;
  readonly #socket: WebSocket;
  #state: 'greeting' | 'opening' | 'open' | 'closing' = 'greeting';
  readonly #asker: Asker;
  #epoch = '';
  #pending = 0;
  #heard = performance.now();
  #paused = false;
  readonly #helloTimer: NodeJS.Timeout;

  constructor(terms: SessionTerms) {
    this.#terms = terms;
    this.#socket = terms.socket;
    this.id = terms.id;
    this.userId = terms.token.userId;
    this.#asker = {
      user: this.userId,
      allowance: new AskAllowance(terms.token.tier, terms.token.limits),
      answer: (answer) => this.#send(AgentsEnvelope.answer, answer),
      consensus: (consensus) => this.#send(AgentsEnvelope.consensus, consensus),
      refuse: (refusal) => this.#send(AgentsEnvelope.refusal, refusal),
    };
    this.#helloTimer = setTimeout(() => this.close(CloseCode.badMessage, 'no hello came'), HELLO_TIMEOUT_MS);
    const { socket } = terms;
    const heard = (): void => {
      this.#heard = performance.now();
    };
    socket.on('message', (data, isBinary) => {
      heard();
      this.#onMessage(data as Buffer, isBinary);
    });
    socket.on('ping', heard);
    socket.on('pong', heard);
    // `close` follows, and says what there is to say.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#onClose());
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Once a second. */
  beat(now: number): void {
    if (this.#state === 'closing') return;
    // The tolerance that it was let in with holds for as long as it stays.
    if (now / 1000 >= this.#terms.token.expiresAt + CLOCK_TOLERANCE_S) {
      this.close(CloseCode.expired, 'the token has expired: get a new one');
      return;
    }
    // While this side does not read it cannot hear.
    if (!this.#paused && performance.now() - this.#heard > SILENCE_MS) {
      this.#socket.terminate();
      return;
    }
    this.#socket.ping();
  }

  /** The ledger's answer to the hello. */
  resume(epoch: string, lastSeq: number): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    const { server, agents } = this.#terms;
    this.#send('resume', { epoch, last_seq: lastSeq, heartbeat_ms: HEARTBEAT_MS, server, agents: agents.roster });
  }

  /** The ledger is done with `bytes` of messages; `seq` is to be acknowledged, unless null. */
  taken(seq: number | null, bytes: number): void {
    this.#pending -= bytes;
    if (this.#paused && this.#pending < RESUME_BYTES) {
      this.#paused = false;
      this.#heard = performance.now();
      this.#socket.resume();
    }
    if (seq !== null && this.#state === 'open') this.#send('ack', { epoch: this.#epoch, seq });
  }

  /** What agents are asked, or are to know. */
  takeAside(aside: Aside): void {
    const { agents } = this.#terms;
    if (this.#state !== 'open') return;
    if (aside.type === 'told') agents.tell(this.userId, aside.stream, aside.records);
    else agents.ask(aside.payload, this.#asker);
  }

  /** Says why, closes, and takes nothing more. */
  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closing') return;
    this.#state = 'closing';
    clearTimeout(this.#helloTimer);
    this.#terms.toLedger({ type: 'end', session: this.id });
    const word = ERROR_WORDS[code];
    if (word !== undefined) this.#send('error', { code: word, message: reason.slice(0, 1_000) });
    this.#socket.close(code, closeReason(reason));
    // A paused socket would not read the answer to the close.
    this.#socket.resume();
    setTimeout(() => this.#socket.terminate(), CLOSE_WAIT_MS).unref();
  }

  #onMessage(data: Buffer, binary: boolean): void {
    if (this.#state === 'closing') return;
    if (this.#state === 'greeting') {
      this.#greet(data, binary);
      return;
    }
    if (this.#state === 'opening') {
      this.close(CloseCode.badMessage, 'frames came before the hello was answered');
      return;
    }
    // In memory of its own: what the socket gives is a piece of a larger buffer, and this one moves to the ledger's thread.
    const own = new Uint8Array(data);
    this.#pending += own.byteLength;
    this.#terms.toLedger({ type: 'message', session: this.id, data: own, binary });
    if (!this.#paused && this.#pending > PAUSE_BYTES) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  #greet(data: Buffer, binary: boolean): void {
    try {
      if (binary) throw new WireFormatError('the first message has to be hello');
      const envelopes = readEnvelopes(data.toString());
      const [first] = envelopes;
      if (envelopes.length !== 1 || first?.data_type !== 'hello') throw new WireFormatError('the first message has to be hello, alone');
      if (first.user_id !== this.userId) throw new WireFormatError("the hello's user_id is not the URL's");
      const hello = readPayload(HelloPayload, first);
      if (hello.protocol !== PROTOCOL_VERSION) {
        this.close(CloseCode.badProtocol, `protocol ${hello.protocol} is not known here, only ${PROTOCOL_VERSION}: use a matching client`);
        return;
      }
      clearTimeout(this.#helloTimer);
      this.#state = 'opening';
      this.#epoch = hello.epoch;
      this.#terms.onHello(this);
      this.#terms.toLedger({ type: 'hello', session: this.id, user: this.userId, epoch: hello.epoch, lastSeq: hello.last_seq });
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      this.close(CloseCode.badMessage, error.message);
    }
  }

  #onClose(): void {
    clearTimeout(this.#helloTimer);
    if (this.#state !== 'closing') this.#terms.toLedger({ type: 'end', session: this.id });
    this.#state = 'closing';
    this.#terms.onClosed(this);
  }

  #send(dataType: string, payload: object): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(envelopeText(this.userId, dataType, JSON.stringify(payload), Date.now()));
  }
}
