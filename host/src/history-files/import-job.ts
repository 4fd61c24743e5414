import type { DataFile, FileDialect, ServerTime, ServerTimeRule } from '@tickhub/plugin-sdk/files';
import type { History } from '../history/history.ts';
import type { ImportProgress, ImportReport, ImportRequest, SetAside } from './import-report.ts';

const TOLD_LINES = 20;

/** Lines that were set aside: all are counted, the first are told. */
export class SetAsideLines {
  count = 0;
  readonly lines: SetAside[] = [];

  add(line: number, what: string): void {
    this.count++;
    if (this.lines.length < TOLD_LINES) this.lines.push({ line, what });
  }
}

/** What the import of one file works with. */
export interface ImportJob {
  readonly history: History;
  readonly request: ImportRequest;
  readonly file: DataFile;
  readonly serverTime: ServerTime;
  readonly rule: ServerTimeRule;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly setAside: SetAsideLines;
}

export type Imported = Pick<ImportReport, 'digits' | 'added' | 'duplicate' | 'from' | 'to' | 'exact' | 'damage'>;

/** Decimals of the symbol's prices: as asked for, else as the file has them. */
export function digitsOf(request: ImportRequest, dialect: FileDialect): number {
  return request.digits ?? dialect.digits;
}
