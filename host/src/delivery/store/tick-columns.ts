/**
 * Where a batch's ticks end, per symbol. Reads the three columns it needs by itself (tick batch format 1, `plugin-sdk/src/batch/tick-batch.ts`):
 * the SDK's entry would bring its schemas, and 30 ms of loading, into the spool's thread. The test holds the two together.
 */
import type { TickCursor } from '@tickhub/plugin-sdk/host';

const HEADER_BYTES = 32;
const MAGIC = 0x4254;

/**
 * Calls `onEnd` for each symbol in the batch with the position after its last tick. Answers false, and calls nothing, when `body` is no batch.
 * @param body starts at a multiple of 8 in its buffer.
 */
export function eachTickEnd(body: Uint8Array, onEnd: (symbolId: number, end: TickCursor) => void): boolean {
  if (body.byteLength < HEADER_BYTES || body.byteOffset % 8 !== 0) return false;
  const view = new DataView(body.buffer, body.byteOffset, HEADER_BYTES);
  const count = view.getUint32(4, true);
  const columns = view.getUint8(3);
  const doubles = 3 + (columns & 1) + ((columns >> 1) & 1);
  if (view.getUint16(0, true) !== MAGIC || count === 0 || body.byteLength !== HEADER_BYTES + count * (8 * doubles + 8)) return false;
  const time = new Float64Array(body.buffer, body.byteOffset + HEADER_BYTES, count);
  const ordinalAt = body.byteOffset + HEADER_BYTES + 8 * doubles * count;
  const ordinal = new Uint32Array(body.buffer, ordinalAt, count);
  const symbol = new Uint16Array(body.buffer, ordinalAt + 4 * count, count);
  // From the end: the first one met of a symbol is its last. Most batches have one symbol, so `last` spares the set.
  let last = -1;
  const seen = new Set<number>();
  for (let i = count - 1; i >= 0; i--) {
    const id = symbol[i] as number;
    if (id === last || seen.has(id)) continue;
    last = id;
    seen.add(id);
    onEnd(id, { time: time[i] as number, same: (ordinal[i] as number) + 1 });
  }
  return true;
}
