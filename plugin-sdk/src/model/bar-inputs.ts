import { featureSet, FeatureState } from '../features/index.ts';
import type { Bars, FeatureSet } from '../features/index.ts';
import type { FeatureInput, ModelInput, WindowInput } from '../manifest/model.ts';
import { BarTail } from './bar-tail.ts';
import type { FittedInput } from './fit.ts';
import type { Filling } from './session.ts';
import { barsOfWindow, writeWindow } from './window.ts';

/** What the inputs of a model of bars look at; the same for all symbols. */
export interface BarNeeds {
  /** Bars without which it cannot answer. */
  readonly bars: number;
  /** All features of all inputs, in the order of the inputs; null where none has any. */
  readonly features: FeatureSet | null;
  /** Bars of the longest window. */
  readonly window: number;
}

/** @throws {FeatureError} UNKNOWN_FEATURE */
export function needsOf(inputs: readonly ModelInput[]): BarNeeds {
  const names = inputs.flatMap((input) => ('features' in input ? input.features : []));
  const features = names.length === 0 ? null : featureSet(names);
  const window = inputs.reduce((most, input) => ('window' in input ? Math.max(most, barsOfWindow(input)) : most), 0);
  return { bars: Math.max(1, window, features?.needs ?? 0), features, window };
}

/** What the inputs of a model are filled with, or why they cannot be. */
export type Filled =
  | {
      readonly fillings: readonly Filling[];
      /** Names of features that lie outside of what was seen in training, and how many have a range. */
      readonly outside: readonly string[];
      readonly ranged: number;
    }
  | { readonly why: string };

/** The bars of one symbol, and what a model makes of them. */
export class BarInputs {
  readonly #inputs: readonly FittedInput[];
  readonly #needs: BarNeeds;
  readonly #tail: BarTail;
  readonly #state: FeatureState | null;
  readonly #features: Float64Array;

  constructor(inputs: readonly FittedInput[], needs: BarNeeds) {
    this.#inputs = inputs;
    this.#needs = needs;
    this.#tail = new BarTail(needs.bars);
    this.#state = needs.features === null ? null : new FeatureState(needs.features.needs);
    this.#features = new Float64Array(needs.features?.features.length ?? 0);
  }

  /** Bars so far. */
  get count(): number {
    return this.#tail.count;
  }

  /** When the last bar opened, and the first of those that the model looks at. */
  get span(): { readonly from: number; readonly to: number; readonly count: number } {
    const count = Math.min(this.count, this.#needs.bars);
    const { time } = this.#tail.last(count);
    return { from: time[0] ?? 0, to: time[count - 1] ?? 0, count };
  }

  /** @throws {FeatureError} BAD_BAR */
  push(bars: Bars, from = 0, to = bars.time.length): void {
    for (let i = from; i < to; i++) {
      this.#state?.push(
        bars.time[i] ?? NaN,
        bars.open[i] ?? NaN,
        bars.high[i] ?? NaN,
        bars.low[i] ?? NaN,
        bars.close[i] ?? NaN,
        bars.volume[i] ?? NaN,
      );
      this.#tail.push(bars, i);
    }
  }

  /** The inputs as of the last bar. */
  fill(): Filled {
    const { bars, features } = this.#needs;
    if (this.count < bars) return { why: `it needs ${bars} closed bars, and there are ${this.count}` };
    if (features !== null) this.#state?.write(features, this.#features);
    const fillings: Filling[] = [];
    const outside: string[] = [];
    let ranged = 0;
    let at = 0;
    for (const { input, type, size } of this.#inputs) {
      const out = type === 'float64' ? new Float64Array(size) : new Float32Array(size);
      if ('window' in input) {
        const why = this.#writeWindow(input, out);
        if (why !== null) return { why };
      } else if ('features' in input) {
        out.set(this.#features.subarray(at, at + size));
        ranged += this.#lookOutside(input, at, outside);
        at += size;
      }
      fillings.push(out);
    }
    return { fillings, outside, ranged };
  }

  #writeWindow(input: WindowInput, out: Float32Array | Float64Array): string | null {
    return writeWindow(input, this.#tail.last(barsOfWindow(input)), out);
  }

  #lookOutside({ features, seen }: FeatureInput, at: number, outside: string[]): number {
    let ranged = 0;
    for (const [i, name] of features.entries()) {
      const range = Object.hasOwn(seen, name) ? seen[name] : undefined;
      if (range === undefined) continue;
      ranged += 1;
      const value = this.#features[at + i] ?? NaN;
      if (!(value >= range[0] && value <= range[1])) outside.push(name);
    }
    return ranged;
  }
}
