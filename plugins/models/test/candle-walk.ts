import type { Bars } from '@tickhub/plugin-sdk/features';

type Prices = Pick<Bars, 'open' | 'high' | 'low' | 'close'>;
type Shape = readonly [open: number, high: number, low: number, close: number];

/** Forms that chance hardly ever makes, in points from the close before: concealing baby swallow, mat hold, kicking, two crows, three stars, breakaway, methods, crows. */
const RARE: readonly (readonly Shape[])[] = [
  [
    [0, 0, -30, -30],
    [-31, -31, -60, -60],
    [-70, -50, -80, -80],
    [-45, -45, -90, -90],
  ],
  [
    [0, 62, -2, 60],
    [72, 73, 66, 67],
    [58, 59, 49, 50],
    [52, 53, 45, 46],
    [50, 99, 49, 98],
  ],
  [
    [0, 0, -40, -40],
    [10, 50, 10, 50],
  ],
  [
    [0, 61, -1, 60],
    [75, 78, 65, 66],
    [70, 71, 30, 35],
  ],
  [
    [0, 2, -110, -50],
    [-30, -28, -90, -65],
    [-62, -62, -66, -66],
  ],
  [
    [0, 1, -51, -50],
    [-60, -58, -72, -70],
    [-68, -64, -80, -75],
    [-74, -70, -90, -85],
    [-84, -52, -86, -55],
  ],
  [
    [0, 62, -2, 60],
    [55, 57, 48, 50],
    [49, 51, 42, 44],
    [43, 45, 36, 38],
    [40, 82, 39, 80],
  ],
  [
    [0, 61, -1, 60],
    [70, 71, 69, 70],
    [65, 66, 20, 22],
  ],
  [
    [0, 31, -1, 30],
    [25, 27, 0, 0],
    [15, 16, -25, -25],
    [-10, -9, -50, -50],
  ],
];

/**
 * A walk in whole points made to be on the edges of rules: many ties and gaps, bodies of several sizes, shadows often none. The same for the same seed.
 * @param random gives numbers from 0 to 1.
 */
export function candleWalk(count: number, random: () => number): Prices {
  const prices: Prices = {
    open: new Float64Array(count),
    high: new Float64Array(count),
    low: new Float64Array(count),
    close: new Float64Array(count),
  };
  let last = 100_000;
  let planted: Shape[] = [];
  let base = last;
  for (let i = 0; i < count; i++) {
    if (planted.length === 0 && random() < 0.002) {
      const jitter = (value: number): number => value + Math.round((random() - 0.5) * 3);
      const form = RARE[Math.floor(random() * RARE.length)] ?? [];
      const exact = random() < 0.5;
      planted = form.map((shape) => (exact ? shape : shape.map(jitter)) as unknown as Shape);
      base = last;
    }
    const next = planted.shift();
    const [open, high, low, close] = next === undefined ? chance(last, random) : next.map((offset) => base + offset);
    prices.open[i] = open as number;
    prices.close[i] = close as number;
    prices.high[i] = Math.max(open as number, high as number, close as number);
    prices.low[i] = Math.min(open as number, low as number, close as number);
    last = close as number;
    if (last < 50_000) last = 100_000;
  }
  return prices;
}

function chance(last: number, random: () => number): number[] {
  const scale = [3, 10, 40][Math.floor(random() * 3)] ?? 10;
  const step = (): number => Math.round((random() - 0.5) * scale * (random() < 0.3 ? 0.2 : 1));
  const open = last + (random() < 0.5 ? 0 : step());
  const close = open + step();
  const shadow = (): number => (random() < 0.3 ? 0 : Math.abs(step()));
  return [open, Math.max(open, close) + shadow(), Math.min(open, close) - shadow(), close];
}
