import { expect, it } from 'vitest';
import { pipOf } from './index.ts';

it.each([
  ['EURUSD', '1.10012', 0.0001],
  ['EURUSD of a broker without fractions', '1.1001', 0.0001],
  ['USDJPY', '151.204', 0.01],
  ['USDJPY of a broker without fractions', '151.20', 0.01],
  ['XAUUSD', '2650.31', 0.01],
  ['XAUUSD in thousandths', '2650.312', 0.01],
  ['XAGUSD', '31.004', 0.01],
  ['JP225', '38712', 1],
  ['US500', '6021.4', 0.1],
  ['US100', '20911.25', 0.01],
  ['BTCUSD', '97012.55', 0.01],
  ['XRPUSD', '1.40213', 0.0001],
  ['DOGEUSD', '0.384512', 0.000001],
])('the pip of %s, at %s, is %s', (_symbol, price, pip) => {
  expect(pipOf(price.split('.')[1]?.length ?? 0)).toBeCloseTo(pip, 12);
});
