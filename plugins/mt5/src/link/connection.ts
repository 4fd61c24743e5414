import { badFrame, LinkError } from './errors.ts';
import { FirstBytes } from './first-bytes.ts';
import { FramePeer } from './frame-peer.ts';
import { Heartbeat } from './heartbeat.ts';
import { checkHello } from './hello-check.ts';
import { LinePeer } from './line-peer.ts';
import { isFatal, LinkCode, PROTO, RICH_PROTO } from './wire.ts';
import type { Clock } from '@tickhub/plugin-sdk';
import type { ByteChannel, ByteReceiver } from './byte-channel.ts';
import type * as Frames from './frames.ts';
import type { ConnectionDeps, ConnectionOptions } from './connection-terms.ts';
import type { Link, LinkSession } from './link.ts';
import type { PeerCodec, PeerEvents } from './peer.ts';

export const HELLO_TIMEOUT_MS = 3_000;
/** How long a terminal that loads history may be silent: the first CopyTicks of a symbol may block for 45 s. */
export const LOADING_SILENCE_MS = 60_000;
const CHECK_MS = 250;
/** A peer that reads nothing while this much waits for it is as good as gone. */
const MAX_UNSENT = 4 * 1_048_576;

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
  readonly #first = new FirstBytes();
  #codec: PeerCodec | null = null;
  #session: LinkSession | null = null;
  #eaId: string | null = null;
  #proto = 1;
  readonly #heartbeat: Heartbeat;
  readonly #openedAt: number;
  #paused = false;

  constructor(channel: ByteChannel, options: ConnectionOptions, deps: ConnectionDeps) {
    this.#channel = channel;
    this.#options = options;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#heartbeat = new Heartbeat(deps.clock);
    this.#openedAt = deps.clock.monotonic();
    this.#stopChecks = deps.clock.every(CHECK_MS, () => this.#check());
  }

  get silentMs(): number {
    return this.#paused ? 0 : this.#heartbeat.silentMs;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get roundTripMs(): number | null {
    return this.#heartbeat.roundTripMs;
  }

  get fences(): boolean {
    return this.#codec?.fences ?? false;
  }

  // Bytes

  receive(chunk: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#heartbeat.heard();
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

  #open(chunk: Uint8Array): void {
    const first = this.#first.push(chunk);
    if (first === null) return;
    this.#codec =
      first.language === 'lines'
        ? new LinePeer(this, () => this.#clock.now())
        : new FramePeer(this, { maxBatch: this.#options.maxBatch, silenceMs: this.#options.silenceMs });
    this.#codec.push(first.bytes);
  }

  #holdUp(): void {
    if (this.#paused || this.#state === 'closed') return;
    this.#paused = true;
    this.#channel.pause();
    void this.#deps.intake.drained().then(() => {
      this.#paused = false;
      this.#heartbeat.heard();
      if (this.#state !== 'closed') this.#channel.resume();
    });
  }

  // Manners

  #check(): void {
    const telling = this.#heartbeat.look();
    if (this.#state === 'greeting') {
      if (this.#clock.monotonic() - this.#openedAt >= HELLO_TIMEOUT_MS) {
        this.#refuse(new LinkError(LinkCode.helloTimeout, `no HELLO within ${HELLO_TIMEOUT_MS / 1_000} s`));
      }
      return;
    }
    if (this.#session === null || this.#codec === null) return;
    if (telling) {
      const allowed = this.#session.awaitsAnswer ? Math.max(LOADING_SILENCE_MS, this.#codec.silenceMs) : this.#codec.silenceMs;
      if (this.silentMs > allowed) return this.destroy(`silent for ${(this.silentMs / 1_000).toFixed(1)} s`);
    }
    if (this.#channel.unsent > MAX_UNSENT) return this.destroy('it does not read what it is sent');
    if (this.#heartbeat.pingedMsAgo >= this.#options.heartbeatMs) this.fence();
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
    this.#deps.closed();
  }

  // What the peer says

  hello(hello: Frames.Hello): void {
    if (this.#state !== 'greeting') throw badFrame('a second HELLO');
    const maxProto = this.#codec?.maxProto ?? PROTO;
    checkHello(hello, this.#options.token, maxProto);
    this.#eaId = hello.eaId;
    this.#proto = Math.min(hello.proto, maxProto);
    this.#session = this.#deps.admit(hello, this);
    this.#state = 'live';
    this.#codec?.trust(this.#proto);
    const { heartbeatMs, maxBatch, sweepMs, bookMs = 1, share = 0 } = this.#options;
    this.#send((codec) => codec.welcome({ proto: this.#proto, heartbeatMs, maxBatch, sweepMs, bookMs, share }));
    this.#session.welcomed();
  }

  live(what: string): LinkSession {
    if (this.#session === null || this.#state !== 'live') throw badFrame(`${what} before HELLO`);
    return this.#session;
  }

  ping(ping: Frames.Ping): void {
    const session = this.live('PING');
    this.#send((codec) => codec.pong(ping.seq, ping.clockUs));
    if (ping.report !== null) session.report(ping.report);
  }

  pong(seq: bigint): void {
    const session = this.live('PONG');
    this.#heartbeat.pong(seq);
    session.passed(seq);
  }

  err(notice: Frames.Notice): void {
    const session = this.live('ERR');
    if (notice.code === LinkCode.noSymbol) session.noSymbol(notice.text);
    if (isFatal(notice.code)) this.destroy(`the peer ended it: ${notice.text} (code ${notice.code})`);
  }

  bye(notice: Frames.Notice): void {
    this.live('BYE');
    this.destroy(`it said goodbye: ${notice.text} (code ${notice.code})`);
  }

  // What it is told

  #send(encode: (codec: PeerCodec) => Uint8Array): void {
    if (this.#codec !== null && this.#state !== 'closed') this.#channel.write(encode(this.#codec));
  }

  subscribe(sub: Frames.Sub): void {
    this.#send((codec) => codec.sub(sub));
  }

  unsubscribe(symIdx: number): void {
    this.#send((codec) => codec.unsub(symIdx));
  }

  watch(names: readonly string[]): void {
    this.#send((codec) => codec.watch(names));
  }

  get requestBars(): ((symIdx: number, request: Frames.BarsRequest) => void) | undefined {
    const codec = this.#codec;
    if (this.#proto < RICH_PROTO || codec?.getBars === undefined) return undefined;
    return (symIdx, request) => this.#send(() => codec.getBars?.(symIdx, request) ?? new Uint8Array());
  }

  ack(entries: readonly Frames.AckEntry[]): void {
    this.#send((codec) => codec.ack(entries));
  }

  fence(): bigint {
    const seq = this.#heartbeat.ping();
    this.#send((codec) => codec.ping(seq, BigInt(Math.round(this.#clock.monotonic() * 1_000))));
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
