import type { ChartClass } from './classes.ts';
import type { Extremum } from './extrema.ts';

export interface ChartPattern {
  readonly name: Exclude<ChartClass, 'none'>;
  /** Indices of its first and last turning point. */
  readonly start: number;
  readonly end: number;
}

/** A pattern is no longer than this, so that its window shows all of it. */
export const LONGEST = 120;
/** It is at least this high, in standard deviations of a bar's log return. */
const LEAST_HEIGHT = 4;
/** Tolerances as shares of the pattern's height (of the pole's, the rise's). */
const SHOULDERS = 0.3;
const HEAD = 0.15;
const FLAT = 0.3;
const SLOPES = 0.25;
const TWINS = 0.2;
const VALLEY = 0.25;
const FLAG_WIDTH = 0.4;
const LEAST_TWIN_BARS = 10;

/**
 * The pattern that ends with the last of the turning points, or null. The paper's definitions with five points, tolerances being shares of the height; flags and double tops besides.
 * Where several fit, the first in this order: head and shoulders, flag, rectangle, triangles, doubles.
 * @param points the last turning points, oldest first, tops and bottoms in turn.
 * @param sigma standard deviation of a bar's log return.
 */
export function patternAtEnd(points: readonly Extremum[], sigma: number): ChartPattern | null {
  const five = points.slice(-5);
  const [first, , , , last] = five;
  if (first === undefined || last === undefined || five.length < 5) return null;
  if (five.some(({ side }, i) => i > 0 && side === five[i - 1]?.side)) return null;
  // Upside down where the first is a bottom: each rule is written for one that begins with a top.
  const flip = first.side;
  const [a, b, c, d, e] = five.map(({ price }) => price * flip) as [number, number, number, number, number];
  const height = Math.max(a, c, e) - Math.min(b, d);
  const span = last.at - first.at;
  if (height >= LEAST_HEIGHT * sigma && span <= LONGEST) {
    const name = ofFive(a, b, c, d, e, height, flip);
    if (name !== null) return { name, start: first.at, end: last.at };
  }
  const four = five.slice(1);
  return double(four, sigma);
}

function ofFive(a: number, b: number, c: number, d: number, e: number, height: number, flip: number): ChartPattern['name'] | null {
  if (c - Math.max(a, e) >= HEAD * height && Math.abs(a - e) <= SHOULDERS * height && Math.abs(b - d) <= SHOULDERS * height) {
    return flip === 1 ? 'head_and_shoulders' : 'inverse_head_and_shoulders';
  }
  // A pole from a down to b, then a narrow channel c, d, e that leans against it.
  const pole = a - b;
  if (c >= b && d >= b && e >= c && c - b <= FLAG_WIDTH * pole && e - d <= FLAG_WIDTH * pole && e - b <= 0.5 * pole) return 'flag';
  const tops = Math.max(a, c, e) - Math.min(a, c, e);
  const bottoms = Math.abs(b - d);
  if (tops <= FLAT * height && bottoms <= FLAT * height) return 'rectangle';
  const falling = a > c && c > e && a - e >= SLOPES * height;
  const rising = d - b >= SLOPES * height;
  if (tops <= FLAT * height && rising) return flip === 1 ? 'ascending_triangle' : 'descending_triangle';
  if (falling && bottoms <= FLAT * height) return flip === 1 ? 'descending_triangle' : 'ascending_triangle';
  return falling && rising ? 'symmetrical_triangle' : null;
}

/** A rise (or, upside down, a fall) to a top, a valley, and a second top as high. */
function double(four: readonly Extremum[], sigma: number): ChartPattern | null {
  const [from, first, valley, second] = four;
  if (from === undefined || first === undefined || valley === undefined || second === undefined) return null;
  const side = second.side;
  const rise = (first.price - from.price) * side;
  const depth = (first.price - valley.price) * side;
  const apart = Math.abs(first.price - second.price);
  if (rise < LEAST_HEIGHT * sigma || second.at - from.at > LONGEST || second.at - first.at < LEAST_TWIN_BARS) return null;
  if (apart > TWINS * rise || depth < VALLEY * rise || depth > (1 - VALLEY) * rise) return null;
  return { name: side === 1 ? 'double_top' : 'double_bottom', start: from.at, end: second.at };
}
