/** What a failed SQLite call means for the spool. Result codes: https://www.sqlite.org/rescode.html */

export type FailureKind =
  /** No space: waits for some. */
  | 'full'
  /** The disk refuses: is tried again. */
  | 'io'
  /** Another process has the file. */
  | 'in-use'
  /** The file is not, or no longer, a sound spool: is salvaged. */
  | 'damaged';

const NOT_FOUND_IN_FILE = 1;
const BUSY = 5;
const LOCKED = 6;
const NO_MEMORY = 7;
const READ_ONLY = 8;
const IO_ERROR = 10;
const FULL = 13;
const CANNOT_OPEN = 14;
const PROTOCOL = 15;
const IO_ERROR_SHORT_READ = 522;

/** The file contradicts itself in a way that SQLite does not see. */
export class DamageError extends Error {
  readonly code = 'SPOOL_DAMAGED';

  constructor(what: string) {
    super(what);
    this.name = 'DamageError';
  }
}

/** Null for an error that is not SQLite's nor the disk's: a bug. */
export function failureKind(error: unknown): FailureKind | null {
  if (error instanceof DamageError) return 'damaged';
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode !== 'number') {
    if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
    return code === 'EIO' || code === 'EROFS' || code === 'EACCES' || code === 'EMFILE' || code === 'ENFILE' ? 'io' : null;
  }
  if (errcode === IO_ERROR_SHORT_READ) return 'damaged';
  switch (errcode & 0xff) {
    case FULL:
      return 'full';
    case IO_ERROR:
    case CANNOT_OPEN:
    case READ_ONLY:
    case NO_MEMORY:
    case PROTOCOL:
      return 'io';
    case BUSY:
    case LOCKED:
      return 'in-use';
    case NOT_FOUND_IN_FILE:
    default:
      // CORRUPT and NOTADB, but also a missing table, a value of the wrong type, a seq that is there already: all written by nobody but the spool.
      return 'damaged';
  }
}

/** The failure in words for a person. */
export function failureWords(kind: FailureKind): string {
  switch (kind) {
    case 'full':
      return 'the disk is full';
    case 'io':
      return 'the disk refuses to read or write';
    case 'in-use':
      return 'another process has the file';
    case 'damaged':
      return 'the file is damaged';
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
