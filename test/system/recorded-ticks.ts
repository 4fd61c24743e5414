import { readFile } from 'node:fs/promises';
import { TICK_BYTES } from '../counterparts/ea/record.ts';

/** The ticks of one recording in columns, as the terminal's tick base has them. */
export interface RecordedTicks {
  readonly count: number;
  readonly time: Float64Array;
  readonly ordinal: Uint32Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
}

/** Reads a file of raw 60-byte MqlTicks (LINK.md). */
export async function readRecordedTicks(file: string): Promise<RecordedTicks> {
  const bytes = await readFile(file);
  const count = bytes.byteLength / TICK_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const time = new Float64Array(count);
  const ordinal = new Uint32Array(count);
  const bid = new Float64Array(count);
  const ask = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const at = i * TICK_BYTES;
    bid[i] = view.getFloat64(at + 8, true);
    ask[i] = view.getFloat64(at + 16, true);
    time[i] = Number(view.getBigInt64(at + 40, true));
    ordinal[i] = i > 0 && time[i] === time[i - 1] ? (ordinal[i - 1] as number) + 1 : 0;
  }
  return { count, time, ordinal, bid, ask };
}

/** How many ticks share the millisecond of the one before. */
export function sameMillisecond(ticks: RecordedTicks): number {
  return ticks.ordinal.reduce((sum, ordinal) => sum + (ordinal > 0 ? 1 : 0), 0);
}
