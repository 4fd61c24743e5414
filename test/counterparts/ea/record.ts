import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** Bytes of a raw `MqlTick`, laid out as in LINK.md. */
export const TICK_BYTES = 60;
const BID = 2;
const ASK = 4;
const DAY_MS = 86_400_000;
const BLOCK_TICKS = 8192;

export interface RecordOptions {
  /** Decimals of the price; prices are rounded to it, as a broker's are. */
  readonly symbolDigits: number;
  /** Added to the CSV's UTC times: MT5 ticks carry the broker's time. 0 by default. */
  readonly brokerOffsetMinutes?: number;
  /** Ticks to leave out at the beginning, and the most to take. */
  readonly skip?: number;
  readonly limit?: number;
  /** Times to play what was taken, each shifted by whole days so that times keep rising. 1 by default. */
  readonly repeat?: number;
}

export interface Recording {
  readonly ticks: number;
  /** Broker times in ms of the first and the last tick, and how many ticks share the last one's. */
  readonly firstMsc: number;
  readonly lastMsc: number;
  readonly lastSame: number;
}

/**
 * Turns a CSV of quotes (`.csv`, `.csv.gz`, `.csv.zst`; columns `time_msc`, `bid`, `ask`, others ignored, an empty price means
 * unchanged) into a file of raw 60-byte MqlTicks, which the shim maps into memory. Flags say what changed since the tick before.
 * @throws Error naming file and line when a field cannot be read or time goes back.
 */
export async function recordTicks(input: string, outFile: string, options: RecordOptions): Promise<Recording> {
  const { repeat = 1 } = options;
  const out = await open(outFile, 'w+');
  try {
    const writer = new TickWriter(out, options.brokerOffsetMinutes ?? 0);
    await readQuotes(input, options, writer);
    await writer.flush();
    if (writer.ticks === 0) throw new Error(`${input}: no ticks to record (after skip and limit)`);
    const once = writer.recording();
    const shiftMs = (Math.floor((once.lastMsc - once.firstMsc) / DAY_MS) + 1) * DAY_MS;
    for (let k = 1; k < repeat; k++) await appendShifted(out, once.ticks, k, k * shiftMs);
    return { ...once, ticks: once.ticks * repeat, lastMsc: once.lastMsc + (repeat - 1) * shiftMs };
  } finally {
    await out.close();
  }
}

class TickWriter {
  ticks = 0;
  #firstMsc = 0;
  #lastMsc = 0;
  #lastSame = 0;
  #bid = 0;
  #ask = 0;
  readonly #out: FileHandle;
  readonly #offsetMs: number;
  readonly #block = Buffer.alloc(BLOCK_TICKS * TICK_BYTES);
  #used = 0;

  constructor(out: FileHandle, offsetMinutes: number) {
    this.#out = out;
    this.#offsetMs = offsetMinutes * 60_000;
  }

  /** True when the block is full and must be flushed. */
  add(utcMsc: number, bid: number, ask: number): boolean {
    const msc = utcMsc + this.#offsetMs;
    const at = this.#used * TICK_BYTES;
    const changed = this.ticks === 0 ? BID | ASK : (bid === this.#bid ? 0 : BID) | (ask === this.#ask ? 0 : ASK);
    const block = this.#block;
    putInt64(block, at, Math.floor(msc / 1000));
    block.writeDoubleLE(bid, at + 8);
    block.writeDoubleLE(ask, at + 16);
    putInt64(block, at + 40, msc);
    block.writeUInt32LE(changed === 0 ? BID | ASK : changed, at + 48);
    if (this.ticks === 0) this.#firstMsc = msc;
    this.#lastSame = msc === this.#lastMsc ? this.#lastSame + 1 : 1;
    this.#lastMsc = msc;
    this.#bid = bid;
    this.#ask = ask;
    this.ticks++;
    this.#used++;
    return this.#used === BLOCK_TICKS;
  }

  async flush(): Promise<void> {
    await this.#out.write(this.#block, 0, this.#used * TICK_BYTES);
    this.#used = 0;
  }

  recording(): Recording {
    return { ticks: this.ticks, firstMsc: this.#firstMsc, lastMsc: this.#lastMsc, lastSame: this.#lastSame };
  }
}

async function readQuotes(input: string, options: RecordOptions, writer: TickWriter): Promise<void> {
  const { skip = 0, limit = Infinity } = options;
  const scale = 10 ** options.symbolDigits;
  let columns: readonly number[] = [0, 1, 2];
  let lineNo = 0;
  let seen = 0;
  let bid = 0;
  let ask = 0;
  let before = -Infinity;

  const price = (text: string, old: number, what: string): number => {
    if (text === '') return old;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`${input}, line ${lineNo}: ${what} is ${JSON.stringify(text)}, not a number`);
    return Math.round(value * scale) / scale;
  };
  const take = async (line: string): Promise<boolean> => {
    lineNo++;
    if (line === '') return true;
    const fields = line.split(',');
    if (lineNo === 1 && !/^\d/.test(line)) {
      columns = ['time_msc', 'bid', 'ask'].map((name) => fields.indexOf(name));
      if (columns.includes(-1)) throw new Error(`${input}: the header needs the columns time_msc, bid and ask; it is ${line}`);
      return true;
    }
    const [t = '', b = '', a = ''] = columns.map((column) => fields[column] ?? '');
    const msc = Number(t);
    if (!Number.isSafeInteger(msc) || msc <= 0) throw new Error(`${input}, line ${lineNo}: time_msc is ${JSON.stringify(t)}`);
    if (msc < before) throw new Error(`${input}, line ${lineNo}: time goes back from ${before} to ${msc}; sort the file first`);
    before = msc;
    bid = price(b, bid, 'bid');
    ask = price(a, ask, 'ask');
    if (seen++ < skip) return true;
    if (writer.ticks >= limit) return false;
    if (writer.add(msc, bid, ask)) await writer.flush();
    return writer.ticks < limit;
  };

  for await (const lines of linesOf(input)) for (const line of lines) if (!(await take(line))) return;
}

/** Lines in bunches, one bunch a chunk of the file. */
async function* linesOf(input: string): AsyncGenerator<string[]> {
  const file = createReadStream(input, { highWaterMark: 1 << 18 });
  const unpack = input.endsWith('.zst') ? createZstdDecompress() : input.endsWith('.gz') ? createGunzip() : undefined;
  // The loop below sees the error of either stream; the pipeline only has to tear both down.
  const text = unpack === undefined ? file : (pipeline(file, unpack).catch(() => undefined), unpack);
  text.setEncoding('latin1');
  let rest = '';
  try {
    for await (const chunk of text) {
      const lines = (rest + String(chunk)).split(/\r?\n/);
      rest = lines.pop() ?? '';
      yield lines;
    }
    if (rest !== '') yield [rest];
  } finally {
    file.destroy();
    unpack?.destroy();
  }
}

async function appendShifted(out: FileHandle, ticks: number, copy: number, shiftMs: number): Promise<void> {
  const block = Buffer.alloc(BLOCK_TICKS * TICK_BYTES);
  for (let done = 0; done < ticks; done += BLOCK_TICKS) {
    const bytes = Math.min(BLOCK_TICKS, ticks - done) * TICK_BYTES;
    await out.read(block, 0, bytes, done * TICK_BYTES);
    for (let at = 0; at < bytes; at += TICK_BYTES) {
      putInt64(block, at, getInt64(block, at) + shiftMs / 1000);
      putInt64(block, at + 40, getInt64(block, at + 40) + shiftMs);
    }
    await out.write(block, 0, bytes, (copy * ticks + done) * TICK_BYTES);
  }
}

// Times are far below 2^53: two halves are several times faster than BigInt.
function putInt64(block: Buffer, at: number, value: number): void {
  block.writeUInt32LE(value % 2 ** 32, at);
  block.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

function getInt64(block: Buffer, at: number): number {
  return block.readUInt32LE(at) + block.readUInt32LE(at + 4) * 2 ** 32;
}
