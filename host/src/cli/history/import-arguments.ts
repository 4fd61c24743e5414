import path from 'node:path';
import { readFileName } from '@tickhub/plugin-sdk/files';
import type { ImportRequest } from '../../history-files/import-report.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { serverTimeArgument } from '../server-time-argument.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * What is to be imported, and as what: by the options, and where they are silent by the files' names.
 * @param source where no `--source` is given.
 * @throws {UsageError}
 */
export function importRequests(args: Arguments, source: string): ImportRequest[] {
  const { options, operands } = args;
  if (operands.length === 0) throw new UsageError('Name the files, such as EURUSD_202405010000_202405142359.csv.');
  const symbol = single(options.symbol, 'symbol');
  const serverTime = serverTimeArgument(options) ?? 0;
  const digits = digitsOf(options.digits);
  const barMs = barOf(options.bar);
  const named = single(options.source, 'source') ?? source;
  if (!/^[A-Za-z0-9][\w.:-]{0,127}$/.test(named))
    throw new UsageError(`--source takes letters, digits and . _ - :, such as mt5:demo-1, not "${named}".`);
  return operands.map((operand) => ({
    file: path.resolve(operand),
    source: named,
    symbol: symbol ?? symbolOf(operand),
    serverTime,
    ...(digits !== undefined && { digits }),
    ...(barMs !== undefined && { barMs }),
  }));
}

/** The one value of an option that other commands take several times. @throws {UsageError} */
export function single(values: readonly string[] | undefined, option: string): string | undefined {
  if (values !== undefined && values.length > 1) throw new UsageError(`--${option} is taken once here.`);
  return values?.[0];
}

function symbolOf(file: string): string {
  const symbol = readFileName(file)?.symbol;
  if (symbol === undefined) throw new UsageError(`No symbol can be seen in the name ${path.basename(file)}; give it with --symbol.`);
  return symbol;
}

function digitsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,2}$/.test(text) || Number(text) > 12) throw new UsageError(`--digits takes 0 to 12 decimals of a price, not "${text}".`);
  return Number(text);
}

/** The width that `--bar` names, in milliseconds. @throws {UsageError} */
export function barOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^([1-9]\d{0,3})([smhdw])$/.exec(text) ?? [];
  if (unit === undefined) throw new UsageError(`--bar takes the width of a bar such as 1m, 4h or 1d, not "${text}".`);
  return Number(count) * (UNITS[unit] as number);
}
