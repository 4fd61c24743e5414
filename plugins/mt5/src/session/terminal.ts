import { Feed, type FeedContext } from './feed.ts';
import { collide } from './symbol-map.ts';
import { addQuality, newQuality, type Quality } from './quality.ts';
import { AccountFeed } from './account-feed.ts';
import { BookFeed } from './book-feed.ts';
import { BrokerClock } from './broker-clock.ts';
import { TerminalHealth } from './terminal-health.ts';
import type { TickSource, TickSymbol } from '@tickhub/plugin-sdk';
import type { BarTerminal } from './bar-backfill.ts';
import type { StallTries } from './stall-watch.ts';
import type { UtcOffset } from './utc-offset.ts';
import type { TerminalReport } from '../link/frames.ts';
import type { Link } from '../link/link.ts';
import type { SessionDeps, SessionOptions } from './options.ts';

const MAX_NAME = 64;

/** The connection a terminal is on, as far as the terminal and its status ask of it. */
export interface LiveSession {
  readonly link: Link;
  readonly feeds: Feed[];
  /** Symbols that were asked for and that the broker does not have. */
  readonly missing: readonly string[];
  /** When something is tried next about ticks that stay away, monotonic milliseconds; null while nothing has to be. */
  readonly nextTryAt: number | null;
  /** The host has made ticks of these symbols durable. */
  durable(moved: readonly TickSymbol[]): void;
  regate(feed: Feed): void;
  /** Another of the broker's symbols takes this one's place. */
  letGo(feed: Feed): void;
}

/**
 * One terminal, known by its EA's id, over all its connections: a source of ticks, its symbols, the broker's clock and what was counted.
 */
export class Terminal implements FeedContext, BarTerminal {
  readonly eaId: string;
  readonly source: TickSource;
  readonly clock: BrokerClock;
  readonly books: BookFeed;
  readonly account: AccountFeed;
  readonly health: TerminalHealth;
  readonly barCounters = { barsPublished: 0, barsInvalid: 0, barsGivenUp: 0 };
  readonly stallTries: StallTries = new Map();
  /** By canonical name. */
  readonly feeds = new Map<string, Feed>();
  /** Broker's names that are not taken, and why. */
  readonly leftOut = new Map<string, string>();
  /** The broker's server, as the terminal names it. */
  server = '';
  /** The connection it has now. */
  session: LiveSession | null = null;
  /** Monotonic milliseconds of the last change between connected and not. */
  changedAt: number;
  /** Monotonic milliseconds since when the EA has not been heard, where its connection was given up for that; else null. */
  fellSilentAt: number | null = null;
  /** Monotonic milliseconds of when the broker was last lost. */
  brokerLostAt = 0;
  /** When ticks last came, Unix epoch milliseconds. */
  lastDataAt: number | null = null;
  report: TerminalReport | null = null;
  staleBefore = -Infinity;
  readonly #options: SessionOptions;
  readonly #deps: SessionDeps;

  constructor(eaId: string, options: SessionOptions, deps: SessionDeps) {
    this.eaId = eaId;
    this.#options = options;
    this.#deps = deps;
    this.changedAt = deps.clock.monotonic();
    this.clock = new BrokerClock(eaId, options.utcOffset, { ...deps, isLive: options.isLive });
    this.source = deps.publish.source({ name: `mt5:${eaId}`, utcOffsetMs: this.offset.current });
    this.books = new BookFeed(this.source.name, options.book, deps);
    this.account = new AccountFeed(this.source.name, options, deps);
    this.health = new TerminalHealth(this, deps.clock);
    this.source.onDurable((moved) => this.session?.durable(moved));
  }

  get offset(): UtcOffset {
    return this.clock.offset;
  }

  get sourceName(): string {
    return this.source.name;
  }

  /** The broker's clock now, epoch milliseconds. */
  get wallNow(): number {
    return this.clock.wallNow;
  }

  /** UTC of a time by the broker's clock, epoch milliseconds. */
  utc(wallMs: number): number {
    return wallMs - this.offset.atWall(wallMs);
  }

  barCursor(key: string): number | undefined {
    return this.#deps.memory.of(this.eaId).bars[key];
  }

  keepBarCursor(key: string, time: number): void {
    this.#deps.memory.change(this.eaId, { bars: { ...this.#deps.memory.of(this.eaId).bars, [key]: time } });
  }

  /** Of its records, counted since the plugin began. */
  recordCounters(): Record<string, number> {
    return { ...this.books.counters, ...this.account.counters, ...this.barCounters };
  }

  get marks(): number {
    return this.#options.marks ?? 0;
  }

  get offsetFrom(): number {
    return this.offset.from;
  }

  get offsetUntil(): number {
    return this.offset.until;
  }

  moveOffset(time: number): void {
    if (this.offset.moveTo(time)) this.source.setUtcOffset(this.offset.current);
  }

  /** Takes the terminal's two clocks, epoch seconds. @param isReport they are of a PING, and not of the HELLO. */
  observeClocks(timeTradeServer: number, timeGmt: number, isReport: boolean): void {
    if (!this.clock.observe(timeTradeServer, timeGmt, isReport)) return;
    this.offset.moveTo(this.wallNow);
    this.source.setUtcOffset(this.offset.current);
  }

  observe(report: TerminalReport): void {
    const { clock, log } = this.#deps;
    if ((this.report?.connected ?? true) !== report.connected) {
      this.brokerLostAt = clock.monotonic();
      if (report.connected) log.info(`terminal ${this.eaId}: the broker is back`);
      else log.warn(`terminal ${this.eaId} has lost its broker: look at the connection in its lower right corner`);
      for (const feed of this.feeds.values()) feed.cadence.restart(clock.monotonic());
    }
    this.report = report;
    this.observeClocks(report.timeTradeServer, report.timeGmt, true);
  }

  /** Sets {@link staleBefore} by the broker's clock, which the last PING told to the second. */
  updateStaleness(): void {
    if (this.clock.isTold) this.staleBefore = this.wallNow - this.#options.staleAfterMs;
  }

  /** The connection is gone. @param silentMs for how long nothing had been heard on it. */
  disconnected(silentMs: number): void {
    const now = this.#deps.clock.monotonic();
    this.session = null;
    this.report = null;
    this.changedAt = now;
    this.fellSilentAt = silentMs >= this.#options.silenceMs ? now - silentMs : null;
    this.clock.disconnected();
  }

  /**
   * The feed of a broker's symbol, made when it is new. Null when it cannot be taken; {@link leftOut} then says why.
   */
  feed(rawName: string, canonical: string, digits: number): Feed | null {
    const known = this.feeds.get(canonical);
    const rival = known !== undefined && known.rawName !== rawName ? known : null;
    if (canonical.length > MAX_NAME || rawName.length > MAX_NAME) {
      return this.#leaveOut(rawName, `its name is longer than ${MAX_NAME} characters; give it a shorter one in plugins.mt5.mapping.map`);
    }
    if (rival !== null && !this.#yields(rival, rawName, canonical)) return null;
    try {
      const symbol = this.source.symbol(canonical, { rawName, digits });
      if (known !== undefined && rival === null) return known;
      const feed = new Feed(symbol, rawName, rival?.quality);
      this.feeds.set(canonical, feed);
      this.leftOut.delete(rawName);
      return feed;
    } catch (error) {
      return this.#leaveOut(rawName, error instanceof Error ? error.message : String(error));
    }
  }

  /** Whether a symbol gives way to another with its canonical name; one that this connection has not is no rival. Says who is left out, and why. */
  #yields(rival: Feed, rawName: string, canonical: string): boolean {
    if (rival.symIdx === 0) return true;
    const { laterWins, why } = collide(rival.rawName, rawName, canonical, this.#options.mapping);
    const [winner, loser] = laterWins ? [rawName, rival.rawName] : [rival.rawName, rawName];
    if (laterWins) this.session?.letGo(rival);
    this.#leaveOut(loser, `it maps to ${canonical} as ${winner} does, which ${why}; plugins.mt5.mapping.map can say otherwise`);
    return laterWins;
  }

  #leaveOut(rawName: string, reason: string): null {
    if (!this.leftOut.has(rawName)) this.#deps.log.warn(`terminal ${this.eaId}: ${rawName} is left out: ${reason}`, { symbol: rawName });
    this.leftOut.set(rawName, reason);
    return null;
  }

  /** The terminal no longer has all of a feed's ticks. @param from and to: broker time, epoch milliseconds; null: it is not known. */
  tellGap(feed: Feed, from: number, to: number | null): void {
    const { clock, log, publish } = this.#deps;
    const symbol = feed.symbol.name;
    feed.quality.truncated++;
    log.warn(`terminal ${this.eaId}: it no longer has all ticks of ${feed.rawName} since the cursor; what lies between is lost`, {
      symbol,
      from,
      to,
    });
    const utcOffsetMs = this.offset.atWall(from);
    publish.record('gap', {
      time: clock.now(),
      symbol,
      body: { source: this.source.name, from, to, utcOffsetMs, reason: 'history-truncated', filled: false },
    });
  }

  /** All symbols together. */
  quality(): Quality {
    const sum = newQuality();
    for (const feed of this.feeds.values()) addQuality(sum, feed.quality);
    return sum;
  }
}
