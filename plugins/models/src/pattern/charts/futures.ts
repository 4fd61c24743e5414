import { CHART_CLASSES } from './classes.ts';
import { FIRST_LAG, LAST_LAG, POINTS, RULE_BARS, sigmaAt } from './completion.ts';
import { FUTURE_BARS } from './expected-moves.ts';
import { RADIUS, smoothed, turningPoint } from './extrema.ts';
import type { Extremum } from './extrema.ts';
import { patternAtEnd } from './rules.ts';
import type { ChartPattern } from './rules.ts';
import { Tally } from './tally.ts';

/** Numbers that the network gives of each future: what it adds to the smoothed prices from {@link OPEN} on, then its first move. Upside down they are the negative. */
export const FUTURE_WIDTH = FUTURE_BARS + 1;
const LAST = RULE_BARS - 1;
/** The first place whose smoothed price depends on the future. */
export const OPEN = LAST - RADIUS + 1;
/** Turning points may still be found from here to the last bar. */
const FIRST_TURN = OPEN - 1;
/** A turn is named by the direction that ends with it: rises by a top, falls by a bottom. What is flat ends with nothing. */
const NOTHING = 0;
const TOP = 1;
const BOTTOM = 2;
const STATES = 3;

/** What a past's futures say of its last bar. */
export interface Outlook {
  /** In how many futures the label is this class, in the order of `CHART_CLASSES`. */
  readonly counts: Float64Array;
  /** Of each class, the pattern that most futures give; null where none does. */
  readonly patterns: readonly (ChartPattern | null)[];
}

/**
 * Reads, in many futures of one past, the label that hindsight would give to the last bar. The same rules as the labels', on the same kernel: the smoothed prices
 * are a sum of the past's (the price held from now on) and a future's, and futures whose prices turn at the same bars have the same label, which is looked
 * up once.
 */
export class FutureLabels {
  readonly #held = new Float64Array(RULE_BARS + FUTURE_BARS);
  readonly #open = new Float64Array(FUTURE_BARS);
  /** The last two smoothed prices that are known. */
  #before = 0;
  #here = 0;
  readonly #points: Extremum[] = [];
  readonly #turns = new Tally();
  /** By the bars between its last turning point and the last bar. */
  readonly #sigmas = new Float64Array(LAST_LAG + 1);

  /**
   * @param prices {@link RULE_BARS} log closes, oldest first.
   * @param futures {@link FUTURE_WIDTH} numbers of each. Each counts once as it is and once upside down: up and down are alike.
   */
  read(prices: Float64Array, futures: Float32Array): Outlook {
    this.#takePast(prices);
    this.#turns.begin((2 * futures.length) / FUTURE_WIDTH);
    for (let from = 0; from < futures.length; from += FUTURE_WIDTH) this.#addTurns(futures, from);
    return this.#outlook();
  }

  /** The past's turning points, which no future changes, and its share of the smoothed prices that futures do change. */
  #takePast(prices: Float64Array): void {
    const held = this.#held;
    held.set(prices);
    held.fill(prices[LAST] as number, RULE_BARS);
    const end = held.length - 1;
    this.#points.length = 0;
    let [before, here] = [smoothed(held, 0, end), smoothed(held, 1, end)];
    for (let at = 1; at < FIRST_TURN; at++) {
      const after = smoothed(held, at + 1, end);
      const point = turningPoint(held, at, end, [before, here, after]);
      if (point !== null) this.#points.push(point);
      [before, here] = [here, after];
    }
    [this.#before, this.#here] = [before, here];
    for (let i = 0; i < FUTURE_BARS; i++) this.#open[i] = smoothed(held, OPEN + i, end);
    for (let lag = FIRST_LAG; lag <= LAST_LAG; lag++) this.#sigmas[lag] = sigmaAt(held, LAST - lag);
  }

  /** Where the prices turn between {@link FIRST_TURN} and the last bar in one future, and in the same upside down: a number each, with a digit for each bar. */
  #addTurns(futures: Float32Array, from: number): void {
    const open = this.#open;
    let turns = 0;
    let turnsDown = 0;
    let here = this.#here;
    let hereDown = here;
    let direction = directionOf(this.#before, here);
    let directionDown = direction;
    for (let i = 0; i < FUTURE_BARS; i++) {
      const known = open[i] as number;
      const added = futures[from + i] as number;
      const after = known + added;
      const afterDown = known - added;
      const next = directionOf(here, after);
      const nextDown = directionOf(hereDown, afterDown);
      turns = turns * STATES + (direction === next ? NOTHING : direction);
      turnsDown = turnsDown * STATES + (directionDown === nextDown ? NOTHING : directionDown);
      here = after;
      hereDown = afterDown;
      direction = next;
      directionDown = nextDown;
    }
    const move = futures[from + FUTURE_BARS] as number;
    this.#turns.add(this.#settled(turns, move));
    this.#turns.add(this.#settled(turnsDown, -move));
  }

  /** What turns at the last bar itself counts only where the close before it is the extreme one, which the next close has a say in. */
  #settled(turns: number, move: number): number {
    const state = turns % STATES;
    return state === NOTHING || this.#isBefore(state, move) ? turns : turns - state;
  }

  #isBefore(state: number, move: number): boolean {
    const side = state === TOP ? 1 : -1;
    const back = side * ((this.#held[LAST - 1] as number) - (this.#held[LAST] as number));
    return back > 0 && side * move <= back;
  }

  #outlook(): Outlook {
    const counts = new Float64Array(CHART_CLASSES.length);
    const most = new Float64Array(CHART_CLASSES.length);
    const patterns = Array.from({ length: CHART_CLASSES.length }, (): ChartPattern | null => null);
    const places = new Map<number, number>();
    for (let i = 0; i < this.#turns.size; i++) {
      const count = this.#turns.countAt(i);
      const pattern = this.#labelOf(this.#turns.numberAt(i));
      const k = CHART_CLASSES.indexOf(pattern?.name ?? 'none');
      counts[k] = (counts[k] as number) + count;
      if (pattern === null) continue;
      const place = (k * RULE_BARS + pattern.start) * RULE_BARS + pattern.end;
      const sum = (places.get(place) ?? 0) + count;
      places.set(place, sum);
      if (sum <= (most[k] as number)) continue;
      most[k] = sum;
      patterns[k] = pattern;
    }
    return { counts, patterns };
  }

  #labelOf(turns: number): ChartPattern | null {
    const points = this.#points.slice(-POINTS);
    for (let at = FIRST_TURN, scale = STATES ** (FUTURE_BARS - 1); at <= LAST; at++, scale /= STATES) {
      const state = Math.floor(turns / scale) % STATES;
      if (state !== NOTHING) points.push(this.#pointAt(at, state === TOP ? 1 : -1));
    }
    for (let i = points.length - 1; i >= POINTS - 1; i--) {
      const { at } = points[i] as Extremum;
      if (at + FIRST_LAG > LAST || at + LAST_LAG < LAST) continue;
      return patternAtEnd(points.slice(i - POINTS + 1, i + 1), this.#sigmas[LAST - at] as number);
    }
    return null;
  }

  #pointAt(turn: number, side: 1 | -1): Extremum {
    if (turn === LAST) return { at: LAST - 1, price: this.#held[LAST - 1] as number, side };
    // As the hindsight's: a neighbour whose close is further out.
    let at = turn;
    for (const near of [turn - 1, turn + 1]) if (side * ((this.#held[near] as number) - (this.#held[at] as number)) > 0) at = near;
    return { at, price: this.#held[at] as number, side };
  }
}

function directionOf(before: number, after: number): number {
  return after > before ? TOP : after < before ? BOTTOM : NOTHING;
}
