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
/** Weekday effects are shrunk by one observation of none; the rest only so far that a flat market can be solved. */
const PENALTY = [1e-6, 1e-6, 1e-6, 1e-6, 1, 1, 1, 1, 1, 1, 1];

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
  readonly #squared = new Float64Array(512);
  readonly #logs = LAGS.map(() => new Float64Array(CAPACITY));
  readonly #hour = new Uint8Array(CAPACITY);
  readonly #weekday = new Uint8Array(CAPACITY);
  readonly #fits = new Map<number, HourFit | null>();
  readonly #row = new Float64Array(PENALTY.length);
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
    this.#squared[index % 512] = index === 0 ? 0 : change * change;
    this.#hour[index & MASK] = Math.floor(time / HOUR_MS) % 24;
    this.#weekday[index & MASK] = (Math.floor(time / DAY_MS) + 4) % 7;
    let sum = 0;
    let age = 0;
    // From the newest to the oldest, anew for each bar: a sum that is carried along would depend on where it began.
    LAGS.forEach((lag, k) => {
      for (; age < lag && age < index; age++) sum += this.#squared[(index - age) % 512] as number;
      (this.#logs[k] as Float64Array)[index & MASK] = age === lag ? Math.log(Math.max(sum / lag, FLOOR)) : NaN;
    });
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
    return Math.max(FLOOR, Math.exp(dot(this.#row, fit.coefficients) + fit.bias));
  }

  #fit(hour: number): HourFit | null {
    // A sample's horizon has ended before the boundary.
    const end = this.#boundary - HORIZON;
    const start = Math.max(LAGS[2], this.#boundary - HAR_WINDOW);
    const samples: number[] = [];
    for (let i = start; i < end; i++) if (this.#hour[i & MASK] === hour) samples.push(i);
    if (samples.length < LEAST_SAMPLES) return null;
    const fit = new RidgeFit(PENALTY);
    for (const i of samples) {
      this.#fill(i);
      fit.add(this.#row, this.#target(i));
    }
    const coefficients = fit.solve();
    let sum = 0;
    let squares = 0;
    for (const i of samples) {
      this.#fill(i);
      const residual = this.#target(i) - dot(this.#row, coefficients);
      sum += residual;
      squares += residual * residual;
    }
    const mean = sum / samples.length;
    return { coefficients, bias: (squares / samples.length - mean * mean) / 2 };
  }

  /** What followed bar i is what the bar a horizon later looks back on. */
  #target(i: number): number {
    return (this.#logs[0] as Float64Array)[(i + HORIZON) & MASK] as number;
  }

  #fill(i: number): void {
    for (let k = 0; k < LAGS.length; k++) this.#row[k] = (this.#logs[k] as Float64Array)[i & MASK] as number;
    this.#row[3] = 1;
    this.#row.fill(0, 4);
    this.#row[4 + (this.#weekday[i & MASK] as number)] = 1;
  }
}

function dot(row: Float64Array, coefficients: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += (row[k] as number) * (coefficients[k] as number);
  return sum;
}
