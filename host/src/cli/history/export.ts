import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ExportReport, ExportRequest, WriteBytes } from '../../history-files/export-ticks.ts';
import { renameOver } from '../../storage/rename-over.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { openHistoryDoor } from './open-door.ts';
import { barOf, single } from './import-arguments.ts';
import { grouped } from '../numbers.ts';
import { printable } from '../printable.ts';
import { serverTimeArgument } from '../server-time-argument.ts';
import { timeArgument } from '../time-argument.ts';

/** `tickhub history export SYMBOL`: the ticks of one series, or with --bar its recorded bars, as a file, on stdout or with --out in FILE. */
export async function historyExportCommand(args: Arguments): Promise<number> {
  const request = exportRequest(args);
  const complain = (message: string): void => void process.stderr.write(`${printable(message)}\n`);
  const door = await openHistoryDoor(args, false, complain);
  try {
    const { out } = args.options;
    const widthMs = barOf(args.options.bar);
    if (widthMs !== undefined && request.form === 'csv')
      throw new UsageError('Bars as CSV are `tickhub history bars --csv`; --bar writes them as MetaTrader exports.');
    const { form: _form, ...range } = request;
    const make = (write: WriteBytes): Promise<ExportReport> =>
      widthMs === undefined ? door.exportTicks(request, write) : door.exportBars({ ...range, widthMs }, write);
    const report = out === undefined ? await make(toStdout) : await toFile(path.resolve(out), make);
    const like = report.like === null ? '' : report.exact ? `; ${report.like} byte for byte` : `, in the form of ${report.like}`;
    if (args.json) process.stderr.write(`${JSON.stringify(report)}\n`);
    else
      complain(`${grouped(report.rows)} ${widthMs === undefined ? 'ticks' : 'bars'} of ${report.symbol} (source ${report.source})${like}`);
    return 0;
  } finally {
    await door.close();
  }
}

function exportRequest({ operands, options }: Arguments): ExportRequest {
  const [symbol] = operands;
  if (symbol === undefined) throw new UsageError('Name the symbol, such as EURUSD.');
  if (options.mt5 === true && options.csv === true) throw new UsageError('Give --mt5 or --csv, not both.');
  const source = single(options.source, 'source');
  const serverTime = serverTimeArgument(options);
  return {
    symbol,
    ...(source !== undefined && { source }),
    from: options.from === undefined ? 0 : timeArgument('from', options.from),
    to: options.to === undefined ? Number.MAX_SAFE_INTEGER : timeArgument('to', options.to),
    form: options.csv === true ? 'csv' : 'mt5',
    ...(serverTime !== null && { serverTime }),
  };
}

async function toStdout(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

/** Under another name until it is whole, so that what was there before stays when the export fails. */
async function toFile<T>(file: string, make: (write: WriteBytes) => Promise<T>): Promise<T> {
  const part = `${file}.part`;
  const handle = await open(part, 'w');
  try {
    const made = await make(async (bytes) => void (await handle.writeFile(bytes)));
    await handle.close();
    await renameOver(part, file);
    return made;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
