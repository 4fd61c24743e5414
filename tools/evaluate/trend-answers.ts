import type { EvaluationBars } from '../data/read-bars.ts';
import { partOf } from '../data/split.ts';
import type { Part } from '../data/split.ts';
import { H1 } from '../data/symbols.ts';
import type { ModelBench } from './model-bench.ts';
import { DIRECTION_BARS, roseAfter, trendState } from './trend-labels.ts';

const DAY = 86_400_000;

/** What trend_v1 said as of some bars of one symbol, and what came. */
export interface TrendAnswers {
  readonly symbol: EvaluationBars;
  /** Places of the bars. */
  readonly places: readonly number[];
  /** Days of the bars, since the epoch. */
  readonly days: readonly number[];
  /** 0 down, 1 range, 2 up. */
  readonly truth: readonly number[];
  /** P(down, range, up), bar after bar. */
  readonly said: readonly number[];
  /** Of the bars whose close differs from the one 24 bars later: P(up), whether it rose, the day. */
  readonly up: readonly { readonly p: number; readonly rose: boolean; readonly day: number }[];
  readonly abstained: number;
}

/** Asks the plugin as of every `stride`th bar of a part whose outcome is in the part too, of the first `most` bars where they are given. */
export async function trendAnswers(
  bench: ModelBench,
  symbol: EvaluationBars,
  part: Part,
  stride: number,
  most = Infinity,
): Promise<TrendAnswers> {
  const { bars } = symbol;
  const inPart = (place: number): boolean => {
    const end = bars.time[place + DIRECTION_BARS];
    return end !== undefined && partOf((bars.time[place] as number) + H1, end + H1) === part;
  };
  const from = bars.time.findIndex((_, place) => inPart(place));
  const [places, days, truth, said]: [number[], number[], number[], number[]] = [[], [], [], []];
  const up: { p: number; rose: boolean; day: number }[] = [];
  let abstained = 0;
  if (from === -1) return { symbol, places, days, truth, said, up, abstained };
  let to = Math.min(bars.time.length, from + most);
  while (to > from && !inPart(to - 1)) to--;
  bench.allow(['trend_v1']);
  const asked = (place: number): boolean => (place - from) % stride === 0 && inPart(place);
  for await (const { place, answers } of bench.replay({ ...symbol, bars }, { models: ['trend_v1'], from, to, asked })) {
    const [answer] = answers;
    const [state, rose] = [trendState(bars, place), roseAfter(bars, place)];
    if (state === null || rose === null) continue;
    const p = answer?.probabilities;
    if (answer === undefined || p === null || p === undefined) {
      abstained++;
      continue;
    }
    const day = Math.floor((bars.time[place] as number) / DAY);
    places.push(place);
    days.push(day);
    truth.push(state);
    said.push(p['down'] ?? NaN, p['range'] ?? NaN, p['up'] ?? NaN);
    // A close that is where it was rose as little as it fell.
    if (bars.close[place + DIRECTION_BARS] !== bars.close[place]) up.push({ p: Number(answer.details['pUp24']), rose, day });
  }
  return { symbol, places, days, truth, said, up, abstained };
}
