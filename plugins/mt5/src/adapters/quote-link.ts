import { TickFlag, type Cancel } from '@tickhub/plugin-sdk';
import { emptyTicksFrame, type BarsFrame, type BarsRequest, type Sub, type SymbolSpec } from '../link/frames.ts';
import { PROTO, TICK_BYTES } from '../link/wire.ts';
import { writeTick } from '../link/encode.ts';
import { QuotedSymbol } from './quoted-symbol.ts';
import type { Link, LinkSession } from '../link/link.ts';
import type { BridgeTerms } from './bridge.ts';

/** A break in looking shorter than this is no gap: bridges look every few milliseconds at best. */
const SHORTEST_GAP_MS = 1_000;
/** The clock may stand so far behind the newest tick before it is worth a word. */
const CLOCK_SLACK_MS = 2_000;
/** A symbol's first quote comes before the tier has said whether it may; it is kept for so long. */
const VERDICT_MS = 2_000;
const REOPEN_MS = 100;
/** symIdx is a u16, and 0 is nobody's. */
const MOST_SYMBOLS = 65_535;

export interface QuoteLinkOptions {
  /** How the terminal is called in the log. */
  readonly server: string;
  /**
   * True: what comes is the state, of unknown age, and a tick is a change of it; so the first look is no tick. False: each quote is an event, unless it
   * is the one from before to the letter.
   */
  readonly snapshots: boolean;
  /** Asks the bridge for bars of one of its symbols; left out where it has none. Times are UTC, as its ticks' are. */
  readonly bars?: ((name: string, request: BarsRequest, answer: (frame: BarsFrame) => void) => void) | undefined;
}

/**
 * The {@link Link} of a bridge that shows only the newest quote. A tick gets the time of this computer when it was seen (UTC), never before
 * the symbol's newest tick, and its ordinal is counted. While the bridge is away nobody knows what is missed, and a gap record says between which times.
 */
export class QuoteLink implements Link {
  readonly fences = false;
  readonly roundTripMs = null;
  /** Never silent by itself: a native link with this id is refused. */
  readonly silentMs = 0;
  /** Quotes that were the ones from before. */
  unchanged = 0;
  /** Quotes let go because the host could not take more; the next one has the newest prices. */
  skipped = 0;
  /** Ticks handed to the session. */
  ticks = 0;
  /** Epoch milliseconds of the last tick; null before it. */
  lastTickAt: number | null = null;
  readonly #terms: BridgeTerms;
  readonly #options: QuoteLinkOptions;
  readonly #symbols = new Map<string, QuotedSymbol>();
  readonly #byIndex: QuotedSymbol[] = [];
  readonly #frame = emptyTicksFrame();
  #session: LinkSession | null = null;
  #cancelReopening: Cancel | null = null;

  constructor(terms: BridgeTerms, options: QuoteLinkOptions) {
    this.#terms = terms;
    this.#options = options;
    this.#frame.view = new DataView(new ArrayBuffer(TICK_BYTES));
    this.#frame.count = 1;
  }

  get paused(): boolean {
    return this.#terms.publish.congested;
  }

  /** Names as the bridge has them. */
  get names(): IterableIterator<string> {
    return this.#symbols.keys();
  }

  /** Symbols whose quotes become ticks. */
  get openCount(): number {
    let count = 0;
    for (const symbol of this.#byIndex) if (symbol.open) count++;
    return count;
  }

  /** How far this computer's clock stands behind the newest tick, which then holds back time; 0 when it does not. */
  get clockBehindMs(): number {
    const behind = (this.lastTickAt ?? 0) - this.#terms.clock.now();
    return behind > CLOCK_SLACK_MS ? behind : 0;
  }

  /** Shows itself to the session layer as a terminal, with the symbols that are known. @throws {LinkError} when a terminal of this id is connected. */
  open(): void {
    const session = this.#admit();
    this.#session = session;
    session.welcomed();
    for (const symbol of this.#byIndex) session.symbol(specOf(symbol));
  }

  /** For good. */
  close(reason: string): void {
    this.#cancelReopening?.();
    this.#end(reason);
  }

  #admit(): LinkSession {
    const seconds = Math.floor(this.#terms.clock.now() / 1_000);
    return this.#terms.admit(
      {
        proto: PROTO,
        sizeofTick: TICK_BYTES,
        linkId: 0n,
        loginHash: 0n,
        timeTradeServer: seconds,
        timeGmt: seconds,
        timeCurrent: seconds,
        terminalBuild: 0,
        eaId: this.#terms.id,
        server: this.#options.server,
        token: '',
      },
      this,
    );
  }

  #end(reason: string): void {
    const session = this.#session;
    this.#session = null;
    for (const symbol of this.#byIndex) symbol.open = false;
    session?.closed(reason);
  }

  /** The bridge is away: what its symbols, or the one named, do is not seen, from `since` on (epoch milliseconds) until the next quote of each. */
  interrupted(since: number, name?: string): void {
    for (const symbol of this.#byIndex) {
      if (!symbol.seen || (name !== undefined && symbol.name !== name)) continue;
      symbol.seen = false;
      symbol.awayFrom = Math.max(symbol.lastTime, since);
      symbol.awayUntil = 0;
    }
  }

  /** The bridge has refused to give a symbol of this name. */
  refused(name: string): void {
    this.#session?.noSymbol(name);
  }

  /**
   * Takes a symbol's newest quote. Allocates nothing.
   * @param last and volume 0 where there is none.
   * @param stamp tells apart quotes with the same prices, where the bridge does; else 0.
   */
  quote(name: string, bid: number, ask: number, last: number, volume: number, stamp: number): void {
    const session = this.#session;
    if (session === null) return;
    const symbol = this.#symbols.get(name) ?? this.#announce(session, name);
    if (symbol === null) return;
    const first = !symbol.seen;
    if (first) this.#begins(symbol);
    const flags = symbol.keep(bid, ask, last, volume, stamp);
    if (first && this.#options.snapshots) return;
    if (flags === 0) {
      this.unchanged++;
      return;
    }
    const now = this.#terms.clock.now();
    if (symbol.open) this.#publish(session, symbol, now, flags);
    else if (!symbol.subscribed) symbol.heldAt = now;
  }

  /** The symbol's newest quote becomes a tick. */
  #publish(session: LinkSession, symbol: QuotedSymbol, at: number, flags: number): void {
    if (this.paused) {
      this.skipped++;
      return;
    }
    const { bid, ask, last, volume } = symbol;
    if (symbol.learnDigits()) session.symbol(specOf(symbol));
    const time = Math.max(symbol.lastTime, Math.floor(at));
    symbol.lastTime = time;
    this.lastTickAt = time;
    this.ticks++;
    this.#frame.symIdx = symbol.symIdx;
    writeTick(this.#frame.view, 0, time, bid, ask, last, volume, flags);
    session.ticks(this.#frame);
  }

  #announce(session: LinkSession, name: string): QuotedSymbol | null {
    if (this.#byIndex.length >= MOST_SYMBOLS) return null;
    const symbol = new QuotedSymbol(this.#byIndex.length + 1, name);
    this.#byIndex.push(symbol);
    this.#symbols.set(name, symbol);
    session.symbol(specOf(symbol));
    return symbol;
  }

  #begins(symbol: QuotedSymbol): void {
    symbol.seen = true;
    symbol.awayUntil = this.#terms.clock.now();
    this.#tellGap(symbol);
  }

  /** Once it is known from when until when nobody looked, and the symbol is let through. */
  #tellGap(symbol: QuotedSymbol): void {
    const { awayFrom: from, awayUntil: to } = symbol;
    if (!symbol.open || from === 0 || to === 0) return;
    symbol.awayFrom = 0;
    symbol.awayUntil = 0;
    if (to - from < SHORTEST_GAP_MS) return;
    const { publish, clock, id } = this.#terms;
    const body = { source: `mt5:${id}`, from, to, utcOffsetMs: 0, reason: 'bridge-away', filled: false };
    // Under the raw name the host would not know the symbol: the session knows the canonical one.
    publish.record('gap', { time: clock.now(), symbol: this.#terms.canonical(symbol.name), source: `mt5:${id}`, body });
  }

  // ---- what the session asks for

  subscribe({ symIdx, cursor }: Sub): void {
    const symbol = this.#byIndex[symIdx - 1];
    if (symbol === undefined) return;
    symbol.open = true;
    symbol.lastTime = Math.max(symbol.lastTime, cursor.time);
    if (!symbol.subscribed) {
      symbol.subscribed = true;
      // Since the newest tick of an earlier run nobody looked.
      if (symbol.awayFrom === 0) symbol.awayFrom = cursor.time;
    }
    this.#tellGap(symbol);
    const { heldAt } = symbol;
    symbol.heldAt = 0;
    const session = this.#session;
    if (session === null || heldAt === 0 || this.#terms.clock.now() - heldAt > VERDICT_MS) return;
    this.#publish(session, symbol, heldAt, TickFlag.bid | TickFlag.ask);
  }

  get requestBars(): ((symIdx: number, request: BarsRequest) => void) | undefined {
    const { bars } = this.#options;
    if (bars === undefined) return undefined;
    return (symIdx, request) => {
      const symbol = this.#byIndex[symIdx - 1];
      const session = this.#session;
      if (symbol === undefined) return;
      bars(symbol.name, request, (frame) => {
        // Numbers of requests begin anew with each session.
        if (session === this.#session) session?.bars(symIdx, frame);
      });
    };
  }

  unsubscribe(symIdx: number): void {
    const symbol = this.#byIndex[symIdx - 1];
    if (symbol !== undefined) symbol.open = false;
  }

  /** Whether more symbols can be had is the adapter's own affair. */
  watch(): void {}

  /** A bridge has nothing to go back to. */
  ack(): void {}

  /** Never called, for {@link fences} is false. */
  fence(): bigint {
    return 0n;
  }

  goodbye(_code: number, text: string): void {
    this.destroy(text);
  }

  /** The session layer wants a new connection: there is none to make anew, but what it knows of the old one. */
  destroy(reason: string): void {
    this.#end(reason);
    this.#cancelReopening?.();
    this.#cancelReopening = this.#terms.clock.after(REOPEN_MS, () => this.open());
  }
}

function specOf(symbol: QuotedSymbol): SymbolSpec {
  const { symIdx, name, digits } = symbol;
  return { symIdx, name, digits, tradeMode: 0, bookDepth: 0, point: 10 ** -digits, contractSize: 0, path: '', currency: '' };
}
