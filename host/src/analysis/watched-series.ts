import type { Bars } from '@tickhub/plugin-sdk/features';
import { BarRank } from './archive/bar-archive.ts';
import type { BarArchive, SeriesKey } from './archive/bar-archive.ts';
import { BarSeries } from './bars/bar-series.ts';
import type { ClosedBar } from './bars/wide-bars.ts';
import { barsOf } from './bars/closed-bars.ts';
import type { Past } from './past.ts';

/** In memory: what models need, for the rule of holes, within reason; the rest is the archive's. */
const LEAST_KEPT = 256;
const MOST_KEPT = 2_048;

/** Of one series no model is given more: 50,000 hours are eight years. */
export const MOST_BARS_WANTED = 50_000;

export interface SeriesNeeds {
  /** Bars that are kept in the archive. */
  readonly want: number;
  readonly need: number;
}

export interface SeriesDeps {
  readonly archive: BarArchive;
  readonly past: Past;
  readonly onTrouble: (error: unknown) => void;
}

/** Bars of one symbol and width as the models are given them: the newest in memory, the past in the archive. */
export class WatchedSeries {
  readonly key: SeriesKey;
  /** Whose ticks or records they are. */
  source = '';
  /** Rises when the past is not what was given as a seed any more. */
  epoch = 1;
  needs: SeriesNeeds;
  #digits: number;
  readonly #deps: SeriesDeps;
  readonly #bars: BarSeries;
  /** Opening of the last bars of ticks, newest last: a record of one of them is of no use. */
  #ofTicks: number[] = [];
  #ready: Promise<void> = Promise.resolve();
  #pending = 0;
  #isLoaded = false;

  constructor(key: SeriesKey, digits: number, needs: SeriesNeeds, deps: SeriesDeps) {
    this.key = key;
    this.#digits = digits;
    this.needs = needs;
    this.#deps = deps;
    this.#bars = new BarSeries(Math.min(MOST_KEPT, Math.max(LEAST_KEPT, needs.need)));
  }

  /** Decimal digits of its prices. */
  get digits(): number {
    return this.#digits;
  }

  /** What its source says of its prices; before the first tick they are guessed. Models keep them with the past, so another number is told with a seed. */
  describe(digits: number): void {
    if (digits === this.#digits) return;
    this.#digits = digits;
    this.epoch++;
  }

  get lastTime(): number {
    return this.#bars.lastTime;
  }

  get isReady(): boolean {
    return this.#isLoaded && this.#pending === 0;
  }

  /** Bars in memory that opened after `from` and up to `to`. */
  between(from: number, to: number): Bars {
    return this.#bars.between(from, to);
  }

  /** The newest in memory. */
  newest(count: number): Bars {
    return this.#bars.newest(count);
  }

  /** Whether every bar after `from` is in memory. */
  reaches(from: number): boolean {
    return this.#bars.firstTime <= from;
  }

  /**
   * Brings the past together, once; and again when more is wanted than was before.
   * @param before nothing from here on is of the past.
   */
  load(source: string | null, before: number): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#then(() => this.#load(source, before));
  }

  /** Resolves when the past is there, as far as it has been asked for. */
  whenReady(): Promise<void> {
    return this.#ready;
  }

  /** More is wanted than when it was loaded. */
  widen(needs: SeriesNeeds): void {
    if (needs.want <= this.needs.want) return;
    this.needs = needs;
    this.#isLoaded = false;
  }

  /** A bar of the live market has closed. One that is not whole is completed from the history first; what follows it waits. */
  close(bar: ClosedBar, source: string): void {
    this.source = source;
    if (bar.whole && this.isReady) this.#push(bar);
    else this.#then(async () => this.#push(bar.whole ? bar : await this.#completed(bar, source)));
  }

  /**
   * Bars that a terminal or file recorded. They fill holes: where there is a bar of ticks, or one is open, it stays.
   * @param open opening of the bar that is open; Infinity where none is.
   * @returns opening of the last of them where it is later than all that is there, and so the newest now.
   */
  record(list: readonly Omit<ClosedBar, 'whole'>[], source: string, open: number): number | null {
    const useful = list.filter(({ time }) => !this.#ofTicks.includes(time)).sort((a, b) => a.time - b.time);
    if (useful.length === 0) return null;
    this.#keep(barsOf(useful), BarRank.recorded, source);
    let appended: number | null = null;
    for (const bar of useful) {
      if (bar.time >= open) continue;
      if (this.#bars.push(bar)) appended = bar.time;
      else this.epoch++;
    }
    return appended;
  }

  /** The past to seed a model with: the newest `count` bars that opened before `before`. */
  async seed(count: number, before: number): Promise<Bars> {
    try {
      return await this.#deps.archive.read(this.key, count, before);
    } catch (error) {
      this.#deps.onTrouble(error);
      const known = this.#bars.newest(count).time.filter((time) => time < before).length;
      return this.#bars.between(-Infinity, this.#bars.newest(count).time[known - 1] ?? -Infinity);
    }
  }

  /** The history may have the ticks before it, or a terminal the bar itself. */
  async #completed(bar: ClosedBar, source: string): Promise<ClosedBar> {
    const completed = await this.#deps.past.complete(this.key, source, bar);
    if (completed.whole) return completed;
    await this.#deps.archive.put(this.key, barsOf([completed]), BarRank.partial, source, this.needs.want);
    const kept = await this.#deps.archive.read(this.key, 1, bar.time + 1);
    const at = (column: Float64Array): number => column[0] as number;
    if (kept.time[0] !== bar.time) return completed;
    const { open, high, low, close, volume } = kept;
    return { time: bar.time, open: at(open), high: at(high), low: at(low), close: at(close), ticks: at(volume), whole: false };
  }

  #push(bar: ClosedBar): void {
    this.#keep(barsOf([bar]), bar.whole ? BarRank.ticks : BarRank.partial, this.source);
    if (bar.whole) this.#ofTicks.push(bar.time);
    if (this.#ofTicks.length > LEAST_KEPT * 2) this.#ofTicks = this.#ofTicks.slice(-LEAST_KEPT);
    // One that is not later than what is there changes the past.
    if (!this.#bars.push(bar)) this.epoch++;
  }

  /** Does what takes time, one after the other. */
  #then(work: () => Promise<void>): void {
    this.#pending++;
    this.#ready = this.#ready.then(work).catch((error: unknown) => this.#deps.onTrouble(error));
    void this.#ready.then(() => this.#pending--);
  }

  async #load(source: string | null, before: number): Promise<void> {
    await this.#deps.past.bringTogether(this.key, { want: this.needs.want, source, before });
    const known = await this.#deps.archive.read(this.key, this.#bars.kept, Infinity);
    this.#bars.replace(known);
    this.epoch++;
  }

  #keep(bars: Bars, rank: BarRank, source: string): void {
    this.#deps.archive.put(this.key, bars, rank, source, this.needs.want).catch((error: unknown) => this.#deps.onTrouble(error));
  }
}
