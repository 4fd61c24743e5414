import { z } from '@tickhub/plugin-sdk';
import type { MarketContext } from '@tickhub/plugin-sdk';
import { featureMatrix, featureSet, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars, FeatureSet } from '@tickhub/plugin-sdk/features';
import { pipOf } from '@tickhub/plugin-sdk/markets';
import { abstention } from '../model.ts';
import type { BarModel, Finding, Runner, Series, SymbolModel } from '../model.ts';
import type { ModelFile } from '../model-file.ts';
import { HarForecast } from './har.ts';

const HORIZON = 24;
const BASE = 'logrv_480';

const Constants = z.object({
  /** Share of returns of 24 bars within one sigma, and the multiple of sigma that holds 68.27 % of them: before 2018, all symbols. */
  withinSigma: z.number().gt(0).lt(1),
  bandSigmas: z.number().positive(),
});

/** What is expected of the next 24 bars, as mean squared log return per bar. */
export interface Forecast {
  readonly variance: number;
  readonly network: number;
  /** Null where the symbol's history is too short for it; `variance` is then the network's alone. */
  readonly har: number | null;
  /** Mean squared return of the last 480 bars. */
  readonly trailing: number;
  /** Share of the inputs that lie outside of what training has seen. */
  readonly outside: number;
}

/** volatility_v1 of one symbol. */
export class SymbolVolatility implements SymbolModel {
  readonly #series: Series;
  readonly #network: VarianceNetwork;
  readonly #constants: z.infer<typeof Constants>;
  readonly #har = new HarForecast();
  #latest: Forecast | null = null;
  /** The series' count when that was found. */
  #latestCount = 0;

  constructor(series: Series, network: VarianceNetwork, constants: z.infer<typeof Constants>) {
    this.#series = series;
    this.#network = network;
    this.#constants = constants;
  }

  /** As of the last bar; null with too few bars, and where that bar was not given to it. */
  get latest(): Forecast | null {
    return this.#latestCount === this.#series.count ? this.#latest : null;
  }

  async seed(bars: Bars): Promise<void> {
    this.#har.clear();
    for (let i = 0; i < bars.time.length; i++) this.#har.push(bars.time[i] as number, bars.close[i] as number);
    await this.#look();
  }

  async push(): Promise<void> {
    const { time, close } = this.#series.last(1);
    // A bar that passed while it might not answer is missing from its past: the regression begins again.
    if (this.#series.count !== this.#latestCount + 1) this.#har.clear();
    this.#har.push(time[0] as number, close[0] as number);
    await this.#look();
  }

  /** What it would have said after each of the last `count` bars of `bars`; null where it would have abstained. */
  async past(bars: Bars, count: number): Promise<(Forecast | null)[]> {
    const from = Math.max(0, bars.time.length - count);
    const har = new HarForecast();
    const hars: (number | null)[] = [];
    for (let i = 0; i < bars.time.length; i++) {
      har.push(bars.time[i] as number, bars.close[i] as number);
      if (i >= from) hars.push(har.forecast());
    }
    const networks = await this.#network.past(bars, from);
    return networks.map((network, i) => (network === null ? null : combined(network, hars[i] ?? null)));
  }

  answer(_context: MarketContext): Finding {
    const { digits, count } = this.#series;
    const inputs = this.#series.span(this.#network.needs);
    const { latest } = this;
    if (latest === null) {
      return abstention(`${this.#network.needs - count} more closed bars are needed of ${this.#network.needs}`, inputs);
    }
    if (latest.outside > 0.5) {
      return abstention('more than half of the inputs lie outside of what was seen in training', inputs, { outside: latest.outside });
    }
    const sigma = percent(latest.variance);
    const price = this.#series.last(1).close[0] ?? 0;
    return {
      value: sigma,
      unit: '%',
      probabilities: null,
      quantiles: null,
      confidence: (1 - latest.outside) * (latest.har === null ? 0.8 : 1),
      abstained: null,
      inputs: { ...inputs, count },
      details: {
        sigmaPips: (sigma / 100) * (price / pipOf(digits)),
        network: percent(latest.network),
        har: latest.har === null ? null : percent(latest.har),
        parts: latest.har === null ? 'the network alone: the history is too short for a regression of its own' : 'network and HAR',
        ratioToTrailing: Math.sqrt(latest.variance / latest.trailing),
        withinSigma: this.#constants.withinSigma,
        band68: sigma * this.#constants.bandSigmas,
        outside: latest.outside,
      },
    };
  }

  async #look(): Promise<void> {
    const network = await this.#network.now(this.#series);
    this.#latest = network === null ? null : combined(network, this.#har.forecast());
    this.#latestCount = this.#series.count;
  }
}

type NetworkForecast = Omit<Forecast, 'variance' | 'har'>;

/** The network, and the features that it is fed with. */
class VarianceNetwork {
  readonly #set: FeatureSet;
  readonly #file: ModelFile;
  readonly #runner: Runner;
  readonly #row: Float64Array;

  constructor(file: ModelFile, runner: Runner) {
    this.#set = featureSet([...file.inputs, BASE]);
    this.#file = file;
    this.#runner = runner;
    this.#row = new Float64Array(this.#set.names.length);
  }

  get needs(): number {
    return this.#set.needs;
  }

  async now(series: Series): Promise<NetworkForecast | null> {
    if (!series.features(this.#set, this.#row)) return null;
    const [forecast = null] = await this.#run(this.#row, 1);
    return forecast;
  }

  async past(bars: Bars, from: number): Promise<(NetworkForecast | null)[]> {
    const start = Math.max(0, from - this.needs + 1);
    const { values, rows, first } = featureMatrix(sliceBars(bars, start), this.#set.names);
    const skip = Math.max(first, from - start);
    const none = Array.from({ length: Math.min(rows, skip) - (from - start) }, () => null);
    return [...none, ...(await this.#run(values.subarray(skip * this.#set.names.length), rows - skip))];
  }

  /** @param values rows of the inputs and the base. */
  async #run(values: Float64Array, rows: number): Promise<NetworkForecast[]> {
    const width = this.#file.inputs.length;
    const data = new Float32Array(Math.max(0, rows) * width);
    for (let row = 0; row < rows; row++) data.set(values.subarray(row * (width + 1), row * (width + 1) + width), row * width);
    const { log_ratio: output } = rows > 0 ? await this.#runner.run({ features: { data, dims: [width] } }, rows) : {};
    const { low, high } = this.#file.range;
    const out: NetworkForecast[] = [];
    for (let row = 0; row < rows; row++) {
      let outside = 0;
      for (let k = 0; k < width; k++) {
        const input = data[row * width + k] as number;
        if (input < (low[k] as number) || input > (high[k] as number)) outside++;
      }
      const trailing = Math.exp(values[row * (width + 1) + width] as number);
      out.push({ network: trailing * Math.exp(output?.[row] ?? NaN), trailing, outside: outside / width });
    }
    return out;
  }
}

/** Their geometric mean: both err in the log, and not alike. */
function combined(network: NetworkForecast, har: number | null): Forecast {
  return { ...network, har, variance: har === null ? network.network : Math.sqrt(network.network * har) };
}

/** Standard deviation of the log return of the whole horizon, in percent. */
function percent(variance: number): number {
  return 100 * Math.sqrt(HORIZON * variance);
}

/** Makes volatility_v1 of its file. */
export function makeVolatility(file: ModelFile, runner: Runner): BarModel {
  const constants = Constants.parse(file.constants);
  const network = new VarianceNetwork(file, runner);
  return { id: file.id, symbol: (series) => new SymbolVolatility(series, network, constants) };
}
