/**
 * Holds the candlestick rules of pattern_v2 against TA-Lib on a million bars: `node scripts/run.mjs tools/evaluate/candles.ts [--data DIR]`. Half of them are the
 * evaluation's, the others a walk made to be on the edges of rules. Ends with 1 where one answer differs.
 */
import { parseArgs } from 'node:util';
import { candleWalk } from '../../plugins/models/test/candle-walk.ts';
import { openTalib } from '../../plugins/models/test/talib.ts';
import { Candles } from '../../plugins/models/src/pattern/candles/candles.ts';
import { CANDLE_RULES } from '../../plugins/models/src/pattern/candles/catalogue.ts';
import { readBars } from '../data/read-bars.ts';
import { SYMBOLS } from '../data/symbols.ts';

const TOTAL = 1_000_000;
const PIECE = 50_000;
const POINT_COLUMNS = ['open', 'high', 'low', 'close'] as const;
type Prices = Record<(typeof POINT_COLUMNS)[number], Float64Array>;

const { data } = parseArgs({ options: { data: { type: 'string' } } }).values;
const parts: { readonly name: string; readonly digits: number; readonly prices: Prices }[] = SYMBOLS.map(({ symbol, digits }) => ({
  name: symbol,
  digits,
  prices: readBars(symbol, data).bars,
}));
const real = parts.reduce((sum, { prices }) => sum + prices.close.length, 0);
let state = 20_261_125;
const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
for (let made = real; made < TOTAL; made += PIECE) {
  parts.push({ name: 'walk', digits: 0, prices: candleWalk(Math.min(PIECE, TOTAL - made), random) });
}

const oracle = await openTalib(Math.max(...parts.map(({ prices }) => prices.close.length)));
/** Bars, real and made, on which a rule differs from TA-Lib; on which TA-Lib given binary fractions differs from itself given points; on which it found something. */
const tally = new Map(CANDLE_RULES.map(({ name }) => [name, { found: 0, differing: 0, drifting: 0 }]));
const drifted = new Set<string>();
for (const [part, { digits, prices }] of parts.entries()) {
  const points = Object.fromEntries(
    POINT_COLUMNS.map((name) => [name, prices[name].map((price) => Math.round(price * 10 ** digits))]),
  ) as Prices;
  const candles = new Candles(prices, digits);
  for (const rule of CANDLE_RULES) {
    const count = tally.get(rule.name) as { found: number; differing: number; drifting: number };
    const expected = oracle(rule.name, points);
    const ofFractions = digits === 0 ? expected : oracle(rule.name, prices);
    for (let at = 0; at < candles.length; at++) {
      const found = at < rule.lookback ? 0 : rule.at(candles, at);
      if (found !== expected[at]) count.differing++;
      if (expected[at] !== 0) count.found++;
      if (ofFractions[at] === expected[at]) continue;
      count.drifting++;
      drifted.add(`${part}:${at}`);
    }
  }
}

console.log('rule                 found  differing  TA-Lib on fractions differs from TA-Lib on points');
let differing = 0;
for (const [name, count] of tally) {
  differing += count.differing;
  console.log(
    `${name.padEnd(20)} ${String(count.found).padStart(6)} ${String(count.differing).padStart(10)} ${String(count.drifting).padStart(8)}`,
  );
}
console.log(
  `${TOTAL} bars (${real} real), ${CANDLE_RULES.length} rules: ${differing} answers differ. Given binary fractions, TA-Lib answers otherwise on ${drifted.size} bars.`,
);
if (differing > 0) process.exitCode = 1;
