import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { describe, expect, it } from 'vitest';
import { MoveHistory } from '../../plugins/models/src/risk/residuals.ts';
import { tailOf } from '../../plugins/models/src/risk/tail.ts';
import { seededRandom } from './metrics/index.ts';
import { PastWindows } from './risk-candidates.ts';
import type { Candidate } from './risk-candidates.ts';
import { LEVELS, SIDES } from './risk-tails.ts';

const COUNT = 9_000;
const PLACE = COUNT - 1;
const SIGMA = 0.001 * Math.sqrt(24);
/** Bars since which the market moves twice as much as is forecast. */
const DRIFT = 2_400;

/** Normal returns of .1 % an hour (Box and Muller 1958), of `late` times that in the last 100 days. */
function walk(late: number, count = COUNT): Bars {
  const bars = emptyBars(count);
  const random = seededRandom(5);
  let log = 0;
  for (let i = 0; i < count; i++) {
    log += 0.001 * (i < count - DRIFT ? 1 : late) * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    bars.time[i] = i * 3_600_000;
    for (const column of [bars.open, bars.high, bars.low, bars.close]) column[i] = Math.exp(log);
  }
  return bars;
}

const flat = new Float64Array(COUNT).fill(SIGMA);
const steady = new PastWindows(walk(1), flat);
const drifted = new PastWindows(walk(2), flat);
const now: Candidate = { name: 'now', kind: 'equal', windows: 12_000 };

/** Long at 5 %: enough of a tail to compare. */
const atFive = (past: PastWindows, candidate: Candidate): number => past.tails(candidate, PLACE)?.[4]?.valueAtRisk ?? NaN;

describe('what may make risk_v2 follow a drift', () => {
  it('has what is shipped first among them, to the bit', () => {
    const history = new MoveHistory();
    const long = walk(1, 13_000);
    const { high, low, close } = long;
    close.forEach((price, i) => history.push(high[i] as number, low[i] as number, price, SIGMA));
    const ends = history.moves()?.ends as Float64Array;
    const shipped = LEVELS.flatMap((level) => SIDES.map((side) => SIGMA * tailOf(ends, level, side).valueAtRisk));
    const past = new PastWindows(long, new Float64Array(13_000).fill(SIGMA));
    expect(past.tails(now, 12_999)?.map(({ valueAtRisk }) => valueAtRisk)).toEqual(shipped);
  });

  it('says nothing before there are 6,000 windows', () => {
    expect(steady.tails(now, 6_022)).toBeNull();
    expect(steady.tails(now, 6_023)).not.toBeNull();
  });

  it('knows nothing of bars to come', () => {
    const changed = walk(1);
    changed.close.fill(9, PLACE - 500);
    const other = new PastWindows(changed, flat);
    for (const candidate of [now, { name: '', kind: 'scale', halfLife: 15 }, { name: '', kind: 'age', halfLife: 60 }] as const) {
      expect(other.tails(candidate, PLACE - 501)).toEqual(steady.tails(candidate, PLACE - 501));
    }
  });

  it('scales by the realised over the forecast variance, which a drift of two doubles', () => {
    const scale: Candidate = { name: '', kind: 'scale', halfLife: 15 };
    // Twice a normal's 5 % quantile; four half-lives are 60 days, all after the drift began.
    expect(atFive(drifted, scale) / (-1.645 * SIGMA)).toBeGreaterThan(1.7);
    expect(atFive(drifted, scale) / atFive(steady, scale)).toBeCloseTo(2, 0);
    expect(atFive(drifted, now) / atFive(steady, now)).toBeLessThan(1.6);
  });

  it('takes a forecast that is off by any factor for the same, once scaled', () => {
    const scale: Candidate = { name: '', kind: 'scale', halfLife: 30 };
    expect(
      atFive(
        new PastWindows(
          walk(1),
          flat.map((one) => 3 * one),
        ),
        scale,
      ),
    ).toBeCloseTo(atFive(steady, scale), 12);
  });

  it('weighs by age as an array of copies does', () => {
    const age: Candidate = { name: '', kind: 'age', halfLife: 60 };
    const { close } = walk(2);
    const copies: number[] = [];
    for (let i = PLACE - 24; i >= 0; i--) {
      const copied = Math.round(200 * 2 ** (-(PLACE - 24 - i) / (60 * 24)));
      const move = Math.log((close[i + 24] as number) / (close[i] as number));
      for (let k = 0; k < copied; k++) copies.push(move);
    }
    const sorted = Float64Array.from(copies).sort();
    const found = drifted.tails(age, PLACE) ?? [];
    LEVELS.forEach((level, l) =>
      SIDES.forEach((side, s) => {
        const { valueAtRisk, expectedShortfall } = tailOf(sorted, level, side);
        expect(found[2 * l + s]?.valueAtRisk).toBeCloseTo(valueAtRisk, 3);
        expect(found[2 * l + s]?.expectedShortfall).toBeCloseTo(expectedShortfall, 3);
      }),
    );
  });

  it('moves the level as Gibbs and Candès have it, hour by hour', () => {
    const gamma = 0.005;
    const { close } = walk(2);
    const ends = Float64Array.from({ length: PLACE - 23 }, (_, i) => Math.log((close[i + 24] as number) / (close[i] as number)) / SIGMA);
    let level = 0.05;
    ends.forEach((end, i) => {
      const known = i - 23;
      if (known < 6_000) return;
      let below = 0;
      for (let k = 0; k < known; k++) if ((ends[k] as number) <= end) below++;
      level = Math.min(0.2, Math.max(0.0125, level + (gamma / 24) * (0.05 - (below / known < level ? 1 : 0))));
    });
    const said = SIGMA * tailOf(ends.slice().sort(), level, 'long').valueAtRisk;
    expect(level).toBeLessThan(0.045);
    expect(atFive(drifted, { name: '', kind: 'level', gamma })).toBeCloseTo(said, 12);
  });
});
