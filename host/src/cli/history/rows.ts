/** What a command answers with: rows as blocks of columns, so that millions of ticks never are in memory at once. */

export interface Column {
  readonly name: string;
  /** `time` is Unix epoch milliseconds, UTC; shown as ISO 8601. `price` is shown with `digits` for people. */
  readonly type: 'time' | 'price' | 'number' | 'integer' | 'text' | 'json';
  readonly digits?: number;
}

/** A value per row; null where there is none. */
export type Values = ArrayLike<number | string | null>;

export interface Block {
  readonly count: number;
  /** One per column. */
  readonly values: readonly Values[];
}

export interface Rows {
  readonly columns: readonly Column[];
  readonly blocks: AsyncIterable<Block>;
}
