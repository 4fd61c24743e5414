/**
 * Bytes and nanoseconds a tick of both subprotocols, on recorded ticks.
 * node bench/wire.ts FILE.csv.zst ... (columns time_msc,bid,ask)
 */
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { TickBatch } from '@tickhub/plugin-sdk';
import { BinaryMessageWriter, eachBinaryFrame } from '../src/wire/binary-message.ts';
import { readTicksPayload, ticksPayloadText } from '../src/wire/json-ticks.ts';
import { decodeTicks } from '../src/wire/tick-decoder.ts';

const TICKS = 400_000;

function load(file: string, symbol: number): TickBatch {
  const lines = zstdDecompressSync(readFileSync(file))
    .toString()
    .split('\n')
    .slice(1, TICKS + 1)
    .filter(Boolean);
  const batch = TickBatch.create(Math.min(lines.length, 65_536));
  return fill(batch, lines, symbol);
}

function fill(batch: TickBatch, lines: readonly string[], symbol: number): TickBatch {
  let same = 0;
  for (let i = 0; i < batch.count; i++) {
    const [time, bid, ask] = (lines[i] as string).split(',').map(Number) as [number, number, number];
    same = i > 0 && batch.time[i - 1] === time ? same + 1 : 0;
    batch.time[i] = time;
    batch.ordinal[i] = same;
    batch.bid[i] = bid;
    batch.ask[i] = ask;
    batch.symbol[i] = symbol;
    batch.flags[i] = 6;
  }
  return batch;
}

function cut(batch: TickBatch, size: number): TickBatch[] {
  const out: TickBatch[] = [];
  for (let from = 0; from < batch.count; from += size) {
    const piece = TickBatch.create(Math.min(size, batch.count - from));
    piece.receivedAt = 1_732_395_600_000.5;
    for (let i = 0; i < piece.count; i++) batch.copyTick(from + i, piece, i);
    out.push(piece);
  }
  return out;
}

/** Best of several rounds, nanoseconds a tick. */
function measure(ticks: number, work: () => void): number {
  let best = Infinity;
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    work();
    best = Math.min(best, ((performance.now() - start) * 1e6) / ticks);
  }
  return best;
}

for (const file of process.argv.slice(2)) {
  const all = load(file, 3);
  for (const size of [1, 15, 1_000, 4_096]) {
    const batches = cut(all, size);
    const messages: Uint8Array[] = [];
    const writer = new BinaryMessageWriter();
    const encode = measure(all.count, () => {
      messages.length = 0;
      let seq = 1_000_000;
      for (const batch of batches) {
        writer.add(seq++, batch, () => 5);
        if (writer.size > 60_000) messages.push(writer.take());
      }
      if (writer.size > 0) messages.push(writer.take());
    });
    const decode = measure(all.count, () => {
      for (const message of messages) eachBinaryFrame(message, (_, start, end) => decodeTicks(message, start, end));
    });
    const bytes = messages.reduce((sum, message) => sum + message.byteLength, 0) / all.count;
    let text: string[] = [];
    const jsonEncode = measure(all.count, () => {
      text = batches.map((batch, seq) => ticksPayloadText('9f0c11223344aabb', seq + 1, batch, 'mt5:demo', () => 'EURUSD'));
    });
    const jsonDecode = measure(all.count, () => {
      for (const payload of text) readTicksPayload(JSON.parse(payload));
    });
    const jsonBytes = text.reduce((sum, payload) => sum + payload.length, 0) / all.count;
    process.stdout.write(
      `${file.split('/').at(-1)} ${String(size).padStart(4)} ticks/frame: binary ${bytes.toFixed(2)} B, encode ${encode.toFixed(0)} ns, decode ${decode.toFixed(0)} ns; ` +
        `JSON ${jsonBytes.toFixed(1)} B, encode ${jsonEncode.toFixed(0)} ns, decode ${jsonDecode.toFixed(0)} ns a tick\n`,
    );
  }
}
