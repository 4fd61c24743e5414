import type { Database, Row } from './database.ts';

/** A symbol of a source: what ticks are kept by. */
export interface Series {
  readonly id: number;
  readonly source: string;
  readonly symbol: string;
  rawName: string;
  /** Decimal digits of a price. */
  digits: number;
}

/** The series of a history, all of them in memory. */
export class SeriesTable {
  readonly #db: Database;
  readonly #byId = new Map<number, Series>();
  readonly #byName = new Map<string, Series>();

  constructor(db: Database) {
    this.#db = db;
    this.reload();
  }

  /** As the file has it: after a transaction that did not come about. */
  reload(): void {
    this.#byId.clear();
    this.#byName.clear();
    for (const row of this.#db.prepare('SELECT id, source, symbol, raw_name, digits FROM series ORDER BY id').all())
      this.#add(seriesOf(row));
  }

  get all(): readonly Series[] {
    return [...this.#byId.values()];
  }

  byId(id: number): Series | undefined {
    return this.#byId.get(id);
  }

  find(source: string, symbol: string): Series | undefined {
    return this.#byName.get(nameOf(source, symbol));
  }

  /** Finds a series, or makes it; within a transaction. Another raw name or digits replace what was known. */
  take(source: string, symbol: string, rawName: string, digits: number): Series {
    const known = this.find(source, symbol);
    if (known === undefined) {
      const { lastInsertRowid } = this.#db
        .prepare('INSERT INTO series(source, symbol, raw_name, digits) VALUES (?, ?, ?, ?)')
        .run(source, symbol, rawName, digits);
      return this.#add({ id: Number(lastInsertRowid), source, symbol, rawName, digits });
    }
    if (known.rawName !== rawName || known.digits !== digits) {
      this.#db.prepare('UPDATE series SET raw_name = ?, digits = ? WHERE id = ?').run(rawName, digits, known.id);
      known.rawName = rawName;
      known.digits = digits;
    }
    return known;
  }

  #add(series: Series): Series {
    this.#byId.set(series.id, series);
    this.#byName.set(nameOf(series.source, series.symbol), series);
    return series;
  }
}

function nameOf(source: string, symbol: string): string {
  return `${source}\n${symbol}`;
}

function seriesOf(row: Row): Series {
  return {
    id: Number(row['id']),
    source: String(row['source']),
    symbol: String(row['symbol']),
    rawName: String(row['raw_name']),
    digits: Number(row['digits']),
  };
}
