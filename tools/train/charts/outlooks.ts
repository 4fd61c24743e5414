import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { probabilitiesOf } from '../../../plugins/models/src/pattern/charts/chart-reading.ts';
import { CHART_CLASSES } from '../../../plugins/models/src/pattern/charts/classes.ts';
import { RULE_BARS } from '../../../plugins/models/src/pattern/charts/completion.ts';
import { FUTURE_BARS, reachOf, writeExpectedMoves } from '../../../plugins/models/src/pattern/charts/expected-moves.ts';
import { FutureLabels } from '../../../plugins/models/src/pattern/charts/futures.ts';
import type { Runner } from '../../../plugins/models/src/model.ts';
import type { CalledBars } from '../../evaluate/pattern-scores.ts';
import { LABEL_HORIZON, labelsWithHindsight } from './labels.ts';

const CLASSES = CHART_CLASSES.length;
const AHEAD = 24;
/** Bars before the first one, so that labels have all that they look back. */
const BEFORE = 1_000;

/** Bars with what the model's futures say of them, and what came. */
export interface JudgedOutlooks extends CalledBars {
  /** In how many futures a bar has each class, one bar after the other. */
  readonly counts: Float64Array;
  readonly reach: readonly number[];
  /** Whether the close 24 bars on is higher. */
  readonly rose: readonly boolean[];
}

/**
 * Asks the network at every so manieth bar of a period.
 * @param to the period's end, Unix milliseconds; labels of bars before it may look {@link LABEL_HORIZON} bars on.
 */
export async function outlooksOf(
  markets: readonly { readonly symbol: string; readonly bars: Bars }[],
  { from, to, stride }: { readonly from: number; readonly to: number; readonly stride: number },
  network: Runner,
): Promise<JudgedOutlooks> {
  const time: number[] = [];
  const truth: number[] = [];
  const reach: number[] = [];
  const counts: number[] = [];
  const symbols: string[] = [];
  const rose: boolean[] = [];
  const labels = new FutureLabels();
  const moves = new Float32Array(FUTURE_BARS);
  for (const { symbol, bars } of markets) {
    const first = Math.max(
      RULE_BARS - 1,
      bars.time.findIndex((at) => at >= from),
    );
    const past = bars.time.findIndex((at) => at >= to);
    const end = Math.min(past < 0 ? bars.time.length : past, bars.time.length - AHEAD);
    const begin = Math.max(0, first - BEFORE);
    const hindsight = labelsWithHindsight(sliceBars(bars, begin, end + LABEL_HORIZON));
    const prices = bars.close.map(Math.log);
    for (let at = first; at < end; at += stride) {
      const window = prices.subarray(at - RULE_BARS + 1, at + 1);
      writeExpectedMoves(window, moves);
      const { futures } = await network.run({ moves: { data: moves, dims: [FUTURE_BARS] } }, 1);
      if (futures === undefined) throw new Error('the network gives no futures');
      const outlook = labels.read(window, futures);
      for (const count of outlook.counts) counts.push(count);
      reach.push(reachOf(window));
      truth.push(CHART_CLASSES.indexOf(hindsight[at - begin]?.name ?? 'none'));
      time.push(bars.time[at] as number);
      symbols.push(symbol);
      rose.push((bars.close[at + AHEAD] as number) > (bars.close[at] as number));
    }
  }
  return {
    classes: CLASSES,
    time,
    symbol: symbols,
    truth,
    counts: Float64Array.from(counts),
    reach,
    rose,
  };
}

/** P(class) of each bar, one after the other. */
export function probabilitiesIn({ counts, truth }: JudgedOutlooks, prior: readonly number[]): Float64Array {
  const out = new Float64Array(counts.length);
  truth.forEach((_, i) => out.set(probabilitiesOf(counts.subarray(i * CLASSES, (i + 1) * CLASSES), prior), i * CLASSES));
  return out;
}
