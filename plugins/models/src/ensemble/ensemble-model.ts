import type { MarketContext } from '@tickhub/plugin-sdk';
import { featureSet } from '@tickhub/plugin-sdk/features';
import type { FeatureSet } from '@tickhub/plugin-sdk/features';
import type { BarModel, Finding, MakeModel, Runner, Series, SymbolModel } from '../model.ts';
import { abstention } from '../model.ts';
import type { ModelFile } from '../model-file.ts';
import { familiarityOf } from '../training-range.ts';
import { FEATURE_INPUTS, memberInputs } from './ensemble-inputs.ts';

const [VOLATILITY, TREND] = ['volatility_v1', 'trend_v1'] as const;

/**
 * ensemble_v1: the volatility of 24 hours, the state of the trend, and P(the price is a trailing sigma away at some time of these hours), stacked on what
 * volatility_v1 and trend_v1 found as of the same bar.
 */
export const makeEnsemble: MakeModel<BarModel> = (file, runner) => {
  const set = featureSet([...FEATURE_INPUTS]);
  return { id: file.id, symbol: (series) => new SymbolEnsemble(file, runner, series, set) };
};

class SymbolEnsemble implements SymbolModel {
  readonly #file: ModelFile;
  readonly #runner: Runner;
  readonly #series: Series;
  readonly #set: FeatureSet;
  readonly #features: Float64Array;

  constructor(file: ModelFile, runner: Runner, series: Series, set: FeatureSet) {
    this.#file = file;
    this.#runner = runner;
    this.#series = series;
    this.#set = set;
    this.#features = new Float64Array(set.names.length);
  }

  async answer(_context: MarketContext, findings: ReadonlyMap<string, Finding>): Promise<Finding> {
    const { closedAt, widthMs } = this.#series;
    const last = closedAt - widthMs;
    const [volatility, trend] = [findings.get(VOLATILITY), findings.get(TREND)];
    if (volatility === undefined || trend === undefined) {
      return abstention(`it stacks ${VOLATILITY} and ${TREND}, and not both may answer`, { from: last, to: last, count: 0 });
    }
    const inputs = {
      from: Math.min(volatility.inputs.from, trend.inputs.from),
      to: Math.max(volatility.inputs.to, trend.inputs.to),
      count: Math.max(volatility.inputs.count, trend.inputs.count),
    };
    const members = memberInputs(volatility, trend);
    if (members === null) {
      return abstention(
        `a member abstained: ${volatility.abstained ?? trend.abstained ?? 'its answer lacks what is stacked'}`.slice(0, 300),
        inputs,
      );
    }
    if (!this.#series.features(this.#set, this.#features)) return abstention('there are too few bars', inputs);
    const data = Float32Array.from([...members.values, ...this.#features]);
    const { factor, outside, farthest, foreign } = familiarityOf(data, this.#file);
    const where = { inputsOutside: outside, farthestInput: farthest };
    if (foreign) return abstention(`its inputs are unlike any that it was fitted on: ${farthest} most`, inputs, where);
    const stateLogs = Float32Array.from(members.stateLogs);
    const outputs = await this.#runner.run(
      { features: { data, dims: [data.length] }, state_logs: { data: stateLogs, dims: [stateLogs.length] } },
      1,
    );
    const [logRatio, down, range, up, beyond] = [
      ...(outputs['log_ratio'] ?? []),
      ...(outputs['state'] ?? []),
      ...(outputs['beyond'] ?? []),
    ];
    if (logRatio === undefined || down === undefined || range === undefined || up === undefined || beyond === undefined) {
      return abstention('its network has not the outputs that it should have', inputs, where);
    }
    const sigma = members.trailingSigma * Math.exp(logRatio / 2);
    if (!Number.isFinite(sigma + down + range + up + beyond)) return abstention('its network gave no finite numbers', inputs, where);
    const sum = down + range + up;
    return {
      value: sigma,
      unit: '%',
      probabilities: null,
      quantiles: null,
      confidence: Math.min(volatility.confidence, 1) * factor,
      abstained: null,
      inputs,
      details: {
        pBeyondSigma: beyond,
        // What is asked of pBeyondSigma: whether a high or low of the next 24 bars is farther away than this.
        trailingSigma: members.trailingSigma,
        pDown: down / sum,
        pRange: range / sum,
        pUp: up / sum,
        notUsed: 'sentiment and calendar have the weight 0: there is no history to fit them on',
        ...where,
      },
    };
  }
}
