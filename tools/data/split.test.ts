import { expect, it } from 'vitest';
import { partOf } from './split.ts';

it.each([
  ['2016-12-30', '2016-12-31', 'train'],
  ['2016-12-31', '2017-01-01', null],
  ['2017-01-01', '2017-01-02', 'validate'],
  ['2017-12-31', '2018-01-02', null],
  ['2018-01-02', '2018-01-03', null],
  ['2018-01-15', '2018-01-16', 'test'],
  ['2021-02-26', '2021-03-01', null],
  ['2021-03-01', '2021-03-02', 'one-look'],
])('a question of %s with an outcome until %s belongs to %s', (at, until, part) => {
  expect(partOf(Date.parse(at), Date.parse(until))).toBe(part);
});
