import { isBehind, type Clock, type Log, type Publish, type TickCursor, type TickSymbol } from '@tickhub/plugin-sdk';
import type { BarsFrame, Rate } from '../link/frames.ts';
import type { Link } from '../link/link.ts';
import type { Feed } from './feed.ts';

/** Bars asked for at a time: a day of minutes. */
const WINDOW = 1_440;
/** While the terminal loads its history it is asked again, each time after twice as long. */
const FIRST_RETRY_MS = 5_000;
const MAX_RETRIES = 5;
/** The first time the terminal may load history for 45 s; who has not answered then never will. */
const ANSWER_MS = 60_000;
const DAY_S = 86_400;

/** Bars of one width, and how many days back they are asked for. */
export interface BarWish {
  readonly widthMs: number;
  readonly days: number;
}

/** The terminal that the bars are of. */
export interface BarTerminal {
  readonly eaId: string;
  /** Name of its records' source. */
  readonly sourceName: string;
  /** The broker's clock now, epoch milliseconds. */
  readonly wallNow: number;
  /** UTC of a time by the broker's clock, epoch milliseconds. */
  utc(wallMs: number): number;
  /** The last bar that is durable in the host, by when it opened (broker time, epoch seconds). */
  barCursor(key: string): number | undefined;
  keepBarCursor(key: string, time: number): void;
  readonly barCounters: { barsPublished: number; barsInvalid: number; barsGivenUp: number };
}

interface Job {
  readonly feed: Feed;
  readonly widthMs: number;
  readonly key: string;
  /** The next window's begin, broker time, epoch seconds. */
  from: number;
  retries: number;
}

/** Bars that were published and are durable once a tick that was published after them is. */
interface Mark {
  readonly symbol: TickSymbol;
  readonly after: TickCursor;
  readonly key: string;
  readonly time: number;
}

/**
 * Asks a terminal for the bars of the last days, symbol after symbol, one window at a time, and publishes them. The host knows a bar again by its key, so a
 * window that is asked for twice does no harm; the cursor only spares the asking.
 */
export class BarBackfill {
  readonly #link: Link;
  readonly #terminal: BarTerminal;
  readonly #wishes: readonly BarWish[];
  readonly #deps: { readonly publish: Publish; readonly clock: Clock; readonly log: Log };
  readonly #queue: Job[] = [];
  readonly #asked = new Set<Feed>();
  #marks: Mark[] = [];
  #job: Job | null = null;
  #id = 0;
  #cancelExpect: () => void = () => undefined;
  #waiting = false;
  #stopped = false;

  constructor(link: Link, terminal: BarTerminal, wishes: readonly BarWish[], deps: { publish: Publish; clock: Clock; log: Log }) {
    this.#link = link;
    this.#terminal = terminal;
    this.#wishes = wishes;
    this.#deps = deps;
  }

  /** A request is under way: the terminal may be loading history, and is given time. */
  get awaitsAnswer(): boolean {
    return this.#job !== null && !this.#waiting;
  }

  /** The feed's ticks are up to date: its bars are next. Once a connection. */
  want(feed: Feed): void {
    if (this.#stopped || this.#link.requestBars === undefined || this.#asked.has(feed)) return;
    this.#asked.add(feed);
    for (const { widthMs, days } of this.#wishes) {
      const key = `${feed.symbol.name}/${widthMs}`;
      const width = widthMs / 1_000;
      const begin = this.#terminal.wallNow / 1_000 - days * DAY_S;
      const known = this.#terminal.barCursor(key);
      const from = known === undefined ? begin : Math.max(begin, known + width);
      this.#queue.push({ feed, widthMs, key, from: Math.ceil(from / width) * width, retries: 0 });
    }
    this.#next();
  }

  take(symIdx: number, frame: BarsFrame): void {
    const job = this.#job;
    if (job === null || frame.id !== this.#id || symIdx !== job.feed.symIdx || this.#waiting) return;
    if (frame.failed) return this.#retry(job);
    const newest = this.#publishAll(job, frame.rates);
    if (newest !== null) {
      const { symbol } = job.feed;
      this.#marks.push({ symbol, after: { ...symbol.cursor }, key: job.key, time: newest });
    }
    if (frame.more) return this.#expect(job, frame.id);
    this.#cancelExpect();
    job.retries = 0;
    job.from += (WINDOW * job.widthMs) / 1_000;
    this.#ask(job);
  }

  /** The host has made ticks of these symbols durable. */
  durable(moved: readonly TickSymbol[]): void {
    if (this.#marks.length === 0) return;
    this.#marks = this.#marks.filter(({ symbol, after, key, time }) => {
      // A tick that came after the bars is durable, so they are: the host commits in order.
      const { durable } = symbol;
      if (!moved.includes(symbol) || durable.same === 0 || isBehind(after, durable.time, durable.same - 1)) return true;
      this.#terminal.keepBarCursor(key, time);
      return false;
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelExpect();
    this.#job = null;
    this.#queue.length = 0;
  }

  #next(): void {
    if (this.#job !== null || this.#stopped) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#job = job;
    this.#ask(job);
  }

  #ask(job: Job): void {
    if (this.#stopped) return;
    const { publish } = this.#deps;
    const width = job.widthMs / 1_000;
    // The last bar that is over.
    const last = Math.floor(this.#terminal.wallNow / job.widthMs) * width - width;
    if (job.from > last || !job.feed.open) {
      this.#job = null;
      return this.#next();
    }
    if (publish.congested) {
      this.#waiting = true;
      void publish.drained().then(() => {
        this.#waiting = false;
        if (this.#job === job) this.#ask(job);
      });
      return;
    }
    const to = Math.min(last, job.from + (WINDOW - 1) * width);
    const id = ++this.#id;
    this.#expect(job, id);
    this.#link.requestBars?.(job.feed.symIdx, { id, widthMs: job.widthMs, from: job.from, to });
  }

  #expect(job: Job, id: number): void {
    this.#cancelExpect();
    this.#cancelExpect = this.#deps.clock.after(ANSWER_MS, () => {
      if (this.#job === job && this.#id === id && !this.#waiting) this.#retry(job);
    });
  }

  #retry(job: Job): void {
    const { clock, log } = this.#deps;
    if (job.retries >= MAX_RETRIES) {
      this.#terminal.barCounters.barsGivenUp++;
      log.warn(
        `terminal ${this.#terminal.eaId}: it gives no bars of ${job.feed.rawName}; they are asked for again at the next connection`,
        {
          symbol: job.feed.symbol.name,
          widthMs: job.widthMs,
        },
      );
      this.#job = null;
      return this.#next();
    }
    this.#waiting = true;
    clock.after(FIRST_RETRY_MS * 2 ** job.retries++, () => {
      this.#waiting = false;
      if (this.#job === job) this.#ask(job);
    });
  }

  /** @returns when the newest of them opened, broker time, epoch seconds; null where there was none. */
  #publishAll(job: Job, rates: readonly Rate[]): number | null {
    const { publish } = this.#deps;
    const { barCounters, sourceName: source } = this.#terminal;
    const { symbol, side } = job.feed;
    const over = this.#terminal.wallNow - job.widthMs;
    let newest: number | null = null;
    for (const rate of rates) {
      const wall = rate.time * 1_000;
      if (!isBar(rate) || wall > over) {
        barCounters.barsInvalid++;
        continue;
      }
      const time = this.#terminal.utc(wall);
      const { open, high, low, close, ticks, spread, volume } = rate;
      publish.record('bars', {
        time,
        symbol: symbol.name,
        key: `${source}:${symbol.name}:${job.widthMs}:${time}`,
        source,
        body: { widthMs: job.widthMs, side, open, high, low, close, ticks, ...(volume > 0 && { volume }), spread, closed: true },
      });
      barCounters.barsPublished++;
      newest = rate.time;
    }
    return newest;
  }
}

function isBar({ time, open, high, low, close, ticks, spread, volume }: Rate): boolean {
  const finite = Number.isFinite(open + high + low + close) && Number.isSafeInteger(time) && Number.isSafeInteger(ticks);
  return finite && time > 0 && low <= Math.min(open, close) && high >= Math.max(open, close) && ticks >= 0 && spread >= 0 && volume >= 0;
}
