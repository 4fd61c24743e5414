import type { BarModel, MakeModel, RecordModel } from './model.ts';
import { makeEnsemble } from './ensemble/ensemble-model.ts';
import { makePattern } from './pattern/pattern.ts';
import { makeRisk } from './risk/risk.ts';
import { makeSentimentModel } from './sentiment/sentiment-model.ts';
import { makeTrend } from './trend/trend-model.ts';
import { makeVolatility } from './volatility/volatility.ts';

/** Models of closed bars, in the order in which they are asked: each may use what those before it found. */
export const BAR_MODELS: Readonly<Record<string, MakeModel<BarModel>>> = {
  volatility_v1: makeVolatility,
  trend_v1: makeTrend,
  pattern_v2: makePattern,
  risk_v2: makeRisk,
  ensemble_v1: makeEnsemble,
};

/** Models of headlines and posts. */
export const RECORD_MODELS: Readonly<Record<string, MakeModel<RecordModel>>> = {
  sentiment_v1: makeSentimentModel,
};
