import { PipeFrame, PipeProtocolError } from '@tickhub/plugin-sdk/host';
import type { PipeFrameType, SymbolTable } from '@tickhub/plugin-sdk/host';
import type { AckBook } from './ack-book.ts';
import { InFlight } from './in-flight.ts';
import { KnownNames } from './known-names.ts';
import type { Spool, SpoolFrame } from './spool.ts';

/** What a lane needs of the isolate it feeds. */
export interface LaneLink {
  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): boolean;
  onDrained(listener: () => void): void;
}

export interface LaneLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface LaneTerms {
  readonly spool: Spool;
  readonly book: AckBook;
  /** Plugin id of the transport: isolates come and go, its place in the spool stays. */
  readonly transport: string;
  readonly link: LaneLink;
  readonly log: LaneLog;
  /** The spool has a new epoch, told to a transport only at its start: start its isolate again. */
  readonly onNewEpoch: () => void;
}

export interface LaneStatus {
  readonly state: 'suspended' | 'streaming' | 'detached';
  /** Why it is suspended, in the transport's words. */
  readonly reason: string;
  readonly ackedSeq: number;
  readonly sentSeq: number;
  readonly inFlightFrames: number;
  readonly inFlightBytes: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  /** Ticks and records sent, those sent again included. */
  readonly itemsSent: number;
  /** Acks that were lower than one before, beyond what was sent, or no number. */
  readonly acksIgnored: number;
}

/** Disk reads of a lane that is behind: large enough to be cheap, small enough that commits do not wait long for them. */
const READ_BYTES = 1_048_576;

/**
 * Feeds one transport's isolate from the spool: from where its backend is, in order, at most a window ahead of its acks, no faster than the isolate takes it.
 * Nothing is queued here but one disk read; what is not sent stays in the spool.
 */
export class DeliveryLane {
  readonly #terms: LaneTerms;
  readonly #inFlight: InFlight;
  readonly #unsubscribe: (() => void)[];
  #state: LaneStatus['state'] = 'suspended';
  #reason = 'the transport has not said yet that its link is up';
  /** Seq of the next frame to send. */
  #next = 1;
  #sentSeq = 0;
  /** What this session's backend has; the book has the highest of all sessions. */
  #ackedSeq = 0;
  /** Frames read from disk and not sent yet. */
  #ahead: readonly SpoolFrame[] = [];
  #blocked = false;
  #pumping = false;
  #reading = false;
  #renewing = false;
  /** Rises with each resume, suspend and detach: what an older one asked for is not sent. */
  #session = 0;
  readonly #namesSent = new KnownNames();
  #lastTable: SymbolTable | null = null;
  #framesSent = 0;
  #bytesSent = 0;
  #itemsSent = 0;
  #acksIgnored = 0;
  #isIgnoring = false;

  constructor(terms: LaneTerms) {
    this.#terms = terms;
    this.#inFlight = new InFlight(terms.spool.window);
    terms.book.require(terms.transport);
    const pump = (): void => this.#pump();
    this.#unsubscribe = [terms.spool.onDurable(pump), terms.spool.onHealth(pump)];
    terms.link.onDrained(() => {
      this.#blocked = false;
      this.#pump();
    });
  }

  get status(): LaneStatus {
    return {
      state: this.#state,
      reason: this.#state === 'streaming' ? '' : this.#reason,
      ackedSeq: this.#ackedSeq,
      sentSeq: this.#sentSeq,
      inFlightFrames: this.#inFlight.frames,
      inFlightBytes: this.#inFlight.bytes,
      framesSent: this.#framesSent,
      bytesSent: this.#bytesSent,
      itemsSent: this.#itemsSent,
      acksIgnored: this.#acksIgnored,
    };
  }

  /** The link is up, the backend has everything up to `lastSeq`: sends what follows. */
  resume(lastSeq: number): void {
    if (this.#state === 'detached' || this.#renewing) return;
    const { spool, book, transport, log } = this.#terms;
    if (!Number.isSafeInteger(lastSeq) || lastSeq < 0) {
      this.#suspend(`the backend said it has frames up to ${lastSeq}, which is no seq`);
      log.error(`${transport}: ${this.#reason}; nothing is sent until it says otherwise`);
      return;
    }
    if (lastSeq > book.sentBy(transport)) {
      this.#startNewEpoch(lastSeq);
      return;
    }
    const acked = book.ackedBy(transport);
    if (lastSeq < acked) {
      log.warn(
        `${transport}: the backend has frames up to ${lastSeq} but had acknowledged up to ${acked}: it has lost them, and the spool keeps what is acknowledged no longer`,
        {
          lastSeq,
          acked,
        },
      );
    }
    this.#session++;
    this.#state = 'streaming';
    this.#ahead = [];
    this.#inFlight.clear();
    // Of what it has lost, it gets again what another transport still keeps in the spool.
    this.#sentSeq = this.#ackedSeq = Math.max(lastSeq, spool.ackedSeq);
    this.#next = this.#sentSeq + 1;
    this.#isIgnoring = false;
    book.acked(transport, lastSeq);
    this.#sendResumed(lastSeq);
    this.#pump();
  }

  /** The link is down: nothing is sent until the next resume. Acks of what was sent still count. */
  suspend(reason: string): void {
    if (this.#state === 'detached') return;
    this.#suspend(reason);
  }

  /** Takes an `acked` frame of the pipe. @throws {PipeProtocolError} when it is not one f64. */
  takeAckFrame(body: Uint8Array): void {
    if (body.byteLength !== 8) throw new PipeProtocolError(`an acked frame has 8 bytes, not ${body.byteLength}`);
    this.acked(new DataView(body.buffer, body.byteOffset, 8).getFloat64(0, true));
  }

  /** The backend has taken everything up to `seq`. Never moves back, nor beyond what was sent; such an ack is counted, and logged once in a row. */
  acked(seq: number): void {
    if (this.#state === 'detached') return;
    const { book, transport } = this.#terms;
    if (!Number.isSafeInteger(seq) || seq < this.#ackedSeq || seq > this.#sentSeq) {
      this.#ignoreAck(seq);
      return;
    }
    this.#isIgnoring = false;
    if (seq === this.#ackedSeq) return;
    this.#ackedSeq = seq;
    this.#inFlight.ack(seq);
    book.acked(transport, seq);
    this.#pump();
  }

  /** The isolate is gone. What it had not acknowledged is sent to the next one. */
  detach(): void {
    if (this.#state === 'detached') return;
    this.#suspend('the isolate is gone');
    this.#state = 'detached';
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #suspend(reason: string): void {
    this.#session++;
    this.#state = 'suspended';
    this.#reason = reason;
    this.#ahead = [];
  }

  #ignoreAck(seq: number): void {
    this.#acksIgnored++;
    if (this.#isIgnoring) return;
    this.#isIgnoring = true;
    const { log, transport } = this.#terms;
    const [acked, sent] = [this.#ackedSeq, this.#sentSeq];
    log.warn(`${transport}: an ack of ${seq} is ignored; acknowledged is ${acked}, sent ${sent}`, { seq, acked, sent });
  }

  /**
   * The backend has frames of this epoch that this spool never sent: it was restored from a copy, or lost its end. Its numbers stand for other frames
   * there than here, so going on would have the backend take new frames for ones it has.
   */
  #startNewEpoch(lastSeq: number): void {
    const { spool, transport, log, onNewEpoch, book } = this.#terms;
    this.#renewing = true;
    this.#suspend('the spool gets a new epoch');
    const reason = `the backend of ${transport} has frames up to ${lastSeq}, this spool gave out ${book.sentBy(transport)} at most`;
    log.error(`${reason}: the spool was replaced by an older copy, or lost its end. It gets a new epoch; what is in it is sent again`, {
      lastSeq,
    });
    spool.renew(reason).then(
      () => {
        this.#renewing = false;
        onNewEpoch();
      },
      (error: unknown) => {
        this.#renewing = false;
        log.error(`${transport}: ${(error as Error).message}`);
      },
    );
  }

  #pump(): void {
    // A link may answer within `send`: the loop that sends sees to it.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#sendAll();
    } finally {
      this.#pumping = false;
    }
  }

  #sendAll(): void {
    while (this.#state === 'streaming' && !this.#blocked && !this.#reading) {
      const { room } = this.#inFlight;
      if (room === 0) return;
      const frames = this.#ahead.length > 0 ? this.#ahead : this.#terms.spool.readRecent(this.#next, room);
      if (frames === null) {
        this.#readDisk(room);
        return;
      }
      if (frames.length === 0) return;
      const sent = this.#sendSome(frames);
      if (this.#ahead.length > 0) this.#ahead = frames.slice(sent);
    }
  }

  #readDisk(room: number): void {
    const session = this.#session;
    this.#reading = true;
    this.#terms.spool.read(this.#next, Math.min(room, READ_BYTES)).then(
      (frames) => {
        this.#reading = false;
        if (session === this.#session) this.#ahead = frames;
        // None came: what was to be read has just gone for the budget, or is being salvaged. The next commit or change of health goes on.
        if (session !== this.#session || frames.length > 0) this.#pump();
      },
      (error: unknown) => {
        this.#reading = false;
        if (session === this.#session) this.#terms.log.warn(`${this.#terms.transport}: ${(error as Error).message}`);
      },
    );
  }

  /** @returns how many of the frames were sent before the window or the isolate was full. */
  #sendSome(frames: readonly SpoolFrame[]): number {
    this.#sendNewSymbols();
    let sent = 0;
    for (const { seq, stream, body, count } of frames) {
      if (this.#blocked || this.#inFlight.room === 0) break;
      const head = new Uint8Array(8);
      new DataView(head.buffer).setFloat64(0, seq, true);
      this.#inFlight.push(seq, body.byteLength);
      this.#next = seq + 1;
      this.#sentSeq = seq;
      this.#framesSent++;
      this.#bytesSent += body.byteLength;
      this.#itemsSent += count;
      sent++;
      if (!this.#terms.link.send(stream === 'ticks' ? PipeFrame.deliverTicks : PipeFrame.deliverRecords, head, body)) this.#blocked = true;
    }
    this.#terms.book.sent(this.#terms.transport, this.#sentSeq);
    return sent;
  }

  /** Tells the isolate, in its data channel, where the frames of the old link end and those of the new one begin. */
  #sendResumed(lastSeq: number): void {
    const body = new Uint8Array(8);
    new DataView(body.buffer).setFloat64(0, lastSeq, true);
    if (!this.#terms.link.send(PipeFrame.resumed, null, body)) this.#blocked = true;
  }

  #sendNewSymbols(): void {
    const table = this.#terms.spool.symbols();
    if (table === this.#lastTable) return;
    this.#lastTable = table;
    const added = this.#namesSent.add(table);
    if (added === null) return;
    if (!this.#terms.link.send(PipeFrame.symbols, null, new Uint8Array(Buffer.from(JSON.stringify(added))))) this.#blocked = true;
  }
}
