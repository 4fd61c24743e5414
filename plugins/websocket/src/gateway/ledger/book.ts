/**
 * The ledger's small rows in memory: users, epochs, instruments, totals by stream. The ledger thread is the only writer, so memory and disk differ only
 * within a transaction; what changed is written with {@link Book.flush} at its end. After a rollback the book is thrown away and read again.
 */
import type { DatabaseSync } from 'node:sqlite';

export interface User {
  readonly id: number;
  readonly name: string;
  frames: number;
  ticks: number;
  records: number;
  duplicateFrames: number;
  cursorDuplicates: number;
  holeFrames: number;
  conflicts: number;
  /** Frames that a client knew to be acknowledged and this ledger does not have. */
  lostFrames: number;
  readonly streams: Map<string, { frames: number; items: number }>;
}

export interface Epoch {
  readonly id: number;
  readonly name: string;
  readonly user: User;
  lastSeq: number;
}

export interface Instrument {
  readonly id: number;
  readonly source: string;
  readonly symbol: string;
  ticks: number;
  /** The last tick taken; -Infinity before the first. */
  time: number;
  ordinal: number;
  /** Whether it is among the rows to write. */
  dirty: boolean;
}

export class Book {
  readonly users = new Map<string, User>();
  readonly #db: DatabaseSync;
  readonly #epochs = new Map<string, Epoch>();
  readonly #instruments = new Map<string, Instrument>();
  readonly #dirtyUsers = new Set<User>();
  readonly #dirtyEpochs = new Set<Epoch>();
  readonly #dirtyInstruments: Instrument[] = [];
  readonly #statements;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = {
      user: db.prepare(
        'UPDATE users SET frames = ?, ticks = ?, records = ?, duplicate_frames = ?, cursor_duplicates = ?, hole_frames = ?, conflicts = ?, lost_frames = ? WHERE id = ?',
      ),
      epoch: db.prepare('UPDATE epochs SET last_seq = ? WHERE id = ?'),
      instrument: db.prepare('UPDATE instruments SET ticks = ?, time = ?, ordinal = ? WHERE id = ?'),
      stream: db.prepare('INSERT OR REPLACE INTO streams(user_id, stream, frames, items) VALUES (?, ?, ?, ?)'),
    };
    const names = new Map<number, User>();
    for (const row of db.prepare('SELECT * FROM users').all()) {
      const user: User = {
        id: Number(row['id']),
        name: String(row['name']),
        frames: Number(row['frames']),
        ticks: Number(row['ticks']),
        records: Number(row['records']),
        duplicateFrames: Number(row['duplicate_frames']),
        cursorDuplicates: Number(row['cursor_duplicates']),
        holeFrames: Number(row['hole_frames']),
        conflicts: Number(row['conflicts']),
        lostFrames: Number(row['lost_frames']),
        streams: new Map(),
      };
      this.users.set(user.name, user);
      names.set(user.id, user);
    }
    for (const row of db.prepare('SELECT * FROM streams').all()) {
      names.get(Number(row['user_id']))?.streams.set(String(row['stream']), { frames: Number(row['frames']), items: Number(row['items']) });
    }
  }

  user(name: string): User {
    const known = this.users.get(name);
    if (known) return known;
    const { lastInsertRowid } = this.#db.prepare('INSERT INTO users(name) VALUES (?)').run(name);
    const user: User = {
      id: Number(lastInsertRowid),
      name,
      frames: 0,
      ticks: 0,
      records: 0,
      duplicateFrames: 0,
      cursorDuplicates: 0,
      holeFrames: 0,
      conflicts: 0,
      lostFrames: 0,
      streams: new Map(),
    };
    this.users.set(name, user);
    return user;
  }

  epoch(user: User, name: string): Epoch {
    const key = `${user.id}/${name}`;
    const known = this.#epochs.get(key);
    if (known) return known;
    const row = this.#db.prepare('SELECT id, last_seq FROM epochs WHERE user_id = ? AND name = ?').get(user.id, name);
    const id = row
      ? Number(row['id'])
      : Number(this.#db.prepare('INSERT INTO epochs(user_id, name) VALUES (?, ?)').run(user.id, name).lastInsertRowid);
    const epoch: Epoch = { id, name, user, lastSeq: row ? Number(row['last_seq']) : 0 };
    this.#epochs.set(key, epoch);
    return epoch;
  }

  instrument(user: User, source: string, symbol: string): Instrument {
    const key = JSON.stringify([user.id, source, symbol]);
    const known = this.#instruments.get(key);
    if (known) return known;
    const row = this.#db.prepare('SELECT * FROM instruments WHERE user_id = ? AND source = ? AND symbol = ?').get(user.id, source, symbol);
    const id = row
      ? Number(row['id'])
      : Number(
          this.#db.prepare('INSERT INTO instruments(user_id, source, symbol) VALUES (?, ?, ?)').run(user.id, source, symbol)
            .lastInsertRowid,
        );
    const instrument: Instrument = {
      id,
      source,
      symbol,
      ticks: row ? Number(row['ticks']) : 0,
      time: typeof row?.['time'] === 'number' ? row['time'] : -Infinity,
      ordinal: Number(row?.['ordinal'] ?? -1),
      dirty: false,
    };
    this.#instruments.set(key, instrument);
    return instrument;
  }

  touchUser(user: User): void {
    this.#dirtyUsers.add(user);
  }

  touchEpoch(epoch: Epoch): void {
    this.#dirtyEpochs.add(epoch);
  }

  touchInstrument(instrument: Instrument): void {
    if (instrument.dirty) return;
    instrument.dirty = true;
    this.#dirtyInstruments.push(instrument);
  }

  /** Writes what changed. Within a transaction, right before its commit. */
  flush(): void {
    const { user: putUser, epoch: putEpoch, instrument: putInstrument, stream: putStream } = this.#statements;
    for (const user of this.#dirtyUsers) {
      const { frames, ticks, records, duplicateFrames, cursorDuplicates, holeFrames, conflicts, lostFrames, id } = user;
      putUser.run(frames, ticks, records, duplicateFrames, cursorDuplicates, holeFrames, conflicts, lostFrames, id);
      for (const [stream, total] of user.streams) putStream.run(id, stream, total.frames, total.items);
    }
    for (const epoch of this.#dirtyEpochs) putEpoch.run(epoch.lastSeq, epoch.id);
    for (const instrument of this.#dirtyInstruments) {
      putInstrument.run(instrument.ticks, instrument.time, instrument.ordinal, instrument.id);
      instrument.dirty = false;
    }
    this.#dirtyUsers.clear();
    this.#dirtyEpochs.clear();
    this.#dirtyInstruments.length = 0;
  }
}
