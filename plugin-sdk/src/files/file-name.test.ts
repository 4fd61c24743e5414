import { expect, it } from 'vitest';
import { readFileName } from './file-name.ts';

it.each([
  ['EURUSD_202405010000_202405142359.csv', 'EURUSD', null],
  ['/tmp/EURUSD_M1_202405010000_202405142359.csv.gz', 'EURUSD', 60_000],
  ['XAUUSD.a_M15_202301020100_202312292345.csv', 'XAUUSD.a', 900_000],
  ['US30.cash_H4.csv', 'US30.cash', 14_400_000],
  ['GBPUSD_Daily_201001040000_202405140000.csv', 'GBPUSD', 86_400_000],
  ['GOLD#_202405010000_202405142359.csv.zst', 'GOLD#', null],
  ['M1.csv', 'M1', null],
  ['my_symbol_20240501.txt', 'my_symbol', null],
])('%s is of %s', (file, symbol, barMs) => {
  expect(readFileName(file)).toEqual({ symbol, barMs });
});

it.each(['', '_.csv', 'two words.csv'])('%j has no symbol', (file) => {
  expect(readFileName(file)).toBeNull();
});
