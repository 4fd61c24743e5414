import { z } from '@tickhub/plugin-sdk';
import type { SocialAggregate } from '@tickhub/plugin-sdk';
import { Baselines, BaselinesState } from './baselines.ts';
import type { Contribution } from './cell.ts';
import { Coverage, CoverageState } from './coverage.ts';
import { Windows, WindowsState } from './windows.ts';
import type { ClosedWindow, Place } from './windows.ts';

/** A window that was listened to for less of its time than this is not whole: its number of posts is held against nothing. */
const WHOLE = 0.9;
const ALL = 'all';

/** A network with its sources, and how long after their end its windows take posts. */
export interface CountedNetwork {
  readonly name: string;
  readonly sources: () => readonly string[];
  readonly lateMs: number;
}

/** An aggregate, ready to be published. */
export interface Aggregate {
  readonly symbol: string;
  /** When its window ended, Unix epoch milliseconds. */
  readonly end: number;
  readonly body: SocialAggregate;
}

export const AggregatesState = z.object({
  windows: z.array(z.tuple([z.string(), WindowsState])),
  baselines: BaselinesState,
  coverage: CoverageState,
});
export type AggregatesState = z.infer<typeof AggregatesState>;

/** The windows of each network, and of all together where there are several, held against what is usual. */
export class Aggregates {
  readonly #networks: readonly CountedNetwork[];
  readonly #windows: ReadonlyMap<string, Windows>;
  readonly #baselines = new Baselines();
  readonly #coverage = new Coverage();

  constructor(networks: readonly CountedNetwork[], widths: readonly number[], now: number) {
    this.#networks = networks;
    const windows = new Map(networks.map(({ name, lateMs }) => [name, new Windows(widths, lateMs, now)]));
    if (networks.length > 1) windows.set(ALL, new Windows(widths, Math.max(...networks.map(({ lateMs }) => lateMs)), now));
    this.#windows = windows;
  }

  /** Contributions that found no room in a window. */
  get leftOut(): number {
    return [...this.#windows.values()].reduce((sum, { leftOut }) => sum + leftOut, 0);
  }

  /** When the oldest window of a network that still takes posts began, Unix epoch milliseconds. */
  openSince(network: string): number {
    return this.#windows.get(network)?.openSince ?? 0;
  }

  listened(source: string, from: number, to: number): void {
    this.#coverage.add(source, from, to);
  }

  /** Answers whether a window of its network took it; false when it is late for all of them. */
  add(network: string, place: Place, contribution: Contribution): boolean {
    const taken = this.#windows.get(network)?.add(place, contribution) ?? false;
    // The windows of all stay open for longer, and still hold nothing that its own network's do not.
    if (taken) this.#windows.get(ALL)?.add(place, contribution);
    return taken;
  }

  remove(network: string, place: Place, contribution: Contribution): void {
    this.#windows.get(network)?.remove(place, contribution);
    this.#windows.get(ALL)?.remove(place, contribution);
  }

  /** The aggregates of the windows that are to be closed by now; only of symbols that something was said of. */
  close(now: number): Aggregate[] {
    const aggregates: Aggregate[] = [];
    for (const [network, windows] of this.#windows) {
      for (const window of windows.close(now)) aggregates.push(...this.#aggregatesOf(network, window));
    }
    this.#coverage.forget(Math.min(...[...this.#windows.values()].map(({ openSince }) => openSince)));
    return aggregates;
  }

  /** The wall clock was set back. */
  setBack(now: number): void {
    for (const windows of this.#windows.values()) windows.setBack(now);
  }

  save(): AggregatesState {
    return {
      windows: [...this.#windows].map(([network, windows]) => [network, windows.save()]),
      baselines: this.#baselines.save(),
      coverage: this.#coverage.save(),
    };
  }

  restore({ windows, baselines, coverage }: AggregatesState, now: number): void {
    for (const [network, state] of windows) this.#windows.get(network)?.restore(state);
    this.#baselines.restore(baselines);
    this.#coverage.restore(coverage);
    // The clock may have been set back while nothing ran.
    this.setBack(now);
  }

  #aggregatesOf(network: string, { width, end, cells }: ClosedWindow): Aggregate[] {
    const coverage = this.#share(network, end - width, end);
    const whole = coverage >= WHOLE;
    const aggregates = [...cells].map(([symbol, cell]): Aggregate => {
      const { counts } = cell;
      const { deviation, volumeRatio } = this.#baselines.judge(network, width, symbol, counts.posts, counts.sentiment, whole);
      return { symbol, end, body: { kind: 'aggregate', network, windowMs: width, ...counts, deviation, volumeRatio, coverage } };
    });
    if (whole) this.#baselines.silence(network, width, new Set(cells.keys()));
    return aggregates;
  }

  /** Of the source that was listened to least. */
  #share(network: string, from: number, to: number): number {
    const networks = network === ALL ? this.#networks : this.#networks.filter(({ name }) => name === network);
    const shares = networks.flatMap(({ sources }) => sources().map((source) => this.#coverage.share(source, from, to)));
    return shares.length === 0 ? 0 : Math.min(...shares);
  }
}

/** The identity of an aggregate: whatever is restarted, a window of a symbol is one record. */
export function keyOf({ symbol, end, body }: Aggregate): string {
  return `${body.network}:${symbol}:${body.windowMs}:${end}`;
}
