/** Two brokers' gold over the weeks in which America had summer time and Europe had not: the right clock is the one by which they move together. */
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Scratch } from './history-files.fixture.ts';
import { scratch } from './history-files.fixture.ts';
import { importFile } from './import-file.ts';

const fixture = (name: string): string => path.join(import.meta.dirname, 'fixtures', `XAUUSD_H1_${name}.csv`);
let place: Scratch;
beforeAll(async () => {
  place = await scratch();
});
afterAll(() => place[Symbol.asyncDispose]());

/** Close minus open of each hour, by UTC, in hundredths of a dollar. */
async function moves(name: string, serverTime: string | number, unit: number): Promise<Map<number, number>> {
  const source = `${name}:${serverTime}`;
  const report = await importFile(place.history, { file: fixture(name), source, symbol: 'XAUUSD', serverTime }, () => undefined);
  expect(report).toMatchObject({ kind: 'bars', setAside: 0, duplicate: 0 });
  const { records } = await place.history.records({ stream: 'bars', source, from: 0, to: Number.MAX_SAFE_INTEGER, limit: 10_000 });
  return new Map(records.map(({ time, body }) => [time, (Number(body['close']) - Number(body['open'])) * unit]));
}

function correlation(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>, from: string, to: string): number {
  const pairs = [...a].flatMap(([time, x]) => {
    const y = b.get(time);
    return y === undefined || time < Date.parse(from) || time >= Date.parse(to) ? [] : [[x, y] as const];
  });
  expect(pairs.length).toBeGreaterThan(80);
  const mean = (k: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[k], 0) / pairs.length;
  const [mx, my] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number): number => pairs.reduce((total, [x, y]) => total + of(x - mx, y - my), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

it('a broker with Europe’s dates moves with the market by EET-EU, before, between and after the changes', async () => {
  const market = await moves('oanda', 0, 100);
  const europe = await moves('ejtrader', 'EET-EU', 1);
  const america = await moves('ejtrader', 'EET-US', 1);
  const before: [string, string] = ['2015-03-01', '2015-03-08'];
  const between: [string, string] = ['2015-03-08', '2015-03-29'];
  const after: [string, string] = ['2015-03-29', '2015-04-11'];
  for (const week of [before, between, after]) expect(correlation(market, europe, ...week)).toBeGreaterThan(0.95);
  // America's dates are an hour off in between, and the same otherwise.
  expect(correlation(market, america, ...between)).toBeLessThan(0.5);
  expect(correlation(market, america, ...before)).toBeGreaterThan(0.95);
  expect(correlation(market, america, ...after)).toBeGreaterThan(0.95);
});
