import { z } from '@tickhub/plugin-sdk';
import type { MarketContext } from '@tickhub/plugin-sdk';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { abstention } from '../model.ts';
import type { BarModel, Finding, Runner, Series, SymbolModel } from '../model.ts';
import type { ModelFile } from '../model-file.ts';
import { CANDLE_BARS, candlesAtEnd } from './candles/catalogue.ts';
import type { FoundCandle } from './candles/catalogue.ts';
import { patternsSoFar, RULE_BARS } from './charts/causal.ts';
import { ChartConstants, readChart, RULE_LAGS } from './charts/chart-reading.ts';
import { CHART_CLASSES } from './charts/classes.ts';
import { CHANNELS, WINDOW, windowReach, writeChartWindow } from './charts/chart-window.ts';
import { wilson } from './wilson.ts';

/** How much is left of the confidence where the window is calmer or wilder than training has seen. */
const OUTSIDE = 0.5;
/** Details are single values: so much of the candles' names fits. */
const MOST_CANDLES = 8;

const Constants = ChartConstants.extend({
  /** The largest price of a window, without its sign: quantiles 0.001 and 0.999 of training. */
  reach: z.object({ low: z.number(), high: z.number() }),
  /** By class: events of the validation year, and how many of them closed higher 24 bars later. */
  up24: z.record(z.string(), z.object({ n: z.number().int().min(0), up: z.number().int().min(0) })),
});
type Constants = z.infer<typeof Constants>;

/** pattern_v2 of one symbol. It remembers nothing: all is read from the last {@link RULE_BARS} bars. */
class SymbolPattern implements SymbolModel {
  readonly #series: Series;
  readonly #runner: Runner;
  readonly #constants: Constants;
  readonly #window = new Float32Array(WINDOW * CHANNELS);

  constructor(series: Series, runner: Runner, constants: Constants) {
    this.#series = series;
    this.#runner = runner;
    this.#constants = constants;
  }

  async answer(_context: MarketContext): Promise<Finding> {
    const bars = this.#series.last(RULE_BARS);
    const count = bars.time.length;
    const inputs = { from: bars.time[0] as number, to: bars.time[count - 1] as number, count };
    const candles = candleDetails(candlesAtEnd(lastCandles(bars), this.#series.digits));
    if (count < RULE_BARS) return abstention(`needs ${RULE_BARS} closed bars, and there are ${count}`, inputs, candles);
    writeChartWindow(bars, count - 1, this.#window);
    const { logits, place } = await this.#runner.run({ window: { data: this.#window, dims: [WINDOW, CHANNELS] } }, 1);
    if (logits === undefined || place === undefined) return abstention('its network gives no logits or no place', inputs, candles);
    const ruled = patternsSoFar(bars.close.map(Math.log), RULE_LAGS);
    const called = ruled.map((pattern) => CHART_CLASSES.indexOf(pattern?.name ?? 'none'));
    const { chosen, probabilities } = readChart(logits, called, this.#constants);
    // The rules know their turning points to the bar.
    const agreed = ruled.find((pattern) => pattern?.name === chosen);
    const reach = windowReach(this.#window);
    const isOutside = reach < this.#constants.reach.low || reach > this.#constants.reach.high;
    const timeOf = (share: number): number => bars.time[count - WINDOW + Math.round(share * (WINDOW - 1))] as number;
    const placeOf = (): { start: number | null; end: number | null } => {
      if (chosen === 'none') return { start: null, end: null };
      if (agreed !== undefined && agreed !== null)
        return { start: bars.time[agreed.start] as number, end: bars.time[agreed.end] as number };
      const [start, end] = [place[0] as number, place[1] as number];
      return { start: timeOf(Math.min(start, end)), end: timeOf(end) };
    };
    const up = this.#constants.up24[chosen] ?? { n: 0, up: 0 };
    const interval = wilson(up.up, up.n);
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
        ...placeOf(),
        outsideTraining: isOutside,
        up24Share: up.n === 0 ? null : up.up / up.n,
        up24Low: interval.low,
        up24High: interval.high,
        up24Events: up.n,
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
  return { id, symbol: (series) => new SymbolPattern(series, runner, known) };
}
