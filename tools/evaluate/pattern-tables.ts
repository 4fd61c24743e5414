import { CHART_CLASSES } from '../../plugins/models/src/pattern/charts/classes.ts';
import { wilson } from '../../plugins/models/src/pattern/wilson.ts';
import type { CardTable } from './evaluation.ts';
import { count, percent, print, withError } from './figures.ts';
import { calibrationError, logLoss } from './metrics/index.ts';
import { runsOf, scoreBars, scoreDifference, scoreEvents } from './pattern-scores.ts';
import type { CalledBars } from './pattern-scores.ts';

/** Bars with what the plugin said of each. */
export interface Called extends CalledBars {
  readonly model: number[];
  readonly rules: number[];
  readonly probabilities: Float64Array;
  readonly rose: readonly boolean[];
  /** Bars between the last turning point and where the model puts it, where both have a pattern of the same class. */
  readonly misses: { readonly start: number[]; readonly end: number[] };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export function scoreTable(called: Called, title: string): CardTable {
  const [model, rules] = [scoreBars(called, called.model), scoreBars(called, called.rules)];
  const none = scoreBars(
    called,
    called.truth.map(() => 0),
  );
  const difference = scoreDifference(called, called.model, called.rules);
  const [modelEvents, ruleEvents] = [scoreEvents(called, called.model), scoreEvents(called, called.rules)];
  const instances = runsOf(called, called.truth);
  const rows = CHART_CLASSES.map((name, k) => [
    name,
    count(called.truth.filter((one) => one === k).length),
    k === 0 ? '' : count(instances.filter(({ call: one }) => one === k).length),
    print(model.f1[k] as number, 3),
    print(rules.f1[k] as number, 3),
    k === 0 ? '' : print(modelEvents[k - 1] as number, 3),
    k === 0 ? '' : print(ruleEvents[k - 1] as number, 3),
  ]);
  const n = count(called.truth.length);
  return {
    title,
    note: `Macro F1 of all ten classes with its standard error (block bootstrap, two weeks of all symbols together). Model minus causal rules: ${withError(difference, 3)}, 95 % interval ${print(difference.mean - 1.96 * difference.se, 3)} to ${print(difference.mean + 1.96 * difference.se, 3)}; the goal is 0.05. Always none: ${withError(none.macro, 3)}. By events a run of one class is found where one of its bars is called so, and a called run is right where one of its bars is so. Of patterns that it names rightly the model misses the first turning point by ${print(median(called.misses.start), 1)} hours and the last by ${print(median(called.misses.end), 1)} (medians).`,
    columns: ['class', 'bars', 'events', 'F1 model', 'F1 causal rules', 'F1 of events, model', 'F1 of events, causal rules'],
    rows: [
      ...rows,
      [
        '**macro**',
        n,
        count(instances.length),
        withError(model.macro, 3),
        withError(rules.macro, 3),
        print(mean(modelEvents), 3),
        print(mean(ruleEvents), 3),
      ],
    ],
  };
}

/** P(any pattern) of every bar, and whether there was one. */
export function anyPattern({ probabilities, classes, truth }: Called): { said: Float64Array; came: number[] } {
  return {
    said: Float64Array.from(truth, (_, i) => 1 - (probabilities[i * classes] as number)),
    came: truth.map((one) => (one === 0 ? 0 : 1)),
  };
}

export function probabilityTable(called: Called, title: string): CardTable {
  const { probabilities, classes, truth } = called;
  const cases = { probabilities, classes, truth };
  const shares = CHART_CLASSES.map((_, k) => truth.filter((one) => one === k).length / truth.length);
  const climatology = { ...cases, probabilities: Float64Array.from(truth.flatMap(() => shares)) };
  const { said, came } = anyPattern(called);
  return {
    title,
    note: 'Climatology is given the frequencies of the period itself, which no forecast could know. Calibration is that of P(any pattern), in 15 bins.',
    columns: ['', 'n', 'log-loss', 'calibration error'],
    rows: [
      ['pattern_v2', count(truth.length), print(logLoss(cases), 4), percent(calibrationError(said, came), 2)],
      ['climatology', count(truth.length), print(logLoss(climatology), 4), ''],
    ],
  };
}

/** What came after: the first bar of every run that the model calls. */
export function afterTable(called: Called, title: string): CardTable {
  const row = (name: string, at: readonly number[]): string[] => {
    const up = at.filter((i) => called.rose[i]).length;
    const { low, high } = wilson(up, at.length);
    return [name, count(at.length), at.length === 0 ? '' : percent(up / at.length), `${percent(low)} to ${percent(high)}`];
  };
  const runs = runsOf(called, called.model);
  return {
    title,
    note: 'Share of closes that are higher 24 bars after the first bar that the model calls so, with its 95 % interval (Wilson 1927, as if events were independent, which overlapping and correlated ones are not: the true intervals are wider). No edge is claimed.',
    columns: ['pattern', 'events', 'up within 24 bars', '95 % interval'],
    rows: [
      ...CHART_CLASSES.slice(1).map((name, i) =>
        row(
          name,
          runs.filter(({ call: one }) => one === i + 1).map(({ from }) => from),
        ),
      ),
      row(
        'any bar',
        called.time.map((_, i) => i),
      ),
    ],
  };
}
