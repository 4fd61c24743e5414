import { z } from '@tickhub/plugin-sdk';
import { Cell, CellState } from './cell.ts';
import type { AuthorBudget, Contribution } from './cell.ts';

/** Symbols of one window; posts on others are counted as left out. */
const MOST_SYMBOLS = 2_000;
/** Authors that are told apart, over all symbols of the windows that are open. */
const MOST_AUTHORS = 100_000;

/** What a post is about, and when it was posted (Unix epoch milliseconds). */
export interface Place {
  readonly symbols: readonly string[];
  readonly at: number;
}

/** A window that has ended, with what was said in it, by symbol. */
export interface ClosedWindow {
  readonly width: number;
  /** When it ended, Unix epoch milliseconds; it began `width` before. */
  readonly end: number;
  readonly cells: ReadonlyMap<string, Cell>;
}

export const WindowsState = z.array(
  z.object({
    width: z.number().int().positive(),
    closedThrough: z.number(),
    open: z.array(z.object({ end: z.number(), cells: z.array(z.tuple([z.string(), CellState])) })),
  }),
);
export type WindowsState = z.infer<typeof WindowsState>;

interface Lane {
  readonly width: number;
  /** No window that ends at or before it takes anything any more. */
  closedThrough: number;
  readonly open: Map<number, Map<string, Cell>>;
}

/**
 * Counts the posts of one network in windows of fixed widths, aligned to UTC. A post belongs to the windows that its own time lies in, `[end - width, end)`; a window takes posts
 * until it is closed, and closed ones are never opened again: what comes later is late, and counts nowhere in that width.
 */
export class Windows {
  readonly #lanes: readonly Lane[];
  readonly #lateMs: number;
  readonly #authors: AuthorBudget = { left: MOST_AUTHORS };
  /** Contributions that found no room in a window. */
  leftOut = 0;

  /**
   * @param widths in milliseconds; each divides a day.
   * @param lateMs how long after its end a window still takes posts.
   */
  constructor(widths: readonly number[], lateMs: number, now: number) {
    this.#lateMs = lateMs;
    this.#lanes = widths.map((width) => ({ width, closedThrough: this.#closable(width, now), open: new Map() }));
  }

  /** When the oldest window that still takes posts began. */
  get openSince(): number {
    return Math.min(...this.#lanes.map(({ closedThrough }) => closedThrough));
  }

  /** Answers whether any window took it; false when it is late for all. */
  add(place: Place, contribution: Contribution): boolean {
    let taken = false;
    for (const lane of this.#lanes) {
      const end = endOf(place.at, lane.width);
      if (end <= lane.closedThrough) continue;
      taken = true;
      let cells = lane.open.get(end);
      if (cells === undefined) lane.open.set(end, (cells = new Map()));
      for (const symbol of place.symbols) this.#cell(cells, symbol)?.add(contribution);
    }
    return taken;
  }

  /** Takes back what {@link add} took, as far as its windows are open. */
  remove(place: Place, contribution: Contribution): void {
    for (const lane of this.#lanes) {
      const cells = lane.open.get(endOf(place.at, lane.width));
      for (const symbol of place.symbols) {
        const cell = cells?.get(symbol);
        cell?.remove(contribution);
        if (cell?.isEmpty === true) cells?.delete(symbol);
      }
    }
  }

  /** Closes what has ended `lateMs` ago, in the order of time; every window that went by is there, also those with nothing in them. */
  close(now: number): ClosedWindow[] {
    const closed: ClosedWindow[] = [];
    for (const lane of this.#lanes) {
      const through = this.#closable(lane.width, now);
      // After a long sleep only those are worth a look that something was said in.
      const first = Math.max(lane.closedThrough + lane.width, through - 100 * lane.width);
      const ends = new Set([...lane.open.keys()].filter((end) => end <= through));
      for (let end = first; end <= through; end += lane.width) ends.add(end);
      for (const end of [...ends].sort((a, b) => a - b)) {
        const cells = lane.open.get(end) ?? new Map<string, Cell>();
        for (const cell of cells.values()) cell.close();
        closed.push({ width: lane.width, end, cells });
        lane.open.delete(end);
      }
      lane.closedThrough = Math.max(lane.closedThrough, through);
    }
    return closed.sort((a, b) => a.end - b.end || a.width - b.width);
  }

  /** The wall clock was set back: windows that were closed by a clock that ran ahead take posts again, rather than none until that time comes. */
  setBack(now: number): void {
    for (const lane of this.#lanes) lane.closedThrough = Math.min(lane.closedThrough, this.#closable(lane.width, now + this.#lateMs));
  }

  save(): WindowsState {
    return this.#lanes.map(({ width, closedThrough, open }) => ({
      width,
      closedThrough,
      open: [...open].map(([end, cells]) => ({
        end,
        cells: [...cells].map(([symbol, cell]): [string, CellState] => [symbol, cell.save()]),
      })),
    }));
  }

  /** Goes on where another run left off. Widths that are no longer wanted are dropped. */
  restore(state: WindowsState): void {
    for (const { width, closedThrough, open } of state) {
      const lane = this.#lanes.find((candidate) => candidate.width === width);
      if (lane === undefined) continue;
      lane.closedThrough = closedThrough;
      for (const { end, cells } of open) {
        lane.open.set(end, new Map(cells.map(([symbol, cell]) => [symbol, Cell.from(cell, this.#authors)])));
      }
    }
  }

  #cell(cells: Map<string, Cell>, symbol: string): Cell | null {
    const known = cells.get(symbol);
    if (known !== undefined) return known;
    if (cells.size >= MOST_SYMBOLS) {
      this.leftOut++;
      return null;
    }
    const cell = new Cell(this.#authors);
    cells.set(symbol, cell);
    return cell;
  }

  /** The end of the last window that is to be closed by now. */
  #closable(width: number, now: number): number {
    return Math.floor((now - this.#lateMs) / width) * width;
  }
}

/** The end of the window that a time lies in. */
export function endOf(at: number, width: number): number {
  return Math.floor(at / width) * width + width;
}
