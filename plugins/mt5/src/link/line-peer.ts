import { z } from '@tickhub/plugin-sdk';
import { writeTick } from './encode.ts';
import { badFrame } from './errors.ts';
import { emptyTicksFrame, type AckEntry, type Notice, type Sub, type Welcome } from './frames.ts';
import { MAX_BATCH, MAX_HELLO_LENGTH, MAX_LENGTH, TICK_BYTES } from './wire.ts';
import type { PeerCodec, PeerEvents } from './peer.ts';

const Text = z.string().max(1_024);
const Int = z.number().int();

/** `[msc, bid, ask, flags, last, volume]`; the last three may be left out. */
const LineTick = z.tuple([Int.min(0), z.number(), z.number(), Int.min(0).default(6), z.number().default(0), z.number().default(0)]);

const Line = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('hello'),
    proto: Int,
    id: Text,
    token: Text,
    server: Text.default(''),
    /** The source's clock minus UTC, seconds. */
    offset_s: Int.default(0),
  }),
  z.object({ t: z.literal('symbol'), s: Text.min(1), digits: Int.min(0).max(15).default(5) }),
  z.object({
    t: z.literal('tick'),
    s: Text.min(1),
    /** firstSeq; 0 or absent where the peer does not count. */
    q: Int.min(0).default(0),
    /** Flags of the TICKS frame. */
    f: Int.min(0).max(7).default(0),
    m: z.array(LineTick).max(MAX_BATCH),
  }),
  z.object({ t: z.literal('ping'), q: Int.min(0) }),
  z.object({ t: z.literal('pong'), q: Int.min(0) }),
  z.object({ t: z.literal('err'), code: Int, text: Text.default('') }),
  z.object({ t: z.literal('bye'), code: Int.default(10), text: Text.default('') }),
]);

const NEWLINE = 10;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON-lines twin of the frames, for debugging by hand and for side cars. Its ticks become the same records as those of the EA. */
export class LinePeer implements PeerCodec {
  /** A person who types by hand is given a minute. */
  readonly silenceMs = 60_000;
  readonly fences = false;
  readonly maxProto = 1;
  readonly #events: PeerEvents;
  readonly #nowMs: () => number;
  readonly #ticks = emptyTicksFrame();
  readonly #indexes = new Map<string, number>();
  readonly #names: string[] = [];
  #maxLine = MAX_HELLO_LENGTH;
  #torn: Uint8Array[] = [];
  #pending = 0;
  #stopped = false;

  /** @param nowMs wall clock, epoch milliseconds. */
  constructor(events: PeerEvents, nowMs: () => number) {
    this.#events = events;
    this.#nowMs = nowMs;
  }

  get pending(): number {
    return this.#pending;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.byteLength && !this.#stopped) {
      const newline = chunk.indexOf(NEWLINE, from);
      const to = newline === -1 ? chunk.byteLength : newline;
      if (this.#pending + to - from > this.#maxLine) throw badFrame(`a line of more than ${this.#maxLine} bytes`);
      const piece = chunk.subarray(from, to);
      if (newline === -1) {
        // The chunk's buffer may be used again by whoever gave it.
        this.#torn.push(piece.slice());
        this.#pending += piece.byteLength;
        return;
      }
      const line = this.#torn.length === 0 ? piece : Buffer.concat([...this.#torn, piece]);
      this.#torn = [];
      this.#pending = 0;
      from = newline + 1;
      this.#line(line);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  trust(): void {
    this.#maxLine = MAX_LENGTH;
  }

  #line(bytes: Uint8Array): void {
    let text: string;
    try {
      text = utf8.decode(bytes).trim();
    } catch {
      throw badFrame('a line is not UTF-8');
    }
    if (text === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw badFrame('a line is not JSON');
    }
    const parsed = Line.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw badFrame(`a line has a wrong ${issue?.path.join('.') || 'shape'}: ${issue?.message ?? ''}`);
    }
    this.#dispatch(parsed.data);
  }

  #dispatch(line: z.infer<typeof Line>): void {
    const events = this.#events;
    switch (line.t) {
      case 'hello': {
        const now = Math.floor(this.#nowMs() / 1_000);
        const server = now + line.offset_s;
        return events.hello({
          proto: line.proto,
          sizeofTick: TICK_BYTES,
          linkId: 0n,
          loginHash: 0n,
          timeTradeServer: server,
          timeGmt: now,
          timeCurrent: server,
          terminalBuild: 0,
          eaId: line.id,
          server: line.server,
          token: line.token,
        });
      }
      case 'symbol':
        return events.live('a symbol').symbol({
          symIdx: this.#announce(line.s),
          name: line.s,
          digits: line.digits,
          tradeMode: 0,
          bookDepth: 0,
          point: 10 ** -line.digits,
          contractSize: 0,
          path: '',
          currency: '',
        });
      case 'tick':
        return this.#ticksLine(line);
      case 'ping':
        return events.ping({ seq: BigInt(line.q), clockUs: 0n, report: null });
      case 'pong':
        return events.pong(BigInt(line.q), 0n);
      case 'err':
        return events.err(line);
      case 'bye':
        return events.bye(line);
    }
  }

  #announce(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#names.push(name);
    if (this.#names.length > 65_535) throw badFrame('more than 65,535 symbols');
    this.#indexes.set(name, this.#names.length);
    return this.#names.length;
  }

  #ticksLine(line: Extract<z.infer<typeof Line>, { t: 'tick' }>): void {
    const symIdx = this.#indexes.get(line.s);
    if (symIdx === undefined) throw badFrame(`ticks of ${line.s}, which no symbol line announced`);
    const frame = this.#ticks;
    frame.symIdx = symIdx;
    frame.firstSeq = line.q;
    frame.count = line.m.length;
    frame.flags = line.f;
    frame.at = 0;
    frame.view = new DataView(new ArrayBuffer(line.m.length * TICK_BYTES));
    let at = 0;
    for (const [msc, bid, ask, flags, last, volume] of line.m) {
      writeTick(frame.view, at, msc, bid, ask, last, volume, flags);
      at += TICK_BYTES;
    }
    this.#events.live('a tick').ticks(frame);
  }

  #name(symIdx: number): string {
    const name = this.#names[symIdx - 1];
    if (name === undefined) throw new RangeError(`no symbol ${symIdx} was announced on this connection`);
    return name;
  }

  welcome(welcome: Welcome): Uint8Array {
    return encode({ t: 'welcome', proto: welcome.proto, heartbeat_ms: welcome.heartbeatMs, max_batch: welcome.maxBatch });
  }

  sub(sub: Sub): Uint8Array {
    return encode({ t: 'sub', s: this.#name(sub.symIdx), c: [sub.cursor.time, sub.cursor.same], backfill_ms: sub.maxBackfillMs });
  }

  unsub(symIdx: number): Uint8Array {
    return encode({ t: 'unsub', s: this.#name(symIdx) });
  }

  watch(names: readonly string[]): Uint8Array {
    return encode({ t: 'watch', s: names });
  }

  ack(entries: readonly AckEntry[]): Uint8Array {
    const lines = entries.map(({ symIdx, cursor }) => encode({ t: 'ack', s: this.#name(symIdx), c: [cursor.time, cursor.same] }));
    return Buffer.concat(lines);
  }

  ping(seq: bigint): Uint8Array {
    return encode({ t: 'ping', q: Number(seq) });
  }

  pong(seq: bigint): Uint8Array {
    return encode({ t: 'pong', q: Number(seq) });
  }

  err(notice: Notice): Uint8Array {
    return encode({ t: 'err', code: notice.code, text: notice.text });
  }

  bye(notice: Notice): Uint8Array {
    return encode({ t: 'bye', code: notice.code, text: notice.text });
  }
}

function encode(line: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}
