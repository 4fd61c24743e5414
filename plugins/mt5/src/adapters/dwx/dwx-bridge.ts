import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UtcOffset, type OffsetRule } from '../../session/utc-offset.ts';
import { seconds } from '../../session/words.ts';
import { QuoteLink } from '../quote-link.ts';
import { SourceStateKeeper } from '../source-state.ts';
import { CommandBox } from './commands.ts';
import { BarHistory } from './bar-history.ts';
import { HistoryDesk } from './history-desk.ts';
import { FolderWatch, type Found } from './folder-watch.ts';
import { MARKET_FILE, MarketFile } from './market-file.ts';
import { Subscriber } from './subscriber.ts';
import { judge } from './verdict.ts';
import { WholeFile } from './whole-file.ts';
import type { SourceHealth } from '@tickhub/plugin-sdk';
import type { MappingRules } from '../../session/symbol-map.ts';
import type { Bridge, BridgeTerms } from '../bridge.ts';

export interface DwxOptions {
  /** The terminal's `MQL5/Files`, or the `DWX` in it. */
  readonly folder: string;
  /** To be asked for, by canonical or broker's names; empty: take what others have subscribed to. */
  readonly symbols: readonly string[];
  readonly mapping: MappingRules;
  readonly intervalMs: number;
  /** The broker's clock, where bars are to be taken: theirs are its times. */
  readonly bars: OffsetRule | null;
}

/** The EA rewrites its orders each second; without a change for longer it is gone, or hangs. */
const ALIVE_MS = 5_000;
/** How often is looked at what is not the prices. */
const BESIDES_MS = 250;
/** Nobody looked for so long, because this computer slept: what was missed is not known. */
const SLEPT_MS = 5_000;
/** Without a change of any price for so long, with all else well, is worth a word. */
const QUIET_MS = 60_000;
const MAX_NAMES = 8;

/** Quotes out of the files that the DWX Connect server EA writes. */
export class DwxBridge implements Bridge {
  readonly #terms: BridgeTerms;
  readonly #options: DwxOptions;
  readonly #files: string;
  readonly #folder: string;
  readonly #link: QuoteLink;
  readonly #state: SourceStateKeeper;
  readonly #watch: FolderWatch;
  readonly #market: MarketFile;
  readonly #orders: WholeFile;
  readonly #box: CommandBox;
  readonly #history: BarHistory | null;
  readonly #subscriber: Subscriber;
  #startedAt = 0;
  /** Epoch milliseconds. */
  #lookedAt = 0;
  /** Monotonic milliseconds. */
  #besidesAt = -Infinity;
  /** Monotonic milliseconds of the last sign of life; -Infinity before it. */
  #aliveAt = -Infinity;
  #alive = false;
  /** The same as {@link #aliveAt}, in epoch milliseconds; of the start before it. */
  #aliveWall: number;
  #looks = 0;

  constructor(options: DwxOptions, terms: BridgeTerms) {
    const { folder, symbols, mapping, intervalMs, bars } = options;
    const { clock, log } = terms;
    this.#options = options;
    this.#terms = terms;
    this.#aliveWall = clock.now();
    this.#files = path.basename(folder).toUpperCase() === 'DWX' ? path.dirname(folder) : folder;
    this.#folder = path.join(this.#files, 'DWX');
    this.#state = new SourceStateKeeper(`mt5:${terms.id}`, clock, log);
    this.#market = new MarketFile(this.#folder, clock, {
      quote: (name, bid, ask, last) => this.#link.quote(name, bid, ask, last, 0, 0),
      interrupted: (since) => this.#link.interrupted(since ?? this.#aliveWall),
    });
    this.#orders = new WholeFile(path.join(this.#folder, 'DWX_Orders.txt'), 0);
    this.#box = new CommandBox(this.#folder, clock.now() / 1_000);
    this.#history = bars === null ? null : new BarHistory(new HistoryDesk(this.#folder, this.#box, clock), new UtcOffset(bars));
    const ask = this.#history;
    this.#link = new QuoteLink(terms, {
      server: 'DWX Connect',
      snapshots: true,
      bars: ask === null ? undefined : (name, request, answer) => ask.request(name, request, answer),
    });
    this.#subscriber = new Subscriber({
      folder: this.#folder,
      box: this.#box,
      symbols,
      mapping,
      clock,
      refused: (name) => this.#link.refused(name),
    });
    this.#watch = new FolderWatch({ folder: this.#folder, files: new Set([MARKET_FILE]), intervalMs }, clock, () => this.#look());
  }

  start(): void {
    this.#startedAt = this.#terms.clock.monotonic();
    this.#link.open();
    this.#watch.start();
  }

  async stop(): Promise<void> {
    await this.#watch.stop();
    this.#link.close('Tickhub reloads or stops');
  }

  async #look(): Promise<Found> {
    const { clock } = this.#terms;
    this.#looks++;
    const wall = clock.now();
    if (this.#lookedAt !== 0 && wall - this.#lookedAt > SLEPT_MS) this.#link.interrupted(this.#lookedAt);
    this.#lookedAt = wall;
    const besides = clock.monotonic() - this.#besidesAt >= BESIDES_MS;
    try {
      const found = await this.#market.look(besides);
      if (!besides) return found;
      this.#besidesAt = clock.monotonic();
      await this.#lookBesides();
      return this.#eaFilesThere ? found : 'idle';
    } catch (error) {
      // A look must not end the looking: what it met is the source's state until another one goes well.
      this.#state.enter('malformed', `a look at ${this.#folder} failed: ${error instanceof Error ? error.message : String(error)}`);
      return 'same';
    }
  }

  get #eaFilesThere(): boolean {
    return this.#market.there || this.#orders.there;
  }

  /** The EA behind the prices: whether it lives, what it is to be asked, and in which state that makes the source. */
  async #lookBesides(): Promise<void> {
    const { clock } = this.#terms;
    const now = clock.monotonic();
    const wasThere = this.#orders.there;
    // Whatever is found first may be a file that a killed terminal left.
    if ((await this.#orders.changed()) && wasThere) this.#sign(now);
    if (this.#market.changedAt > this.#startedAt) this.#sign(this.#market.changedAt);
    const wasAlive = this.#alive;
    this.#alive = this.#eaFilesThere && now - this.#aliveAt < ALIVE_MS;
    if (wasAlive && !this.#alive) {
      this.#link.interrupted(this.#aliveWall);
      this.#subscriber.forget();
      this.#history?.forget();
    }
    if (this.#alive) await this.#history?.turn();
    if (this.#alive && this.#market.fault === null) await this.#subscriber.turn(this.#market.names);
    await this.#judge(now);
  }

  /** @param at monotonic milliseconds. */
  #sign(at: number): void {
    if (at <= this.#aliveAt) return;
    const { clock } = this.#terms;
    this.#aliveAt = at;
    this.#aliveWall = clock.now() - (clock.monotonic() - at);
  }

  async #judge(now: number): Promise<void> {
    const there = this.#eaFilesThere;
    const { state, why } = judge({
      files: this.#files,
      folder: this.#folder,
      filesThere: there || (await exists(this.#files)),
      folderThere: there || (await exists(this.#folder)),
      eaFilesThere: there,
      alive: this.#alive,
      early: now - this.#startedAt < ALIVE_MS,
      fault: this.#market.fault,
      symbols: this.#market.names.size,
      asks: this.#options.symbols.length > 0,
    });
    this.#state.enter(state, why);
  }

  health(): SourceHealth {
    const { clock } = this.#terms;
    const { unchanged, skipped, ticks, lastTickAt } = this.#link;
    return this.#state.health(
      {
        lastDataAt: lastTickAt,
        nextAttemptAt: this.#state.healthy ? null : clock.now() + Math.max(this.#options.intervalMs, BESIDES_MS),
        counters: {
          looks: this.#looks,
          ...this.#market.counters,
          commands: this.#box.count,
          ticks,
          unchanged,
          skipped,
          watched: this.#watch.relied ? 1 : 0,
        },
      },
      this.#more().join('; '),
    );
  }

  #more(): string[] {
    const now = this.#terms.clock.monotonic();
    if (this.#state.state !== 'ok') return Number.isFinite(this.#aliveAt) ? [`last sign of life ${seconds(now - this.#aliveAt)} ago`] : [];
    const more = [`${this.#link.openCount} of ${this.#market.names.size} symbols`];
    const quiet = now - this.#market.changedAt;
    if (quiet > QUIET_MS) more.push(`no price has changed for ${seconds(quiet)} (market closed?)`);
    const missing = this.#subscriber.missing(this.#market.names);
    if (missing.length > 0) more.push(`the broker has no ${missing.slice(0, MAX_NAMES).join(', ')}`);
    if (this.#link.paused) more.push('the host cannot take more');
    const behind = this.#link.clockBehindMs;
    if (behind > 0) more.push(`this computer's clock went back; times stand still for another ${seconds(behind)}`);
    return more;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
