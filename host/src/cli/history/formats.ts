import { table } from '../numbers.ts';
import { printable } from '../printable.ts';
import type { Block, Column, Rows } from './rows.ts';

/** Turns a block into lines of text. */
export interface TextFormat {
  head(columns: readonly Column[]): string[];
  lines(columns: readonly Column[], block: Block): string[];
}

/** RFC 4180, with a line of names. Numbers in the shortest form that gives the same number again. */
export const csv: TextFormat = {
  head: (columns) => [columns.map(({ name }) => name).join(',')],
  lines: (columns, block) => rowsOf(columns, block, (column, value) => quoted(exact(column, value))).map((cells) => cells.join(',')),
};

/** A JSON object in each line. */
export const json: TextFormat = {
  head: () => [],
  lines: (columns, block) =>
    Array.from({ length: block.count }, (_, row) => {
      const members = columns.map(({ name, type }, at) => {
        const value = block.values[at]?.[row] ?? null;
        const shown =
          type === 'time' && value !== null ? iso(Number(value)) : type === 'json' && value !== null ? JSON.parse(String(value)) : value;
        return [name, shown] as const;
      });
      return JSON.stringify(Object.fromEntries(members));
    }),
};

/** For people. */
export const readable: TextFormat = {
  head: () => [],
  lines: (columns, block) =>
    table(
      columns.map(({ name }) => name),
      rowsOf(columns, block, (column, value) => printable(forPeople(column, value))),
    ),
};

/** Writes rows as text, a piece at a time, through `write`. */
export async function writeText({ columns, blocks }: Rows, format: TextFormat, write: (text: string) => Promise<void>): Promise<number> {
  let rows = 0;
  const head = format.head(columns);
  if (head.length > 0) await write(`${head.join('\n')}\n`);
  for await (const block of blocks) {
    rows += block.count;
    if (block.count > 0) await write(`${format.lines(columns, block).join('\n')}\n`);
  }
  return rows;
}

function rowsOf(
  columns: readonly Column[],
  { count, values }: Block,
  cell: (column: Column, value: number | string | null) => string,
): string[][] {
  return Array.from({ length: count }, (_, row) => columns.map((column, at) => cell(column, values[at]?.[row] ?? null)));
}

function exact({ type }: Column, value: number | string | null): string {
  if (value === null) return '';
  return type === 'time' ? iso(Number(value)) : String(value);
}

function forPeople({ type, digits = 0 }: Column, value: number | string | null): string {
  if (value === null) return '-';
  if (type === 'time')
    return iso(Number(value))
      .replace('T', ' ')
      .replace(/(\.000)?Z$/, '');
  return type === 'price' ? Number(value).toFixed(digits) : String(value);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
