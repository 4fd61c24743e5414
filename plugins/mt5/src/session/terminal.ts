import { Feed, type FeedContext } from './feed.ts';
import { addQuality, newQuality, type Quality } from './quality.ts';
import { UtcOffset } from './utc-offset.ts';
import type { TickSource } from '@tickhub/plugin-sdk';
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
  /** Milliseconds without a tick of any symbol. */
  readonly quietMs: number;
  acknowledge(feed: Feed): void;
  regate(feed: Feed): void;
}

/**
 * One terminal, known by its EA's id, over all its connections: a source of ticks, its symbols, the broker's clock and what was counted.
 */
export class Terminal implements FeedContext {
  readonly eaId: string;
  readonly source: TickSource;
  readonly offset: UtcOffset;
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
  report: TerminalReport | null = null;
  staleBefore = -Infinity;
  #reportedAt = 0;
  readonly #options: SessionOptions;
  readonly #deps: SessionDeps;

  constructor(eaId: string, options: SessionOptions, deps: SessionDeps) {
    this.eaId = eaId;
    this.#options = options;
    this.#deps = deps;
    this.changedAt = deps.clock.monotonic();
    this.offset = new UtcOffset(options.utcOffset);
    this.offset.moveTo(deps.clock.now());
    this.source = deps.publish.source({ name: `mt5:${eaId}`, utcOffsetMs: this.offset.current });
    this.source.onDurable((moved) => {
      for (const symbol of moved) {
        const feed = this.feeds.get(symbol.name);
        if (feed !== undefined) this.session?.acknowledge(feed);
      }
    });
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

  /** Takes the terminal's two clocks, epoch seconds. */
  observeClocks(timeTradeServer: number, timeGmt: number): void {
    const before = this.offset.current;
    if (!this.offset.observe(timeTradeServer, timeGmt)) return;
    this.source.setUtcOffset(this.offset.current);
    const minutes = this.offset.current / 60_000;
    this.#deps.log.info(`terminal ${this.eaId}: the broker's clock is UTC${minutes < 0 ? '-' : '+'}${Math.abs(minutes)} min`, {
      minutes,
      before: before / 60_000,
    });
  }

  observe(report: TerminalReport): void {
    const log = this.#deps.log;
    if ((this.report?.connected ?? true) !== report.connected) {
      if (report.connected) log.info(`terminal ${this.eaId}: the broker is back`);
      else log.warn(`terminal ${this.eaId} has lost its broker: look at the connection in its lower right corner`);
    }
    this.report = report;
    this.#reportedAt = this.#deps.clock.monotonic();
    this.observeClocks(report.timeTradeServer, report.timeGmt);
  }

  /** Sets {@link staleBefore} by the broker's clock, which the last PING told to the second. */
  updateStaleness(): void {
    if (this.report === null) return;
    const brokerNow = this.report.timeTradeServer * 1_000 + (this.#deps.clock.monotonic() - this.#reportedAt);
    this.staleBefore = brokerNow - this.#options.staleAfterMs;
  }

  /**
   * The feed of a broker's symbol, made when it is new. Null when it cannot be taken; {@link leftOut} then says why.
   */
  feed(rawName: string, canonical: string, digits: number): Feed | null {
    const known = this.feeds.get(canonical);
    if (known !== undefined && known.rawName !== rawName) {
      return this.#leaveOut(rawName, `it maps to ${canonical} as ${known.rawName} does; name one of the two in plugins.mt5.mapping.map`);
    }
    if (canonical.length > MAX_NAME || rawName.length > MAX_NAME) {
      return this.#leaveOut(rawName, `its name is longer than ${MAX_NAME} characters; give it a shorter one in plugins.mt5.mapping.map`);
    }
    try {
      const symbol = this.source.symbol(canonical, { rawName, digits });
      if (known !== undefined) return known;
      const feed = new Feed(symbol, rawName);
      this.feeds.set(canonical, feed);
      this.leftOut.delete(rawName);
      return feed;
    } catch (error) {
      return this.#leaveOut(rawName, error instanceof Error ? error.message : String(error));
    }
  }

  #leaveOut(rawName: string, reason: string): null {
    if (!this.leftOut.has(rawName)) this.#deps.log.warn(`terminal ${this.eaId}: ${rawName} is left out: ${reason}`, { symbol: rawName });
    this.leftOut.set(rawName, reason);
    return null;
  }

  /** All symbols together. */
  quality(): Quality {
    const sum = newQuality();
    for (const feed of this.feeds.values()) addQuality(sum, feed.quality);
    return sum;
  }
}
