import { expect, it } from 'vitest';
import type { AnalysisReport } from '../control/analysis-report.ts';
import { analysisText } from './analysis-text.ts';
import { coneChart, shareBar, sparkline } from './charts.ts';

const HOUR = 3_600_000;
const AT = Date.UTC(2026, 10, 25, 12);

const ANSWER = {
  version: '1.0.0',
  symbol: 'EURUSD',
  at: AT,
  horizonMs: 24 * HOUR,
  value: null,
  unit: null,
  probabilities: null,
  quantiles: null,
  confidence: 0.62,
  abstained: null,
  inputs: { from: AT - 500 * HOUR, to: AT - HOUR, count: 500 },
  details: {},
} as const;

function report(change: Partial<AnalysisReport> = {}): AnalysisReport {
  const closes = Array.from({ length: 20 }, (_, i) => 1.1 + (i % 7) / 1_000);
  return {
    symbol: 'EURUSD',
    askedAt: AT + 14 * 60_000,
    tier: 'pro',
    source: 'mt5:demo',
    digits: 5,
    market: { state: 'open', words: '', lastTickAt: AT + 14 * 60_000 - 2_000, bid: 1.10012, ask: 1.10014 },
    series: [{ widthMs: HOUR, at: AT, times: closes.map((_, i) => AT - (20 - i) * HOUR), closes }],
    answers: [
      {
        plugin: 'models',
        model: { question: 'realised volatility of the next 24 hours', output: { kind: 'value', unit: '%' } },
        answer: { ...ANSWER, model: 'volatility_v1', value: 0.5, unit: '%', details: { har: 0.48, note: 'calm' } },
      },
      {
        plugin: 'models',
        model: { question: 'which way the market goes now', output: { kind: 'probabilities', classes: ['down', 'range', 'up'] } },
        answer: { ...ANSWER, model: 'trend_v1', probabilities: { up: 0.25, down: 0.125, range: 0.625 }, confidence: 0.1 },
      },
      {
        plugin: 'models',
        model: { question: 'what may be lost in a day', output: { kind: 'quantiles', levels: [0.01, 0.99], unit: '%' } },
        answer: {
          ...ANSWER,
          model: 'risk_v2',
          quantiles: [
            { level: 0.01, value: -1.25 },
            { level: 0.99, value: 1.5 },
          ],
          unit: '%',
          confidence: 0.9,
        },
      },
      {
        plugin: 'models',
        model: { question: 'chart patterns', output: { kind: 'probabilities', classes: ['none', 'flag'] } },
        answer: { ...ANSWER, model: 'pattern_v2', abstained: 'needs 128 bars, has \u001b[31m12' },
      },
    ],
    failures: [{ model: 'mine', reason: 'it did not answer within 2000 ms' }],
    withheld: [],
    heldBack: [{ model: 'ensemble_v1', reason: 'ensemble_v1 needs enterprise; your tier is pro' }],
    consensus: [],
    agents: null,
    ...change,
  };
}

it('takes the pip of an index quoted with one digit for a tenth, as the model does', () => {
  const index = { ...report(), digits: 1 };
  expect(analysisText(index).join('\n')).toContain('two times in three within +-0.5 % in 24 h: 1.1 to 1.1 (+-0.05525 pips)');
});

it('says what each model says, how sure it is, as of when, and who says nothing and why', () => {
  const lines = analysisText(report());
  expect(lines.slice(0, 3)).toEqual([
    'EURUSD  1.10012 / 1.10014  mt5:demo  last tick 2 s ago',
    'market   open',
    'bars     last bar of 1 h closed 2026-11-25 12:00 UTC, 14 min ago',
  ]);
  const text = lines.join('\n');
  expect(text).toContain(
    '  two times in three within +-0.5 % in 24 h: 1.09947 to 1.11052 (+-55.25 pips)\n  fairly sure (0.62); as of 2026-11-25 12:00 UTC, 14 min ago, from 500 inputs\n  har 0.48, note calm',
  );
  expect(text).toContain(
    '  down   ███                        13 %\n  range  ███████████████            63 %\n  up     ██████                     25 %\n  unsure, not to be acted on (0.10)',
  );
  expect(text).toContain('      1 %  -1.25 %\n     99 %  1.5 %\n  as sure as it gets (0.90)');
  expect(text).toContain('Abstained:\n  pattern_v2: needs 128 bars, has  [31m12');
  expect(text).toContain('No answer that counts:\n  mine: it did not answer within 2000 ms');
  expect(text).toContain('Held back by the pro tier:\n  ensemble_v1: ensemble_v1 needs enterprise; your tier is pro');
  expect(text).not.toContain('Agents');
  expect(text).toContain('20 closes of 1 h, 1.10000 to 1.10600, then +-1 sigma over 24 h');
});

it('shows what the agents added, and what of theirs does not count', () => {
  const contribution = { reason: '', value: 0.5, probabilities: null, confidence: 0.6 };
  const text = analysisText(
    report({
      agents: { asked: 2, allowed: 5 },
      consensus: [
        {
          kind: 'consensus',
          id: 'c',
          symbol: 'EURUSD',
          at: AT,
          question: 'volatility_v1',
          horizonMs: 24 * HOUR,
          value: 0.55,
          unit: '%',
          probabilities: null,
          quantiles: null,
          confidence: 0.7,
          reason: 'request',
          contributions: [
            { from: 'local', state: 'used', weight: 0.6, ...contribution },
            { from: 'garch-bench', state: 'used', weight: 0.4, ...contribution, value: 0.63 },
            { from: 'liar', state: 'refused', weight: 0, ...contribution, value: null, reason: 'its signature does not fit' },
          ],
        },
      ],
    }),
  ).join('\n');
  expect(text).toContain('Agents of the backend: 2 asked, the tier allows 5\n  volatility_v1: 0.55 %, fairly sure (0.70)');
  expect(text).toContain(
    '    local  60 % of it, says 0.5\n    garch-bench  40 % of it, says 0.63\n    liar  refused: its signature does not fit',
  );
});

it('shows a market that is closed, without a chart of what is not there', () => {
  const words = 'market closed since 2026-11-20 21:59 UTC (weekend, or its source is silent)';
  const lines = analysisText(
    report({
      market: { state: 'closed', words, lastTickAt: null, bid: null, ask: null },
      series: [{ widthMs: 900_000, at: null, times: [], closes: [] }],
      answers: [],
      withheld: [{ model: 'volatility_v1', reason: words }],
      failures: [],
      heldBack: [],
    }),
  );
  expect(lines).toEqual([
    'EURUSD  - / -  mt5:demo  no tick yet',
    `market   ${words}`,
    'bars     no closed bar of 15 min yet',
    '',
    'Abstained:',
    `  volatility_v1: ${words}`,
  ]);
});

it('draws shares to an eighth of a character, and a line from the lowest to the highest', () => {
  expect([0, 0.125, 0.5, 1, 2].map((share) => shareBar(share, 4))).toEqual(['    ', '▌   ', '██  ', '████', '████']);
  expect(sparkline([1, 2, 3, 2, 1])).toBe('▁▅█▅▁');
  expect(sparkline([5, 5])).toBe('▄▄');
});

it('draws the cone as wide as the root of time, around the last value', () => {
  const rows = coneChart([10, 10, 10], { sigma: 2, width: 4 }, 5);
  expect(rows.map(({ text }) => text)).toEqual(['    ░░░', '   ░░░░', '•••────', '   ░░░░', '    ░░░'].map((row) => row.padEnd(7)));
  expect(rows.map(({ value }) => value)).toEqual([11.6, 10.8, 10, 9.2, 8.4].map((value) => expect.closeTo(value, 9) as number));
});
