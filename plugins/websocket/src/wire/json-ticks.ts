/** Ticks as JSON, PROTOCOL.md section 4. */
import { MAX_BATCH_TICKS, TickBatch, z } from '@tickhub/plugin-sdk';
import { WireFormatError } from './errors.ts';

const BASE_COLUMNS = ['symbol', 'time', 'ordinal', 'bid', 'ask', 'flags'] as const;
const LAST = 'last';
const VOLUME = 'volume';

const id = z.number().int().min(0).max(65_535);

const TicksPayload = z.object({
  seq: z.number().int().positive(),
  source_id: id,
  utc_offset_ms: z.number().int().min(-0x8000_0000).max(0x7fff_ffff),
  received_at: z.union([z.number(), z.string()]),
  columns: z
    .array(z.string())
    .min(BASE_COLUMNS.length)
    .max(BASE_COLUMNS.length + 2),
  // Rows are looked at one by one below: a schema would take longer than everything else.
  rows: z.array(z.unknown()).min(1).max(MAX_BATCH_TICKS),
});

/** A double so that reading it gives the same bits; JSON has no word for some of them. */
function numberText(value: number): string {
  if (value === 0) return 1 / value < 0 ? '-0' : '0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

/**
 * The payload of a frame of ticks, as JSON text.
 * @param nameOf the canonical name of a symbol id.
 */
export function ticksPayloadText(
  epoch: string,
  seq: number,
  batch: TickBatch,
  source: string,
  nameOf: (symbolId: number) => string,
): string {
  const { count, symbol, time, ordinal, bid, ask, flags, last, volume } = batch;
  const names: Record<string, string> = {};
  for (const symbolId of new Set(symbol)) names[symbolId] = nameOf(symbolId);
  const columns = [...BASE_COLUMNS, ...(last ? [LAST] : []), ...(volume ? [VOLUME] : [])];
  let rows = '';
  for (let i = 0; i < count; i++) {
    // Columns have `count` entries.
    rows +=
      `${i === 0 ? '' : ','}[${symbol[i]},${numberText(time[i] as number)},${ordinal[i]},` +
      `${numberText(bid[i] as number)},${numberText(ask[i] as number)},${flags[i]}`;
    if (last) rows += `,${numberText(last[i] as number)}`;
    if (volume) rows += `,${numberText(volume[i] as number)}`;
    rows += ']';
  }
  return (
    `{"epoch":${JSON.stringify(epoch)},"seq":${seq},"source":${JSON.stringify(source)},"source_id":${batch.sourceId},` +
    `"utc_offset_ms":${batch.utcOffsetMs},"received_at":${numberText(batch.receivedAt)},"symbols":${JSON.stringify(names)},` +
    `"columns":${JSON.stringify(columns)},"rows":[${rows}]}`
  );
}

/**
 * Reads such a payload, parsed from JSON.
 * @throws {WireFormatError} naming the field, or the row and column.
 */
export function readTicksPayload(payload: unknown): { seq: number; batch: TickBatch } {
  const parsed = TicksPayload.safeParse(payload);
  if (!parsed.success) throw new WireFormatError(`ticks: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  const { seq, source_id, utc_offset_ms, received_at, columns, rows } = parsed.data;
  const hasLast = columns[BASE_COLUMNS.length] === LAST;
  const hasVolume = columns[BASE_COLUMNS.length + (hasLast ? 1 : 0)] === VOLUME;
  const expected = [...BASE_COLUMNS, ...(hasLast ? [LAST] : []), ...(hasVolume ? [VOLUME] : [])];
  if (columns.join() !== expected.join()) throw new WireFormatError(`ticks: columns are ${columns.join()}`);
  const batch = TickBatch.create(rows.length, { last: hasLast, volume: hasVolume });
  batch.sourceId = source_id;
  batch.utcOffsetMs = utc_offset_ms;
  batch.receivedAt = double(received_at, 0, 'received_at');
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== expected.length)
      throw new WireFormatError(`ticks: row ${i} is not ${expected.length} values`);
    const values = row as readonly unknown[];
    batch.symbol[i] = whole(values[0], 65_535, i, 'symbol');
    batch.time[i] = double(values[1], i, 'time');
    batch.ordinal[i] = whole(values[2], 0xffff_ffff, i, 'ordinal');
    batch.bid[i] = double(values[3], i, 'bid');
    batch.ask[i] = double(values[4], i, 'ask');
    batch.flags[i] = whole(values[5], 65_535, i, 'flags');
    if (batch.last) batch.last[i] = double(values[6], i, LAST);
    if (batch.volume) batch.volume[i] = double(values[expected.length - 1], i, VOLUME);
  }
  return { seq, batch };
}

function double(value: unknown, row: number, column: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw new WireFormatError(`ticks: ${column} of row ${row} is not a number`);
}

function whole(value: unknown, most: number, row: number, column: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new WireFormatError(`ticks: ${column} of row ${row} is not a whole number from 0 to ${most}`);
}
