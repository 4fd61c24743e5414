import { setImmediate } from 'node:timers/promises';
import { decodeAck, decodeNotice, decodePing, decodeSub, decodeWatch, decodeWelcome } from '../link/decode.ts';
import { encodeHello, encodePing, encodePong, encodeSymbol, TicksWriter } from '../link/encode.ts';
import { FrameReader } from '../link/frame-reader.ts';
import { FrameType, NO_BACKFILL_LIMIT, TICK_BYTES, TICKS_PROTO } from '../link/wire.ts';
import { MemoryChannel } from './memory-channel.ts';
import type { Clock, Log } from '@tickhub/plugin-sdk';
import type { Sub, TerminalReport } from '../link/frames.ts';
import type { MarketClock } from './market-clock.ts';
import type { ReplayFeed } from './replay-feed.ts';

/** Ticks played before the event loop gets its turn. */
const TURN_TICKS = 4_096;
/** After the first SUB, for the others to come: those that the tier holds back never do. */
const GATHER_MS = 100;
/** A wait is at most this long, so that a wall clock set anew is noticed. */
const MAX_WAIT_MS = 1_000;

export interface ReplayTerminalOptions {
  readonly eaId: string;
  readonly token: string;
  readonly feeds: readonly ReplayFeed[];
  readonly digits: readonly number[];
  /** Played time of the first tick of all. */
  readonly first: number;
  readonly market: MarketClock;
}

/**
 * Plays the terminal's part of the link over recorded ticks: greets, announces its symbols, answers SUBs from the cursor, and sends what is due,
 * over all symbols in time order. It knows nothing of the plugin but the frames.
 */
export class ReplayTerminal {
  readonly channel: MemoryChannel;
  readonly #options: ReplayTerminalOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #reader: FrameReader;
  #writer = new TicksWriter(1);
  #stopPings: (() => void) | null = null;
  #pingSeq = 0n;
  #sent = 0;
  #wake: (() => void) | null = null;
  #gathering = false;
  #welcomed = false;

  constructor(options: ReplayTerminalOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.channel = new MemoryChannel(
      (bytes) => this.#reader.push(bytes),
      () => this.#closed(),
    );
    this.#reader = new FrameReader((type, _flags, symIdx, view, at, end) => this.#frame(type, symIdx, view, at, end));
  }

  /** Whether all that was asked for has been played. */
  get finished(): boolean {
    const active = this.#options.feeds.filter((feed) => feed.active);
    return active.length > 0 && active.every((feed) => feed.head === Infinity);
  }

  /** Greets, and plays until the channel is closed. */
  async run(): Promise<void> {
    const { eaId, token } = this.#options;
    const seconds = this.#seconds();
    this.channel.send(
      encodeHello({
        proto: TICKS_PROTO,
        sizeofTick: TICK_BYTES,
        linkId: 0n,
        loginHash: 0n,
        timeTradeServer: seconds,
        timeGmt: seconds,
        timeCurrent: seconds,
        terminalBuild: 0,
        eaId,
        server: 'replay',
        token,
      }),
    );
    while (this.channel.open) await this.#turn();
  }

  #seconds(): number {
    const { market, first } = this.#options;
    return Math.floor((market.opened ? market.now() : first) / 1_000);
  }

  /** Plays what is due now, up to {@link TURN_TICKS}, or sleeps until something is. */
  async #turn(): Promise<void> {
    const { feeds, market } = this.#options;
    if (!this.#welcomed || !market.opened) return this.#sleep(MAX_WAIT_MS);
    for (let left = TURN_TICKS; left > 0 && this.channel.open;) {
      for (const feed of feeds) if (feed.active && Number.isNaN(feed.head)) await feed.load();
      const { feed, rival } = this.#next();
      if (feed === null || feed.head === Infinity) {
        this.#settle(Infinity);
        return this.#sleep(MAX_WAIT_MS);
      }
      const wait = market.waitFor(feed.head);
      if (wait > 0) {
        this.#settle(market.now());
        return this.#sleep(Math.min(wait, MAX_WAIT_MS));
      }
      const due = market.paced ? Math.max(market.now(), feed.head) : Infinity;
      const sent = feed.send(Math.min(rival, due), this.#writer, this.channel);
      this.#sent += sent;
      market.reached(feed.sentUntil);
      left -= Math.max(sent, 1);
      if (!this.channel.isWritable) await this.channel.writable();
    }
    await setImmediate();
  }

  /** The active feed whose tick is next, and the time of the next one of any other. */
  #next(): { feed: ReplayFeed | null; rival: number } {
    let feed: ReplayFeed | null = null;
    let rival = Infinity;
    for (const it of this.#options.feeds) {
      if (!it.active) continue;
      if (feed === null || it.head < feed.head) {
        if (feed !== null) rival = Math.min(rival, feed.head);
        feed = it;
      } else rival = Math.min(rival, it.head);
    }
    return { feed, rival };
  }

  #settle(now: number): void {
    for (const feed of this.#options.feeds) feed.settle(now, this.#writer, this.channel);
  }

  #sleep(ms: number): Promise<void> {
    if (!this.channel.open) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(Math.ceil(ms), () => this.#wake?.());
      this.#wake = () => {
        cancel();
        this.#wake = null;
        resolve();
      };
    });
  }

  #frame(type: number, symIdx: number, view: DataView, at: number, end: number): void {
    switch (type) {
      case FrameType.welcome: {
        const welcome = decodeWelcome(view, at, end);
        this.#writer = new TicksWriter(welcome.maxBatch);
        this.#welcomed = true;
        this.#announce();
        this.#ping();
        this.#stopPings = this.#clock.every(welcome.heartbeatMs, () => this.#ping());
        break;
      }
      case FrameType.sub:
        this.#subscribe(decodeSub(view, at, end, symIdx));
        break;
      case FrameType.unsub:
        this.#feed(symIdx)?.stop();
        break;
      case FrameType.ping: {
        const ping = decodePing(view, at, end);
        this.channel.send(encodePong(ping.seq, ping.clockUs));
        break;
      }
      case FrameType.err: {
        const { code, text } = decodeNotice('ERR', view, at, end);
        this.#log.error(`the replay was refused: ${text} (code ${code})`);
        break;
      }
      // Read to know that they can be; a recording has nothing to select and nothing to trim.
      case FrameType.watch:
        decodeWatch(view, at, end);
        break;
      case FrameType.ack:
        decodeAck(view, at, end);
        break;
      default:
    }
    this.#wake?.();
  }

  #announce(): void {
    const { feeds, digits } = this.#options;
    for (const [i, feed] of feeds.entries()) {
      const places = digits[i] ?? 5;
      this.channel.send(
        encodeSymbol({
          symIdx: feed.symIdx,
          name: feed.name,
          digits: places,
          tradeMode: 0,
          bookDepth: 0,
          point: 10 ** -places,
          contractSize: 0,
          path: 'replay',
          currency: '',
        }),
      );
    }
  }

  #ping(): void {
    const seconds = this.#seconds();
    const report: TerminalReport = {
      timeTradeServer: seconds,
      timeGmt: seconds,
      connected: true,
      ticksSent: this.#sent % 0x1_0000_0000,
      sendStalls: 0,
      copyErrors: 0,
    };
    this.channel.send(encodePing({ seq: ++this.#pingSeq, clockUs: BigInt(Math.round(this.#clock.monotonic() * 1_000)), report }));
  }

  #feed(symIdx: number): ReplayFeed | undefined {
    return this.#options.feeds.find((feed) => feed.symIdx === symIdx);
  }

  /** As LINK.md has it for SUB; before the market opens, its time is where the earliest cursor is. */
  #subscribe(sub: Sub): void {
    const { market, first, feeds } = this.#options;
    const feed = this.#feed(sub.symIdx);
    if (feed === undefined) return;
    const { cursor, maxBackfillMs } = sub;
    const given = cursor.time > 0;
    if (!market.opened) {
      feed.start(cursor, -Infinity, false);
      this.#gather(feeds);
      return;
    }
    const now = market.now();
    const oldest = maxBackfillMs === NO_BACKFILL_LIMIT ? first : now - maxBackfillMs;
    const reaches = given && cursor.time >= oldest;
    feed.start(reaches ? cursor : { time: Math.max(oldest, first), same: 0 }, now, given && !reaches && cursor.time >= first);
  }

  /** Opens the market once every symbol is asked for, or no more SUB came for a moment. */
  #gather(feeds: readonly ReplayFeed[]): void {
    if (feeds.every((feed) => feed.active)) return this.#open();
    if (this.#gathering) return;
    this.#gathering = true;
    this.#clock.after(GATHER_MS, () => this.#open());
  }

  #open(): void {
    const { feeds, market, first } = this.#options;
    const starts = feeds.filter((feed) => feed.active).map((feed) => feed.startsAt);
    if (starts.length === 0) {
      this.#gathering = false;
      return;
    }
    market.open(Math.max(first, Math.min(...starts)));
    this.#wake?.();
  }

  #closed(): void {
    this.#stopPings?.();
    for (const feed of this.#options.feeds) feed.stop();
    this.#wake?.();
  }
}
