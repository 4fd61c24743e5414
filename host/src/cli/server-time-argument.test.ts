import { expect, it } from 'vitest';
import { serverTimeArgument } from './server-time-argument.ts';

it.each([
  [{}, null],
  [{ zone: 'EET-US' }, 'EET-US'],
  [{ zone: 'Europe/Athens' }, 'Europe/Athens'],
  [{ offset: '120' }, 120],
  [{ offset: '+02:00' }, 120],
  [{ offset: '-05:30' }, -330],
  [{ offset: '0' }, 0],
])('%j is %j', (options, rule) => {
  expect(serverTimeArgument(options)).toBe(rule);
});

it.each([
  [{ zone: 'Europe/Athen' }, /--zone takes/],
  [{ offset: '16:00' }, /--offset takes/],
  [{ offset: 'two' }, /--offset takes/],
  [{ offset: '60', zone: 'UTC' }, /not both/],
])('%j is refused', (options, why) => {
  expect(() => serverTimeArgument(options)).toThrow(why);
});
