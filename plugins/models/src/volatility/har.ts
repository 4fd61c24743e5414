import { RidgeFit } from './ridge.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const REFIT_DAYS = 5;
/** Windows of the regressors in bars: a day, a week, four weeks of open market. */
const LAGS = [24, 120, 480] as const;
const HORIZON = 24;
/** The least mean squared return of a bar; as the features have it. */
const FLOOR = 1e-14;
/** Bars before the refit that samples are taken from: 1,000 days of open market. */
export const HAR_WINDOW = 24_000;
/** With fewer samples of an hour than these there is no forecast at it. */
const LEAST_SAMPLES = 250;
/** A power of two above the window and the most bars between two refits. */
const CAPACITY = 32_768;
const MASK = CAPACITY - 1;
/** Squared returns that are kept: a power of two above the longest lag. */
const RETURNS = 512;
/** Weekday effects are shrunk by one observation of none; the rest only so far that a flat market can be solved. */
const PENALTY = [1e-6, 1e-6, 1e-6, 1e-6, 1, 1, 1, 1, 1, 1, 1];
const CONSTANT = LAGS.length;

/** Shared by all symbols: a fit runs from its beginning to its end, and leaves nothing here. */
const samples = new Int32Array(HAR_WINDOW);
/** What is not zero in the design's row of one bar: the lags, the constant, its weekday. */
const columns = Uint8Array.from({ length: CONSTANT + 2 }, (_, k) => k);
const row = new Float64Array(columns.length).fill(1);

interface HourFit {
  readonly coefficients: Float64Array;
  /** Half the variance of the residuals: the mean of a lognormal variable over its median. */
  readonly bias: number;
}

/**
 * The heterogeneous autoregression of Corsi (2009, J. Financial Econometrics 7, 174-196) in logs, of one symbol's H1 bars: log mean squared return of the next 24
 * bars on those of the last 24, 120 and 480, and the weekday. One fit for each hour of the UTC day, by ordinary least squares over the last 24,000 bars, anew at
 * the first bar of each UTC day whose number is a multiple of 5, from bars before that day alone. The forecast is exp(prediction + s²/2); the mean of exp(residual)
 * would be 20 % off for years after one 15 January 2015 of the franc.
 *
 * It depends on the last 24,000 + 480 + 5 days of bars and on nothing else: begun anywhere before them, it gives the same bits.
 */
export class HarForecast {
  readonly #squared = new Float64Array(RETURNS);
  /** The regressors of each bar side by side: a fit reads one bar in so many. */
  readonly #logs = new Float64Array(CAPACITY * LAGS.length);
  readonly #hour = new Uint8Array(CAPACITY);
  readonly #weekday = new Uint8Array(CAPACITY);
  readonly #fits = new Map<number, HourFit | null>();
  #count = 0;
  #logClose = NaN;
  #epoch = NaN;
  #boundary = 0;

  /** Bars so far. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#fits.clear();
    this.#count = 0;
    this.#logClose = NaN;
    this.#epoch = NaN;
    this.#boundary = 0;
  }

  /** One more closed bar. @param time its opening, Unix epoch milliseconds UTC. */
  push(time: number, close: number): void {
    const index = this.#count++;
    const epoch = Math.floor(time / DAY_MS / REFIT_DAYS);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#boundary = index;
      this.#fits.clear();
    }
    const logClose = Math.log(close);
    const change = logClose - this.#logClose;
    this.#logClose = logClose;
    const squared = this.#squared;
    squared[index & (RETURNS - 1)] = index === 0 ? 0 : change * change;
    this.#hour[index & MASK] = Math.floor(time / HOUR_MS) % 24;
    this.#weekday[index & MASK] = (Math.floor(time / DAY_MS) + 4) % 7;
    let sum = 0;
    let age = 0;
    // From the newest to the oldest, anew for each bar: a sum that is carried along would depend on where it began.
    for (let k = 0; k < LAGS.length; k++) {
      const lag = LAGS[k] as number;
      for (const end = Math.min(lag, index); age < end; age++) sum += squared[(index - age) & (RETURNS - 1)] as number;
      this.#logs[(index & MASK) * LAGS.length + k] = age === lag ? Math.log(Math.max(sum / lag, FLOOR)) : NaN;
    }
  }

  /** Mean squared log return per bar that is expected of the next 24 bars; null where there is too little history at this hour. */
  forecast(): number | null {
    const index = this.#count - 1;
    if (index < LAGS[2]) return null;
    const hour = this.#hour[index & MASK] as number;
    let fit = this.#fits.get(hour);
    if (fit === undefined) {
      fit = this.#fit(hour);
      this.#fits.set(hour, fit);
    }
    if (fit === null) return null;
    this.#fill(index);
    return Math.max(FLOOR, Math.exp(predicted(fit.coefficients) + fit.bias));
  }

  #fit(hour: number): HourFit | null {
    // A sample's horizon has ended before the boundary.
    const end = this.#boundary - HORIZON;
    const start = Math.max(LAGS[2], this.#boundary - HAR_WINDOW);
    let count = 0;
    for (let i = start; i < end; i++) if (this.#hour[i & MASK] === hour) samples[count++] = i;
    if (count < LEAST_SAMPLES) return null;
    const fit = new RidgeFit(PENALTY);
    for (let at = 0; at < count; at++) {
      const i = samples[at] as number;
      this.#fill(i);
      fit.add(columns, row, this.#target(i));
    }
    const coefficients = fit.solve();
    let sum = 0;
    let squares = 0;
    for (let at = 0; at < count; at++) {
      const i = samples[at] as number;
      this.#fill(i);
      const residual = this.#target(i) - predicted(coefficients);
      sum += residual;
      squares += residual * residual;
    }
    const mean = sum / count;
    return { coefficients, bias: (squares / count - mean * mean) / 2 };
  }

  /** What followed bar i is what the bar a horizon later looks back on. */
  #target(i: number): number {
    return this.#logs[((i + HORIZON) & MASK) * LAGS.length] as number;
  }

  /** Makes the row that of bar i. */
  #fill(i: number): void {
    for (let k = 0; k < LAGS.length; k++) row[k] = this.#logs[(i & MASK) * LAGS.length + k] as number;
    columns[CONSTANT + 1] = CONSTANT + 1 + (this.#weekday[i & MASK] as number);
  }
}

/** What the coefficients say of the row. */
function predicted(coefficients: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < columns.length; k++) sum += (row[k] as number) * (coefficients[columns[k] as number] as number);
  return sum;
}
