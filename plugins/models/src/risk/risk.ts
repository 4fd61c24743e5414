import { z } from '@tickhub/plugin-sdk';
import type { MarketContext } from '@tickhub/plugin-sdk';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { abstention } from '../model.ts';
import type { BarModel, Finding, Series, SymbolModel } from '../model.ts';
import type { ModelFile } from '../model-file.ts';
import { SymbolVolatility } from '../volatility/volatility.ts';
import type { Forecast } from '../volatility/volatility.ts';
import type { Moves } from './residuals.ts';
import { MoveHistory, WINDOWS } from './residuals.ts';
import { stopHit } from './stop.ts';
import { tailOf } from './tail.ts';

const HORIZON = 24;
const LEVELS = [0.01, 0.025, 0.05] as const;

const Quantiles = z.array(z.number()).min(100);
/** Moves of all symbols before 2018, in sigmas: evenly spaced quantiles of each. */
const Constants = z.object({ pooled: z.object({ ends: Quantiles, lows: Quantiles, highs: Quantiles }) });

/** risk_v2 of one symbol: filtered historical simulation (Barone-Adesi, Giannopoulos, Vosper 1999) on the forecasts of volatility_v1. */
class SymbolRisk implements SymbolModel {
  readonly #series: Series;
  readonly #volatility: SymbolVolatility;
  readonly #pooled: Moves;
  readonly #history = new MoveHistory();
  #pushed = 0;

  constructor(series: Series, volatility: SymbolVolatility, pooled: Moves) {
    this.#series = series;
    this.#volatility = volatility;
    this.#pooled = pooled;
  }

  async seed(bars: Bars): Promise<void> {
    this.#history.clear();
    const { length } = bars.time;
    const forecasts = await this.#volatility.past(bars, WINDOWS + HORIZON);
    const from = length - forecasts.length;
    forecasts.forEach((forecast, i) => {
      const at = from + i;
      this.#history.push(bars.high[at] as number, bars.low[at] as number, bars.close[at] as number, sigmaOf(forecast));
    });
    this.#pushed = this.#series.count;
  }

  push(): void {
    // Bars that passed while the tier did not allow it are missing from the windows: begin again, from the pooled moves.
    if (this.#series.count !== this.#pushed + 1) this.#history.clear();
    this.#pushed = this.#series.count;
    const { high, low, close } = this.#series.last(1);
    this.#history.push(high[0] as number, low[0] as number, close[0] as number, sigmaOf(this.#volatility.latest));
  }

  answer(context: MarketContext, findings: ReadonlyMap<string, Finding>): Finding {
    const volatility = findings.get('volatility_v1');
    const forecast = this.#volatility.latest;
    if (volatility === undefined || volatility.abstained !== null || forecast === null) {
      const why = volatility === undefined ? 'it may not answer' : (volatility.abstained ?? 'it has too few bars');
      return abstention(`volatility_v1, on which it rests, has no answer: ${why}`, volatility?.inputs ?? { from: 0, to: 0, count: 0 });
    }
    const sigma = sigmaOf(forecast);
    const moves = this.#history.moves() ?? this.#pooled;
    const details: Finding['details'] = {
      sigma: 100 * sigma,
      residuals: moves.own ? "the symbol's own" : 'pooled, of other symbols before 2018: the history is too short for its own',
      windows: moves.ends.length,
    };
    const quantiles: NonNullable<Finding['quantiles']> = [];
    for (const level of LEVELS) {
      for (const side of ['long', 'short'] as const) {
        const { valueAtRisk, expectedShortfall } = tailOf(moves.ends, level, side);
        const sign = side === 'long' ? 1 : -1;
        quantiles.push({ level: side === 'long' ? level : 1 - level, value: 100 * sign * sigma * valueAtRisk });
        details[`shortfall_${side}_${level * 100}`] = 100 * sigma * expectedShortfall;
      }
    }
    quantiles.sort((a, b) => a.level - b.level);
    this.#addPositions(context, moves, sigma, details);
    addMargin(context, details);
    return {
      value: null,
      unit: '%',
      probabilities: null,
      quantiles,
      confidence: volatility.confidence * (moves.own ? 1 : 0.7),
      abstained: null,
      inputs: volatility.inputs,
      details,
    };
  }

  #addPositions({ positions, spread }: MarketContext, moves: Moves, sigma: number, details: Finding['details']): void {
    const close = this.#series.last(1).close[0] as number;
    positions.forEach((position, i) => {
      const hit = stopHit(position, moves, close, spread ?? 0, sigma);
      if (hit === null) return;
      details[`stop_${i + 1}`] = `${position.side} ${position.volume} stop ${position.stop}`;
      details[`stop_${i + 1}_hit`] = hit;
    });
    if (positions.length > 0 && spread === null) details['stop_spread'] = 'not known: a short is taken to be stopped by the bid';
  }
}

/** Equity that can be lost before the broker calls: what it costs in price is not said, since the contract's size is not known here. */
function addMargin({ account }: MarketContext, details: Finding['details']): void {
  if (account === null || account.callLevel === null || account.margin <= 0) return;
  const cushion = account.equity - (account.callLevel / 100) * account.margin;
  details['marginCallDistance'] = cushion;
  if (account.equity > 0) details['marginCallShare'] = cushion / account.equity;
}

function sigmaOf(forecast: Forecast | null): number {
  return forecast === null ? NaN : Math.sqrt(HORIZON * forecast.variance);
}

/** Makes risk_v2 of its file; it has no network of its own to run. */
export function makeRisk(file: ModelFile): BarModel {
  const { ends, lows, highs } = Constants.parse(file.constants).pooled;
  const [sortedLows, sortedHighs] = [Float64Array.from(lows), Float64Array.from(highs)];
  const pooled: Moves = { ends: Float64Array.from(ends), lows: () => sortedLows, highs: () => sortedHighs, own: false };
  return {
    id: file.id,
    symbol(series, others) {
      const volatility = others.get('volatility_v1');
      if (!(volatility instanceof SymbolVolatility)) throw new Error(`${file.id} needs volatility_v1 before it; install the models again`);
      return new SymbolRisk(series, volatility, pooled);
    },
  };
}
