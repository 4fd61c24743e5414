/** The ledger's file. One writer (the gateway's ledger thread); readers may open it beside the writer. */
import { DatabaseSync } from 'node:sqlite';

export const LEDGER_FILE = 'ledger.db';
const SCHEMA_VERSION = 1;

/** Bits of a frame's id that are its seq; those above are the epoch's id, so that ids rise in the order in which frames are to be read. */
export const SEQ_BITS = 40n;
/** The largest seq, 10^12. A frame each millisecond reaches it in 34 years. */
export const MAX_SEQ = 2 ** 40 - 1;

/** How a frame's body is coded. */
export const BodyFormat = {
  /** The binary tick body of PROTOCOL.md section 5. */
  ticks: 1,
  /** The same, without the ticks that a cursor had seen. */
  ticksWithoutDuplicates: 2,
  /** JSON `{source, records}`. */
  records: 3,
} as const;

const SCHEMA = `
  CREATE TABLE users(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    frames INTEGER NOT NULL DEFAULT 0, ticks INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0,
    duplicate_frames INTEGER NOT NULL DEFAULT 0, cursor_duplicates INTEGER NOT NULL DEFAULT 0,
    hole_frames INTEGER NOT NULL DEFAULT 0, conflicts INTEGER NOT NULL DEFAULT 0, lost_frames INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE epochs(
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, name TEXT NOT NULL, last_seq INTEGER NOT NULL DEFAULT 0,
    UNIQUE(user_id, name)
  );
  -- A symbol of a source of a user, whatever its id in an epoch. (time, ordinal) is the last tick taken.
  CREATE TABLE instruments(
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, source TEXT NOT NULL, symbol TEXT NOT NULL,
    ticks INTEGER NOT NULL DEFAULT 0, time REAL, ordinal INTEGER,
    UNIQUE(user_id, source, symbol)
  );
  CREATE TABLE symbols(
    epoch_id INTEGER NOT NULL REFERENCES epochs, id INTEGER NOT NULL, instrument_id INTEGER NOT NULL REFERENCES instruments,
    raw_name TEXT NOT NULL, digits INTEGER NOT NULL,
    PRIMARY KEY(epoch_id, id)
  ) WITHOUT ROWID;
  CREATE TABLE streams(
    user_id INTEGER NOT NULL REFERENCES users, stream TEXT NOT NULL, frames INTEGER NOT NULL, items INTEGER NOT NULL,
    PRIMARY KEY(user_id, stream)
  ) WITHOUT ROWID;
  -- Seqs that the client said will never come.
  CREATE TABLE holes(epoch_id INTEGER NOT NULL REFERENCES epochs, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, at INTEGER NOT NULL);
  -- Seqs that came again with other content; the first is kept.
  CREATE TABLE conflicts(
    epoch_id INTEGER NOT NULL REFERENCES epochs, seq INTEGER NOT NULL, at INTEGER NOT NULL, kept_crc INTEGER NOT NULL, refused_crc INTEGER NOT NULL
  );
  -- id = epoch id << 40 | seq. sent_crc is of the body as it came, crc of the body as it is here.
  CREATE TABLE frames(
    id INTEGER PRIMARY KEY, stream TEXT NOT NULL, format INTEGER NOT NULL, count INTEGER NOT NULL,
    sent_crc INTEGER NOT NULL, crc INTEGER NOT NULL, taken_at INTEGER NOT NULL, body BLOB NOT NULL
  );
`;

/** Opens the file for writing, and makes it when there is none. Throws what SQLite throws. */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 1_000 });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216;');
    if (versionOf(db) === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
    checkVersion(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens the file for reading. Throws what SQLite throws. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    checkVersion(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

function checkVersion(db: DatabaseSync): void {
  const version = versionOf(db);
  if (version === SCHEMA_VERSION) return;
  throw new Error(
    `the ledger has version ${version}, this gateway knows ${SCHEMA_VERSION}; use the gateway that wrote it, or another --data folder`,
  );
}
