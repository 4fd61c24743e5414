import { describe, expect, it } from 'vitest';
import { AT, walk } from '../../../../test/counterparts/agents/question.ts';
import { LEAST_BLOCKS, standingOf } from './calibration.ts';
import { outcomeOf, qlike } from './realised.ts';
import { Scorekeeper } from './scorekeeper.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Bars that go on after `AT` by `after` hours, of which the last 24 before are known as well. */
function barsTo(after: number, closes = walk(24 + after)) {
  return { widthMs: HOUR, times: closes.map((_, i) => AT + (i - 24) * HOUR), closes };
}

function noted(at: number, agentValue: number, localValue: number, agent = 'a', version = '1') {
  const terms = { agent, version, question: 'volatility_v1', symbol: 'EURUSD', widthMs: HOUR, at, horizonMs: DAY, unit: '%' };
  return { ...terms, local: { value: localValue, probabilities: null }, forecast: { value: agentValue, probabilities: null } };
}

/** `days` days, each with a forecast of the agent and the local one as a factor of what is then realised. */
function afterDays(days: number, agentFactor: (day: number) => number, localFactor: (day: number) => number): Scorekeeper {
  const keeper = new Scorekeeper();
  const bars = barsTo((days + 1) * 24);
  for (let day = 0; day < days; day++) {
    const at = AT + day * DAY;
    const outcome = outcomeOf({ at, horizonMs: DAY, unit: '%', classes: null }, bars);
    if (outcome?.kind !== 'sigma') throw new Error('no outcome');
    keeper.note(noted(at, outcome.sigma * agentFactor(day), outcome.sigma * localFactor(day)));
  }
  keeper.learn('EURUSD', bars);
  return keeper;
}

describe('outcomeOf', () => {
  it('is the root of the squared returns of the bars that follow, and nothing before they have closed', () => {
    const bars = barsTo(24);
    let sum = 0;
    for (let i = 24; i < 48; i++) sum += Math.log((bars.closes[i] as number) / (bars.closes[i - 1] as number)) ** 2;
    const terms = { at: AT, horizonMs: DAY, unit: '%', classes: null };
    expect(outcomeOf(terms, bars)).toEqual({ kind: 'sigma', sigma: 100 * Math.sqrt(sum) });
    expect(outcomeOf(terms, barsTo(23))).toBeNull();
    expect(outcomeOf({ ...terms, at: AT + 1 }, bars)).toBeNull();
  });

  it('tells up from down after the horizon, and the trend around the moment', () => {
    const rising = Array.from({ length: 80 }, (_, i) => 1 + i / 1_000);
    const direction = { at: AT, horizonMs: DAY, unit: null, classes: ['up', 'down'] };
    expect(outcomeOf(direction, barsTo(56, rising))).toEqual({ kind: 'class', name: 'up' });
    expect(outcomeOf(direction, barsTo(56, rising.toReversed()))).toEqual({ kind: 'class', name: 'down' });
    const nowcast = { at: AT + HOUR, horizonMs: 0, unit: null, classes: ['down', 'range', 'up'] };
    expect(outcomeOf(nowcast, barsTo(56, rising))).toEqual({ kind: 'class', name: 'up' });
    expect(outcomeOf(nowcast, barsTo(56, rising.toReversed()))).toEqual({ kind: 'class', name: 'down' });
    expect(outcomeOf(nowcast, barsTo(20, rising.slice(0, 44)))).toBeNull();
  });
});

describe('Scorekeeper', () => {
  it('trusts nobody before there are enough independent horizons, however good', () => {
    expect(
      afterDays(
        LEAST_BLOCKS - 1,
        () => 1,
        (day) => 1.5 + (day % 2) / 10,
      ).standing('a', '1', 'volatility_v1').trust,
    ).toBe(0);
    const standing = afterDays(
      LEAST_BLOCKS + 5,
      () => 1,
      (day) => 1.5 + (day % 2) / 10,
    ).standing('a', '1', 'volatility_v1');
    expect(standing.trust).toBeGreaterThan(0.9);
    expect(standing.loss).toBeCloseTo(0, 12);
  });

  it('does not trust one that is worse, nor one that only says what the local one says', () => {
    expect(
      afterDays(
        60,
        (day) => 2 + (day % 3),
        () => 1.1,
      ).standing('a', '1', 'volatility_v1').trust,
    ).toBe(0);
    expect(
      afterDays(
        60,
        () => 1.3,
        () => 1.3,
      ).standing('a', '1', 'volatility_v1').trust,
    ).toBe(0);
  });

  it('scores a forecast once, and each version for itself', () => {
    const keeper = new Scorekeeper();
    expect(keeper.note(noted(AT, 0.5, 0.4))).toBe(true);
    expect(keeper.note(noted(AT, 0.1, 0.4))).toBe(false);
    expect(keeper.note(noted(AT, 0.5, 0.4, 'a', '2'))).toBe(true);
    expect(keeper.learn('EURUSD', barsTo(23))).toBe(0);
    expect(keeper.learn('EURUSD', barsTo(24))).toBe(2);
    expect(keeper.learn('EURUSD', barsTo(24))).toBe(0);
    expect(keeper.standing('a', '1', 'volatility_v1').count).toBe(1);
  });

  it('keeps its record, and what is pending, over a restart', () => {
    const before = afterDays(
      30,
      () => 1,
      (day) => 1.4 + (day % 2) / 10,
    );
    before.note(noted(AT + 40 * DAY, 1, 1));
    const after = new Scorekeeper();
    after.load(JSON.parse(JSON.stringify(before.kept)));
    expect(after.standing('a', '1', 'volatility_v1')).toEqual(before.standing('a', '1', 'volatility_v1'));
    expect(after.pendingCount).toBe(1);
  });

  it('lets go of what no bar will ever decide', () => {
    const keeper = new Scorekeeper();
    keeper.note(noted(AT - 40 * DAY, 0.5, 0.4));
    keeper.learn('EURUSD', barsTo(24));
    expect(keeper.pendingCount).toBe(0);
  });

  it('counts scores of one horizon as one, however many symbols there are', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({ block: i % 5, gain: 1 + (i % 2), loss: 0 }));
    expect(standingOf(many)).toMatchObject({ count: 1_000, blocks: 5, trust: 0 });
  });
});

describe('qlike', () => {
  it('is 0 for the figure that came, and there is none of a market that stood still', () => {
    expect(qlike(0.5, 0.5)).toBe(0);
    expect(qlike(1, 2)).toBeCloseTo(4 - Math.log(4) - 1, 12);
    expect(qlike(1, 0)).toBeNull();
  });
});
