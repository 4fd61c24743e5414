import type { TimeRange } from '../../history/history.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { timeArgument } from '../time-argument.ts';

/** Further than any tick, and still a date. */
const END_OF_TIME = 8.64e15;

/** `--from` and `--to`; without them all there is. @throws {UsageError} */
export function rangeOf({ options }: Arguments): TimeRange {
  const from = options.from === undefined ? 0 : timeArgument('from', options.from);
  const to = options.to === undefined ? END_OF_TIME : timeArgument('to', options.to);
  if (from > to) throw new UsageError(`--from ${options.from} is after --to ${options.to ?? ''}.`);
  return { from, to };
}

/** An option that may be given several times elsewhere, and here once. @throws {UsageError} */
export function single(name: string, values: readonly string[] | undefined): string | undefined {
  if (values !== undefined && values.length > 1) throw new UsageError(`--${name} can be given once here.`);
  return values?.[0];
}

/** `--count`: at most so many rows; Infinity without it. @throws {UsageError} */
export function countOf({ options }: Arguments): number {
  if (options.count === undefined) return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(options.count)) throw new UsageError(`--count takes a whole number above 0, not "${options.count}".`);
  return Number(options.count);
}

/** The names, not the values, of absent options are left out: `{ source: undefined }` is no query. */
export function given<T extends object>(options: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
