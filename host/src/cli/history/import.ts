import path from 'node:path';
import type { ImportReport } from '../../history-files/import-report.ts';
import type { Arguments } from '../arguments.ts';
import { openHistoryDoor } from './open-door.ts';
import { importRequests } from './import-arguments.ts';
import { duration, grouped } from '../numbers.ts';
import { printable } from '../printable.ts';
import { ProgressLine } from '../progress-line.ts';

/** Source of imported series that were given no other. */
const SOURCE = 'file';

/**
 * `tickhub history import FILE...`: takes files of ticks or bars into the tenant's history, with or without a running host.
 * @returns the exit code: 1 when a file was not taken whole.
 */
export async function historyImportCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  const requests = importRequests(args, SOURCE);
  const line = new ProgressLine(process.stderr);
  const door = await openHistoryDoor(args, true, (message) => print(printable(message)));
  let failed = 0;
  try {
    for (const request of requests) {
      const name = path.basename(request.file);
      try {
        const report = await door.importFile(request, ({ rows, read, size }) =>
          line.show(() => `${name}  ${grouped(rows)} rows  ${size > 0 ? Math.floor((100 * read) / size) : 0} %`),
        );
        line.clear();
        if (args.json) print(JSON.stringify(report));
        else for (const text of reportText(report)) print(printable(text));
        if (report.damage !== null) failed++;
      } catch (error) {
        line.clear();
        const { code, message } = error as NodeJS.ErrnoException;
        // One file that cannot be read keeps no other out.
        if (code !== 'DATA_FILE') throw error;
        failed++;
        print(args.json ? JSON.stringify({ file: request.file, error: { code, message } }) : printable(message));
      }
    }
  } finally {
    await door.close();
  }
  return failed === 0 ? 0 : 1;
}

/** What became of a file, for people. */
export function reportText(report: ImportReport): string[] {
  const { file, kind, source, symbol, added, duplicate, setAside, lines, seconds, exact } = report;
  const rows = added + duplicate;
  const moment = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString().slice(0, 19).replace('T', ' '));
  const text = [
    `${path.basename(file)}: ${grouped(rows)} ${kind} of ${symbol} (source ${source}), ${moment(report.from)} to ${moment(report.to)} UTC`,
    `  ${grouped(added)} new, ${grouped(duplicate)} already there; ${duration(seconds * 1_000)}, ${grouped(rows / Math.max(seconds, 1e-3))} a second`,
  ];
  if (kind === 'ticks') {
    text.push(
      exact ? '  `tickhub history export` gives this file again, byte for byte' : '  an export has the same ticks, but not the same bytes',
    );
  }
  if (report.keptFrom !== null && report.from !== null && report.from < report.keptFrom)
    text.push(`  your tier's days begin at ${moment(report.keptFrom)} UTC: what is before is not shown, and goes`);
  if (setAside > 0)
    text.push(`  ${grouped(setAside)} lines were set aside${setAside > lines.length ? `, the first ${lines.length} of them` : ''}:`);
  for (const { line, what } of lines) text.push(`    ${file}:${line}: ${what}`);
  if (report.damage !== null) text.push(`  it ended early: ${report.damage}`);
  return text;
}
