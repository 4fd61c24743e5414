import type { MarketContext } from '@tickhub/plugin-sdk';
import { featureSet } from '@tickhub/plugin-sdk/features';
import type { FeatureSet } from '@tickhub/plugin-sdk/features';
import type { BarModel, Finding, MakeModel, Runner, Series, SymbolModel } from '../model.ts';
import { abstention } from '../model.ts';
import type { ModelFile } from '../model-file.ts';
import { familiarityOf } from '../training-range.ts';

const STATES = ['down', 'range', 'up'] as const;
/** The probability of each, if nothing is known. */
const EVEN = 1 / STATES.length;

/**
 * trend_v1: P(down, range, up) now, by the t-statistic of the slope of log price over the 49 bars around it of which 24 are still to come; and
 * P(up) in 24 bars, which has no edge and says so. A function of the last 481 closed bars.
 */
export const makeTrend: MakeModel<BarModel> = (file, runner) => {
  const set = featureSet(file.inputs);
  return { id: file.id, symbol: (series) => new SymbolTrend(file, runner, series, set) };
};

class SymbolTrend implements SymbolModel {
  readonly #file: ModelFile;
  readonly #runner: Runner;
  readonly #series: Series;
  readonly #set: FeatureSet;
  readonly #inputs: Float32Array;

  constructor(file: ModelFile, runner: Runner, series: Series, set: FeatureSet) {
    this.#file = file;
    this.#runner = runner;
    this.#series = series;
    this.#set = set;
    this.#inputs = new Float32Array(set.names.length);
  }

  async answer(_context: MarketContext): Promise<Finding> {
    const { needs } = this.#set;
    const inputs = this.#series.span(needs);
    if (!this.#series.features(this.#set, this.#inputs)) return abstention(`it takes ${needs} bars, and there are ${inputs.count}`, inputs);
    const { factor, outside, farthest, foreign } = familiarityOf(this.#inputs, this.#file);
    const where = { inputsOutside: outside, farthestInput: farthest };
    if (foreign)
      return abstention(`the market is unlike any that it was trained on: ${outside} inputs outside, ${farthest} most`, inputs, where);
    const outputs = await this.#runner.run({ features: { data: this.#inputs, dims: [this.#inputs.length] } }, 1);
    const [down, range, up, pUp24] = [...(outputs['state'] ?? []), ...(outputs['up'] ?? [])].map(Number);
    if (down === undefined || range === undefined || up === undefined || pUp24 === undefined || !Number.isFinite(down + range + up + pUp24))
      return abstention('its network gave no finite numbers', inputs, where);
    // They are float32, and their sum is 1 to seven digits only.
    const sum = down + range + up;
    const probabilities = { down: down / sum, range: range / sum, up: up / sum };
    const surest = Math.max(probabilities.down, probabilities.range, probabilities.up);
    return {
      value: null,
      unit: null,
      probabilities,
      quantiles: null,
      confidence: Math.max(0, Math.min(1, ((surest - EVEN) / (1 - EVEN)) * factor)),
      abstained: null,
      inputs,
      details: {
        state: STATES.find((state) => probabilities[state] === surest) ?? 'range',
        pUp24,
        direction: 'no edge: P(up) in 24 bars is a coin flip, and is shown so that it can be checked',
        ...where,
      },
    };
  }
}
