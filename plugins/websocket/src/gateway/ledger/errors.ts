export type LedgerErrorCode =
  /** Another gateway has the data folder. */
  | 'LEDGER_IN_USE'
  /** The disk is full or refuses. */
  | 'LEDGER_UNAVAILABLE'
  /** The file is no, or no longer, a sound ledger. */
  | 'LEDGER_DAMAGED'
  /** There is no ledger where one was to be read. */
  | 'LEDGER_MISSING';

/** What can go wrong with the ledger as a whole. The message says what to do. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LedgerError';
    this.code = code;
  }
}

/** A frame that is refused; the connection that sent it ends with `closeCode`. */
export class RefusedFrame extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.name = 'RefusedFrame';
    this.closeCode = closeCode;
  }
}

// Result codes of SQLite: https://www.sqlite.org/rescode.html
const BUSY = 5;
const NO_MEMORY = 7;
const READ_ONLY = 8;
const IO_ERROR = 10;
const FULL = 13;
const CANNOT_OPEN = 14;

/** What an error of `node:sqlite` means for the ledger; null for one that is not SQLite's. */
export function ledgerError(error: unknown, path: string): LedgerError | null {
  if (error instanceof LedgerError) return error;
  const { errcode, message } = error as { errcode?: unknown; message?: unknown };
  if (typeof errcode !== 'number') return null;
  switch (errcode & 0xff) {
    case FULL:
      return new LedgerError('LEDGER_UNAVAILABLE', `${path}: the disk is full; free some space, the gateway goes on by itself`, error);
    case IO_ERROR:
    case READ_ONLY:
    case CANNOT_OPEN:
    case NO_MEMORY:
    case BUSY:
      return new LedgerError(
        'LEDGER_UNAVAILABLE',
        `${path}: the ledger cannot be written (${String(message)}); see to the disk and the folder's permissions, the gateway goes on by itself`,
        error,
      );
    default:
      // CORRUPT and NOTADB, but also a missing table or a seq that is there already: written by nobody but the ledger.
      return new LedgerError('LEDGER_DAMAGED', `${path}: the ledger is damaged (${String(message)})`, error);
  }
}
