import { createHash, timingSafeEqual } from 'node:crypto';
import { badFrame, LinkError } from './errors.ts';
import { FramePeer } from './frame-peer.ts';
import { LinePeer } from './line-peer.ts';
import { isFatal, LinkCode, PROTO, TICK_BYTES } from './wire.ts';
import type { Clock, Publish } from '@tickhub/plugin-sdk';
import type { ByteChannel, ByteReceiver } from './byte-channel.ts';
import type { AckEntry, Hello, Notice, Ping, Sub, SymbolSpec, TicksFrame } from './frames.ts';
import type { Admit, Link, LinkSession } from './link.ts';
import type { PeerCodec, PeerEvents } from './peer.ts';

export const HELLO_TIMEOUT_MS = 3_000;
/** How long a terminal that loads history may be silent: the first CopyTicks of a symbol may block for 45 s. */
export const LOADING_SILENCE_MS = 60_000;
const CHECK_MS = 250;
/** A check that comes this late means that this process stood still, not the peer. */
const STOOD_STILL_MS = 1_000;
/** A peer that reads nothing while this much waits for it is as good as gone. */
const MAX_UNSENT = 4 * 1_048_576;
const EA_ID = /^[\p{L}\p{N}][\p{L}\p{N} ._@#-]{0,63}$/u;

export interface ConnectionOptions {
  readonly token: string;
  readonly heartbeatMs: number;
  readonly maxBatch: number;
  readonly sweepMs: number;
  /** How long a peer may be silent, in milliseconds. */
  readonly silenceMs: number;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly intake: Pick<Publish, 'congested' | 'drained'>;
  readonly admit: Admit;
  /** Called once when a peer is refused or breaks the rules. */
  readonly refused: (error: LinkError, eaId: string | null) => void;
  /** Called once when the connection is over, after its session knows. */
  readonly closed: (connection: EaConnection) => void;
}

/**
 * One connection from its first byte to its last: tells the two languages apart, wants HELLO within 3 s, checks protocol and token,
 * keeps the heartbeat, pauses reading while the host is congested, and ends peers that break the rules or fall silent.
 */
export class EaConnection implements ByteReceiver, PeerEvents, Link {
  readonly #channel: ByteChannel;
  readonly #options: ConnectionOptions;
  readonly #deps: ConnectionDeps;
  readonly #clock: Clock;
  readonly #stopChecks: () => void;
  #state: 'greeting' | 'live' | 'closed' = 'greeting';
  #opening = new Uint8Array(0);
  #codec: PeerCodec | null = null;
  #session: LinkSession | null = null;
  #eaId: string | null = null;
  #heardAt: number;
  #openedAt: number;
  #checkedAt: number;
  #pingedAt = 0;
  #pingSeq = 0n;
  #pingSentAt = 0;
  #roundTripMs: number | null = null;
  #paused = false;

  constructor(channel: ByteChannel, options: ConnectionOptions, deps: ConnectionDeps) {
    this.#channel = channel;
    this.#options = options;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#openedAt = this.#heardAt = this.#checkedAt = deps.clock.monotonic();
    this.#stopChecks = deps.clock.every(CHECK_MS, () => this.#check());
  }

  get silentMs(): number {
    return this.#paused ? 0 : this.#clock.monotonic() - this.#heardAt;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  get fences(): boolean {
    return this.#codec?.fences ?? false;
  }

  // Bytes

  receive(chunk: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#heardAt = this.#clock.monotonic();
    try {
      if (this.#codec === null) this.#open(chunk);
      else this.#codec.push(chunk);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#refuse(error);
    }
    if (this.#deps.intake.congested) this.#holdUp();
  }

  closed(reason: string): void {
    const pending = this.#codec?.pending ?? 0;
    this.#over(pending > 0 ? `${reason}, in the middle of a frame (${pending} bytes of it had come)` : reason);
  }

  /**
   * A frame begins with its length. That of a HELLO is below 65,536, so the fourth byte is 0, which no JSON text contains; its first byte may
   * well be `{`.
   */
  #open(chunk: Uint8Array): void {
    const bytes = this.#opening.byteLength === 0 ? chunk : Buffer.concat([this.#opening, chunk]);
    if (bytes.byteLength < 4) {
      this.#opening = Uint8Array.from(bytes);
      return;
    }
    this.#opening = new Uint8Array(0);
    const lines = bytes[0] === 0x7b && bytes[3] !== 0;
    this.#codec = lines
      ? new LinePeer(this, () => this.#clock.now())
      : new FramePeer(this, { maxBatch: this.#options.maxBatch, silenceMs: this.#options.silenceMs });
    this.#codec.push(bytes);
  }

  #holdUp(): void {
    if (this.#paused || this.#state === 'closed') return;
    this.#paused = true;
    this.#channel.pause();
    void this.#deps.intake.drained().then(() => {
      this.#paused = false;
      this.#heardAt = this.#clock.monotonic();
      if (this.#state !== 'closed') this.#channel.resume();
    });
  }

  // Manners

  #check(): void {
    const now = this.#clock.monotonic();
    const late = now - this.#checkedAt;
    this.#checkedAt = now;
    if (this.#state === 'greeting') {
      if (now - this.#openedAt >= HELLO_TIMEOUT_MS) {
        this.#refuse(new LinkError(LinkCode.helloTimeout, `no HELLO within ${HELLO_TIMEOUT_MS / 1_000} s`));
      }
      return;
    }
    if (this.#session === null || this.#codec === null) return;
    // What came while this process stood still is not read yet.
    if (late < STOOD_STILL_MS) {
      const allowed = this.#session.awaitsAnswer ? Math.max(LOADING_SILENCE_MS, this.#codec.silenceMs) : this.#codec.silenceMs;
      if (this.silentMs > allowed) return this.destroy(`silent for ${(this.silentMs / 1_000).toFixed(1)} s`);
    }
    if (this.#channel.unsent > MAX_UNSENT) return this.destroy('it does not read what it is sent');
    if (now - this.#pingedAt >= this.#options.heartbeatMs) this.fence();
  }

  #refuse(error: LinkError): void {
    if (this.#state === 'closed') return;
    this.#codec?.stop();
    const notice = { code: error.wireCode, text: error.message };
    // Who has not said a word that was understood is answered in frames.
    const codec = this.#codec ?? new FramePeer(this, { maxBatch: 1, silenceMs: 0 });
    this.#channel.write(codec.err(notice));
    this.#channel.end();
    this.#deps.refused(error, this.#eaId);
    this.#over(error.message);
  }

  #over(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stopChecks();
    this.#codec?.stop();
    this.#session?.closed(reason);
    this.#deps.closed(this);
  }

  // What the peer says

  hello(hello: Hello): void {
    if (this.#state !== 'greeting') throw badFrame('a second HELLO');
    if (hello.proto !== PROTO) throw new LinkError(LinkCode.badProto, `protocol ${hello.proto}; this plugin speaks ${PROTO}`);
    if (hello.sizeofTick !== TICK_BYTES) {
      throw new LinkError(LinkCode.badProto, `sizeof(MqlTick) is ${hello.sizeofTick}, expected ${TICK_BYTES}`);
    }
    if (!sameToken(hello.token, this.#options.token)) throw new LinkError(LinkCode.badToken, 'the token is wrong');
    if (!EA_ID.test(hello.eaId)) {
      throw badFrame('HELLO: eaId must have 1 to 64 letters, digits, spaces or . _ - @ #, and begin with a letter or digit');
    }
    this.#eaId = hello.eaId;
    this.#session = this.#deps.admit(hello, this);
    this.#state = 'live';
    this.#codec?.trust();
    const { heartbeatMs, maxBatch, sweepMs } = this.#options;
    this.#send((codec) => codec.welcome({ proto: PROTO, heartbeatMs, maxBatch, sweepMs }));
    this.#session.welcomed();
  }

  #live(what: string): LinkSession {
    if (this.#session === null || this.#state !== 'live') throw badFrame(`${what} before HELLO`);
    return this.#session;
  }

  symbol(spec: SymbolSpec): void {
    this.#live('SYMBOL').symbol(spec);
  }

  ticks(frame: TicksFrame): void {
    this.#live('TICKS').ticks(frame);
  }

  ping(ping: Ping): void {
    const session = this.#live('PING');
    this.#send((codec) => codec.pong(ping.seq, ping.clockUs));
    if (ping.report !== null) session.report(ping.report);
  }

  pong(seq: bigint): void {
    const session = this.#live('PONG');
    if (seq === this.#pingSeq) this.#roundTripMs = this.#clock.monotonic() - this.#pingSentAt;
    session.passed(seq);
  }

  err(notice: Notice): void {
    const session = this.#live('ERR');
    if (notice.code === LinkCode.noSymbol) session.noSymbol(notice.text);
    if (isFatal(notice.code)) this.destroy(`the peer ended it: ${notice.text} (code ${notice.code})`);
  }

  bye(notice: Notice): void {
    this.#live('BYE');
    this.destroy(`it said goodbye: ${notice.text} (code ${notice.code})`);
  }

  // What it is told

  #send(encode: (codec: PeerCodec) => Uint8Array): void {
    if (this.#codec !== null && this.#state !== 'closed') this.#channel.write(encode(this.#codec));
  }

  subscribe(sub: Sub): void {
    this.#send((codec) => codec.sub(sub));
  }

  unsubscribe(symIdx: number): void {
    this.#send((codec) => codec.unsub(symIdx));
  }

  watch(names: readonly string[]): void {
    this.#send((codec) => codec.watch(names));
  }

  ack(entries: readonly AckEntry[]): void {
    this.#send((codec) => codec.ack(entries));
  }

  fence(): bigint {
    const now = this.#clock.monotonic();
    this.#pingedAt = this.#pingSentAt = now;
    const seq = ++this.#pingSeq;
    this.#send((codec) => codec.ping(seq, BigInt(Math.round(now * 1_000))));
    return seq;
  }

  goodbye(code: number, text: string): void {
    this.#send((codec) => codec.bye({ code, text }));
    this.#channel.end();
    this.#over(text);
  }

  destroy(reason: string): void {
    this.#channel.destroy();
    this.#over(reason);
  }
}

/** Compares in a time that does not depend on where they differ, nor on their lengths. */
function sameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
