import type { TickBatch } from '@tickhub/plugin-sdk';
import { decodeTicks } from '../../wire/tick-decoder.ts';
import { BodyFormat } from './schema.ts';

/** A frame as it lies in the ledger. */
export interface KeptFrame {
  readonly format: number;
  readonly sentCrc: number;
  readonly body: Uint8Array;
}

/** Whether a frame that came again says what the kept one says, however the two were encoded. */
export function isSameContent(kept: KeptFrame, sent: KeptFrame): boolean {
  const ticks = kept.format !== BodyFormat.records;
  if (ticks !== (sent.format !== BodyFormat.records)) return false;
  // Records are kept as they were parsed and written again, so equal ones are equal bytes, up to the order of keys that the sender chose.
  if (!ticks) return Buffer.compare(kept.body, sent.body) === 0;
  if (kept.body.byteLength === 0) return true;
  const had = decodeTicks(kept.body);
  const has = decodeTicks(sent.body);
  if (kept.format === BodyFormat.ticks) return Buffer.compare(had.bytes, has.bytes) === 0;
  return isWithin(had, has);
}

/** Whether the ticks of `part` are among those of `whole`, in order: `part` went through the cursors. */
function isWithin(part: TickBatch, whole: TickBatch): boolean {
  if (part.count > whole.count || (part.last === null) !== (whole.last === null) || (part.volume === null) !== (whole.volume === null))
    return false;
  const keep = new Uint8Array(whole.count);
  let found = 0;
  for (let i = 0; i < whole.count && found < part.count; i++) {
    if (whole.symbol[i] !== part.symbol[found] || whole.time[i] !== part.time[found] || whole.ordinal[i] !== part.ordinal[found]) continue;
    keep[i] = 1;
    found++;
  }
  if (found < part.count) return false;
  const same = whole.retain(keep, found);
  return same !== null && Buffer.compare(same.bytes, part.bytes) === 0;
}
