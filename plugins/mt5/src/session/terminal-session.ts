import { badFrame } from '../link/errors.ts';
import { TicksFlag, Wants } from '../link/wire.ts';
import { AckQueue } from './ack-queue.ts';
import { BarBackfill } from './bar-backfill.ts';
import { StallWatch, type Watched } from './stall-watch.ts';
import { canonicalName } from './symbol-map.ts';
import { WatchList } from './watch-list.ts';
import type { TickSymbol } from '@tickhub/plugin-sdk';
import type { AccountFrame, BarsFrame, BookFrame, Hello, PositionsFrame, SymbolSpec, TerminalReport, TicksFrame } from '../link/frames.ts';
import type { Link, LinkSession } from '../link/link.ts';
import type { AccountName } from './account-feed.ts';
import type { Feed } from './feed.ts';
import type { SessionDeps, SessionOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** A symbol whose numbers break again and again is asked for again at most this often. */
const RESUBSCRIBE_MS = 1_000;
const SILENT_MS = 3_000;
/** SYMBOL_CHART_MODE_LAST: bars are made of trades. */
const CHART_LAST = 1;

/**
 * A terminal on one connection: takes its symbols, subscribes to those the tier lets through, hands ticks to their feeds, repairs holes from
 * the cursor and tells the terminal what is durable.
 */
export class TerminalSession implements LinkSession, Watched {
  readonly link: Link;
  readonly #terminal: Terminal;
  readonly #options: SessionOptions;
  readonly #deps: SessionDeps;
  readonly #acks: AckQueue;
  readonly #bars: BarBackfill;
  readonly #stalls: StallWatch;
  readonly #account: AccountName;
  /** By symIdx; null: announced, and not taken. */
  readonly #announced: ({ rawName: string; feed: Feed | null } | undefined)[] = [];
  /** Feeds that had a subscription on this connection, so that frames of it may be under way. */
  readonly #hadSub = new Set<Feed>();
  readonly #resubscribedAt = new Map<Feed, number>();
  readonly #list: WatchList;
  #closed = false;

  constructor(terminal: Terminal, link: Link, hello: Hello, options: SessionOptions, deps: SessionDeps) {
    this.link = link;
    this.#terminal = terminal;
    this.#options = options;
    this.#deps = deps;
    this.#acks = new AckQueue(link, deps.clock);
    this.#list = new WatchList(options.symbols, options.mapping);
    this.#bars = new BarBackfill(link, terminal, options.bars, deps);
    this.#stalls = new StallWatch(this, terminal.stallTries, deps.clock, deps.log);
    this.#account = { account: hello.loginHash.toString(16).padStart(16, '0'), server: hello.server.slice(0, 128) };
    terminal.server = hello.server;
    terminal.fellSilentAt = null;
    terminal.observeClocks(hello.timeTradeServer, hello.timeGmt, false);
  }

  get awaitsAnswer(): boolean {
    return this.#bars.awaitsAnswer || this.#announced.some((it) => it?.feed?.awaitsAnswer === true);
  }

  /** Names of the watch list for which the terminal has no symbol. */
  get missing(): readonly string[] {
    return this.#list.missing(this.#announced.flatMap((it) => it?.rawName ?? []));
  }

  get nextTryAt(): number | null {
    return this.#stalls.nextTryAt;
  }

  /** Feeds announced on this connection. */
  get feeds(): Feed[] {
    return this.#announced.flatMap((it) => (it?.feed ? [it.feed] : []));
  }

  welcomed(): void {
    const names = this.#list.rawNames;
    if (names.length > 0) this.link.watch(names);
  }

  symbol(spec: SymbolSpec): void {
    const known = this.#announced[spec.symIdx];
    if (known !== undefined && known.rawName !== spec.name) {
      throw badFrame(`symIdx ${spec.symIdx} was ${known.rawName} and is now ${spec.name}`);
    }
    const canonical = canonicalName(spec.name, this.#options.mapping);
    const wanted = this.#list.wants(spec.name, canonical);
    const feed = wanted ? this.#terminal.feed(spec.name, canonical, spec.digits) : null;
    this.#announced[spec.symIdx] = { rawName: spec.name, feed };
    if (feed !== null) {
      feed.hours = { tradeMode: spec.tradeMode, sessions: spec.sessions ?? [] };
      feed.side = spec.chartMode === CHART_LAST ? 'last' : 'bid';
    }
    if (feed === null || known !== undefined) return;
    if (feed.symIdx !== 0) throw badFrame(`${spec.name} was announced as symIdx ${feed.symIdx} and again as ${spec.symIdx}`);
    feed.symIdx = spec.symIdx;
    this.#acks.add(feed);
    this.regate(feed);
  }

  /** Subscribes or lets go of a feed as the gate has it now. Without a verdict yet nothing is asked of the terminal. */
  regate(feed: Feed): void {
    if (feed.symIdx === 0 || this.#closed) return;
    const allowed = this.#deps.gate.verdicts.get(feed.symbol.name)?.allowed ?? false;
    if (allowed && !feed.open) this.#subscribe(feed);
    if (!allowed && feed.open) {
      this.link.unsubscribe(feed.symIdx);
      feed.unsubscribed();
    }
  }

  letGo(feed: Feed): void {
    const announced = this.#announced[feed.symIdx];
    if (feed.open) this.link.unsubscribe(feed.symIdx);
    if (announced !== undefined) announced.feed = null;
    this.#acks.forget(feed);
    feed.disconnected();
  }

  #subscribe(feed: Feed): void {
    // Where frames of a subscription before may be under way, UNSUB, PING, SUB parts them: what comes before the PONG is old.
    const parted = this.#hadSub.has(feed) && this.link.fences;
    if (parted) this.link.unsubscribe(feed.symIdx);
    const fence = parted ? this.link.fence() : 0n;
    const cursor = { time: feed.symbol.cursor.time, same: feed.symbol.cursor.same };
    feed.subscribed(cursor, fence);
    if (!this.#hadSub.has(feed)) feed.cadence.restart(this.#deps.clock.monotonic());
    this.#hadSub.add(feed);
    const wants = this.#wantsBook(feed) ? Wants.ticks | Wants.book : Wants.ticks;
    this.link.subscribe({ symIdx: feed.symIdx, cursor, maxBackfillMs: this.#options.maxBackfillMs, wants });
  }

  #wantsBook({ symbol, rawName }: Feed): boolean {
    const { symbols } = this.#options.book;
    return symbols === 'all' || symbols.includes(symbol.name) || symbols.includes(rawName);
  }

  #feedOf(symIdx: number, what: string): Feed | null {
    const announced = this.#announced[symIdx];
    if (announced === undefined) throw badFrame(`${what} of symIdx ${symIdx}, which no SYMBOL announced`);
    return announced.feed;
  }

  ticks(frame: TicksFrame): void {
    const feed = this.#feedOf(frame.symIdx, 'TICKS');
    if (feed === null) return;
    const first = feed.awaitsAnswer;
    this.#terminal.updateStaleness();
    const outcome = feed.take(frame, this.#terminal);
    if (outcome === 'gap') this.#repair(feed);
    else if (outcome === 'taken' && (frame.flags & TicksFlag.truncated) !== 0) this.#truncated(feed, frame, first);
    if (outcome !== 'taken') return;
    if (frame.count > 0) {
      const { clock } = this.#deps;
      this.#terminal.lastDataAt = clock.now();
      // What comes of a backfill in one go says nothing of how often ticks come.
      if ((frame.flags & TicksFlag.backfill) === 0) feed.cadence.seen(clock.monotonic());
      else feed.cadence.restart(clock.monotonic());
    }
    if ((frame.flags & TicksFlag.backfill) === 0 || (frame.flags & TicksFlag.end) !== 0) this.#bars.want(feed);
  }

  book(symIdx: number, frame: BookFrame): void {
    const feed = this.#feedOf(symIdx, 'BOOK');
    if (feed !== null && this.#wantsBook(feed)) this.#terminal.books.take(feed, this.#terminal.utc(frame.timeMsc), frame);
  }

  bars(symIdx: number, frame: BarsFrame): void {
    this.#bars.take(symIdx, frame);
  }

  account(frame: AccountFrame): void {
    this.#terminal.account.account(this.#account, this.#terminal.utc(frame.timeMsc), frame);
  }

  positions(frame: PositionsFrame): void {
    const terminal = this.#terminal;
    terminal.account.positions(this.#account, terminal.utc(frame.timeMsc), frame, (wall) => terminal.utc(wall));
  }

  #repair(feed: Feed): void {
    const { clock, log } = this.#deps;
    const now = clock.monotonic();
    const wait = (this.#resubscribedAt.get(feed) ?? -Infinity) + RESUBSCRIBE_MS - now;
    this.link.unsubscribe(feed.symIdx);
    feed.unsubscribed();
    if (wait > 0) {
      clock.after(wait, () => this.regate(feed));
      return;
    }
    this.#resubscribedAt.set(feed, now);
    const { eaId } = this.#terminal;
    log.warn(`terminal ${eaId}: ticks of ${feed.rawName} are missing on the link; asking again from the cursor`, {
      symbol: feed.symbol.name,
    });
    this.regate(feed);
  }

  /** What lies between the cursor and where the terminal could begin is lost: the log says so, and a record to whoever reads the stream. */
  #truncated(feed: Feed, frame: TicksFrame, first: boolean): void {
    const from = first ? feed.asked.time : feed.symbol.cursor.time;
    this.#terminal.tellGap(feed, from, frame.count === 0 ? null : Number(frame.view.getBigInt64(frame.at + 40, true)));
  }

  report(report: TerminalReport): void {
    this.#terminal.observe(report);
  }

  passed(seq: bigint): void {
    for (const it of this.#announced) it?.feed?.passed(seq);
  }

  noSymbol(name: string): void {
    this.#list.refuse(name);
    const index = /^#(\d+)$/.exec(name)?.[1];
    const feed = index === undefined ? undefined : this.#announced[Number(index)]?.feed;
    feed?.unsubscribed();
    const missing = this.missing;
    if (missing.length > 0 && this.#list.wasRefused(name)) {
      this.#deps.log.warn(`terminal ${this.#terminal.eaId}: the broker has no ${missing.join(', ')}; see plugins.mt5.symbols and .mapping`);
    }
  }

  durable(moved: readonly TickSymbol[]): void {
    for (const symbol of moved) {
      const feed = this.#terminal.feeds.get(symbol.name);
      if (feed !== undefined) this.#acks.add(feed);
    }
    this.#bars.durable(moved);
  }

  // What the stall watch asks and does

  get eaId(): string {
    return this.#terminal.eaId;
  }

  get wallNow(): number {
    return this.#terminal.wallNow;
  }

  get openFeeds(): readonly Feed[] {
    return this.feeds.filter((feed) => feed.open);
  }

  get isExcused(): boolean {
    const { link } = this;
    return (
      link.silentMs > SILENT_MS ||
      link.paused ||
      this.awaitsAnswer ||
      this.#terminal.report?.connected === false ||
      this.#deps.publish.congested
    );
  }

  resubscribe(feed: Feed): void {
    feed.unsubscribed();
    this.regate(feed);
  }

  reconnect(reason: string): void {
    this.link.destroy(reason);
  }

  closed(reason: string): void {
    this.#closed = true;
    this.#acks.stop();
    this.#bars.stop();
    this.#stalls.stop();
    for (const feed of this.feeds) feed.disconnected();
    this.#terminal.disconnected(this.link.silentMs);
    this.#deps.log.info(`terminal ${this.#terminal.eaId} is gone: ${reason}`);
  }
}
