import type { Block, Column, Rows } from './rows.ts';

const TYPES = {
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  price: { type: 'DOUBLE' },
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON' },
} as const;

/** A row group per block of at most so many rows. */
const GROUP_ROWS = 100_000;

/** Writes rows as an Apache Parquet file; the library that does is loaded only now. @returns how many rows there were. */
export async function writeParquet({ columns, blocks }: Rows, file: string): Promise<number> {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    createdBy: 'tickhub',
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name, type }) => ({ name, ...TYPES[type], repetition_type: 'OPTIONAL' as const })),
    ],
  });
  let rows = 0;
  for await (const block of blocks) {
    rows += block.count;
    if (block.count > 0)
      await writer.write({ columnData: columns.map((column, at) => dataOf(column, block, at)), rowGroupSize: GROUP_ROWS });
  }
  await writer.finish();
  return rows;
}

function dataOf({ name, type }: Column, { count, values }: Block, at: number): { name: string; data: unknown[] } {
  const data = Array.from({ length: count }, (_, row) => {
    const value = values[at]?.[row] ?? null;
    if (value === null) return null;
    if (type === 'json') return JSON.parse(String(value)) as unknown;
    if (type === 'time') return new Date(Math.round(Number(value)));
    return type === 'integer' ? BigInt(value) : value;
  });
  return { name, data };
}
