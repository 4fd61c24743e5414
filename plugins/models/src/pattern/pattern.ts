import { z } from '@tickhub/plugin-sdk';
import type { MarketContext } from '@tickhub/plugin-sdk';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { abstention } from '../model.ts';
import type { BarModel, Finding, Runner, Series, SymbolModel } from '../model.ts';
import type { ModelFile } from '../model-file.ts';
import { CANDLE_BARS, candlesAtEnd } from './candles/catalogue.ts';
import type { FoundCandle } from './candles/catalogue.ts';
import { ChartConstants, readChart } from './charts/chart-reading.ts';
import { RULE_BARS } from './charts/completion.ts';
import { FUTURE_BARS, reachOf, writeExpectedMoves } from './charts/expected-moves.ts';
import { FutureLabels } from './charts/futures.ts';
import { wilson } from './wilson.ts';

/** How much is left of the confidence where the market went less far, or farther, than in nearly all of training. */
const OUTSIDE = 0.5;
/** Details are single values: so much of the candles' names fits. */
const MOST_CANDLES = 8;

const Constants = ChartConstants.extend({
  /** How far closes went, in usual moves: quantiles 0.001 and 0.999 of training. */
  reach: z.object({ low: z.number(), high: z.number() }),
  /** By pattern: events of the validation year, and how many of them closed higher 24 bars later. */
  up24: z.record(z.string(), z.object({ n: z.number().int().min(0), up: z.number().int().min(0) })),
});
type Constants = z.infer<typeof Constants>;

/** pattern_v2 of one symbol. It remembers nothing: all is read from the last {@link RULE_BARS} bars. */
class SymbolPattern implements SymbolModel {
  readonly #series: Series;
  readonly #runner: Runner;
  readonly #constants: Constants;
  readonly #moves = new Float32Array(FUTURE_BARS);
  readonly #labels: FutureLabels;

  /** @param labels is done with a bar before it is asked of the next one: one serves all symbols. */
  constructor(series: Series, runner: Runner, constants: Constants, labels: FutureLabels) {
    this.#series = series;
    this.#runner = runner;
    this.#constants = constants;
    this.#labels = labels;
  }

  async answer(_context: MarketContext): Promise<Finding> {
    const bars = this.#series.last(RULE_BARS);
    const count = bars.time.length;
    const inputs = { from: bars.time[0] as number, to: bars.time[count - 1] as number, count };
    const candles = candleDetails(candlesAtEnd(lastCandles(bars), this.#series.digits));
    if (count < RULE_BARS) return abstention(`needs ${RULE_BARS} closed bars, and there are ${count}`, inputs, candles);
    const prices = bars.close.map(Math.log);
    writeExpectedMoves(prices, this.#moves);
    const { futures } = await this.#runner.run({ moves: { data: this.#moves, dims: [FUTURE_BARS] } }, 1);
    if (futures === undefined) return abstention('its network gives no futures', inputs, candles);
    const { chosen, probabilities, place } = readChart(this.#labels.read(prices, futures), this.#constants);
    const reach = reachOf(prices);
    const isOutside = reach < this.#constants.reach.low || reach > this.#constants.reach.high;
    const { n, up } = this.#constants.up24[chosen] ?? { n: 0, up: 0 };
    const interval = n === 0 ? null : wilson(up, n);
    return {
      value: null,
      unit: null,
      probabilities,
      quantiles: null,
      confidence: (probabilities[chosen] ?? 0) * (isOutside ? OUTSIDE : 1),
      abstained: null,
      inputs,
      details: {
        pattern: chosen,
        start: place === null ? null : (bars.time[place.start] as number),
        end: place === null ? null : (bars.time[place.end] as number),
        outsideTraining: isOutside,
        up24Share: n === 0 ? null : up / n,
        up24Low: interval?.low ?? null,
        up24High: interval?.high ?? null,
        up24Events: n,
        ...candles,
      },
    };
  }
}

function lastCandles({ open, high, low, close }: Bars): Pick<Bars, 'open' | 'high' | 'low' | 'close'> {
  return {
    open: open.subarray(-CANDLE_BARS),
    high: high.subarray(-CANDLE_BARS),
    low: low.subarray(-CANDLE_BARS),
    close: close.subarray(-CANDLE_BARS),
  };
}

/** `ENGULFING 100, DOJI 100`: TA-Lib's names and signs of what ends with the last bar. */
function candleDetails(found: readonly FoundCandle[]): Finding['details'] {
  const shown = found.slice(0, MOST_CANDLES).map(({ rule, sign }) => `${rule.name} ${sign}`);
  return { candles: shown.join(', '), candleCount: found.length };
}

/** @throws {ZodError} when model.json has not the constants of this model. */
export function makePattern({ id, constants }: ModelFile, runner: Runner): BarModel {
  const known = Constants.parse(constants);
  const labels = new FutureLabels();
  return { id, symbol: (series) => new SymbolPattern(series, runner, known, labels) };
}
