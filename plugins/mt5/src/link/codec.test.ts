import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameWriter } from './body.ts';
import * as decode from './decode.ts';
import * as encode from './encode.ts';
import { LinkError } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { emptyTicksFrame } from './frames.ts';
import { FrameType, HEADER_BYTES, MAX_BATCH, MAX_LENGTH, TICK_BYTES, TicksFlag } from './wire.ts';

interface Cut {
  type: number;
  flags: number;
  symIdx: number;
  body: Uint8Array;
}

/** Cuts `bytes`, fed in pieces that end at `cuts`. */
function cut(bytes: Uint8Array, cuts: readonly number[] = []): Cut[] {
  const frames: Cut[] = [];
  const reader = new FrameReader((type, flags, symIdx, view, at, end) => {
    frames.push({ type, flags, symIdx, body: new Uint8Array(view.buffer, view.byteOffset + at, end - at).slice() });
  });
  let from = 0;
  for (const to of [...cuts.map((it) => it % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    reader.push(bytes.subarray(from, to).slice());
    from = Math.max(from, to);
  }
  return frames;
}

function one(bytes: Uint8Array): { view: DataView; at: number; end: number; symIdx: number; type: number; flags: number } {
  const [frame, ...more] = cut(bytes);
  if (frame === undefined || more.length > 0) throw new Error('not one frame');
  return {
    view: new DataView(frame.body.buffer),
    at: 0,
    end: frame.body.length,
    symIdx: frame.symIdx,
    type: frame.type,
    flags: frame.flags,
  };
}

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const i64 = fc.maxSafeInteger();
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const anyI64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const u32 = fc.nat(0xffff_ffff);
const u16 = fc.nat(0xffff);
const cursor = fc.record({ time: i64, same: u32 });

describe('frames come back as they were', () => {
  it('HELLO', () => {
    const hello = fc.record({
      proto: fc.constant(1),
      sizeofTick: u16,
      linkId: u64,
      loginHash: u64,
      timeTradeServer: i64,
      timeGmt: i64,
      timeCurrent: i64,
      terminalBuild: u32,
      eaId: text,
      server: text,
      token: text,
    });
    fc.assert(
      fc.property(hello, (it) => {
        const { view, at, end } = one(encode.encodeHello(it));
        expect(decode.decodeHello(view, at, end)).toEqual(it);
      }),
    );
  });

  it('HELLO of a later protocol, with fields behind, is read as far as it is known', () => {
    const writer = new FrameWriter(FrameType.hello).u16(3).u16(60).u64(1n).u64(2n).i64(3).i64(4).i64(5).u32(6).str('a').str('b').str('c');
    const { view, at, end } = one(writer.str('new').done());
    expect(decode.decodeHello(view, at, end).proto).toBe(3);
  });

  it('WELCOME', () => {
    const terms = { heartbeatMs: u16, maxBatch: u16, sweepMs: u16 };
    fc.assert(
      fc.property(
        fc.oneof(fc.record({ proto: fc.constant(1), ...terms }), fc.record({ proto: fc.constant(2), ...terms, bookMs: u16, share: u16 })),
        (it) => {
          const { view, at, end } = one(encode.encodeWelcome(it));
          expect(decode.decodeWelcome(view, at, end)).toEqual(it);
        },
      ),
    );
  });

  it('SYMBOL', () => {
    const spec = fc.record({
      symIdx: fc.integer({ min: 1, max: 0xffff }),
      digits: fc.nat(15),
      tradeMode: fc.nat(255),
      bookDepth: u16,
      point: fc.double({ noNaN: true }),
      contractSize: fc.double({ noNaN: true }),
      name: text.filter((it) => it !== ''),
      path: text,
      currency: text,
    });
    const opens = fc.nat(604_799);
    const session = opens.chain((from) => fc.record({ opens: fc.constant(from), closes: fc.integer({ min: from + 1, max: 604_800 }) }));
    fc.assert(
      fc.property(spec, fc.option(fc.array(session, { maxLength: 20 }), { nil: undefined }), (plain, sessions) => {
        const it = sessions === undefined ? plain : { ...plain, chartMode: 1, sessions };
        const { view, at, end, symIdx } = one(encode.encodeSymbol(it));
        expect(decode.decodeSymbol(view, at, end, symIdx, sessions === undefined ? 1 : 2)).toEqual(it);
      }),
    );
  });

  it('SUB, UNSUB and WATCH', () => {
    fc.assert(
      fc.property(fc.record({ symIdx: u16, cursor, maxBackfillMs: u32, wants: u16 }), (it) => {
        const { view, at, end, symIdx } = one(encode.encodeSub(it));
        expect(decode.decodeSub(view, at, end, symIdx)).toEqual(it);
      }),
    );
    expect(one(encode.encodeUnsub(9))).toMatchObject({ type: FrameType.unsub, symIdx: 9, end: 0 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), (names) => {
        const { view, at, end } = one(encode.encodeWatch(names));
        expect(decode.decodeWatch(view, at, end)).toEqual(names);
      }),
    );
  });

  it('PING of both sides, and PONG', () => {
    const report = fc.record({
      timeTradeServer: i64,
      timeGmt: i64,
      connected: fc.boolean(),
      ticksSent: u32,
      sendStalls: u32,
      copyErrors: u32,
    });
    fc.assert(
      fc.property(fc.record({ seq: u64, clockUs: anyI64, report: fc.option(report) }), (it) => {
        const { view, at, end } = one(encode.encodePing(it));
        expect(decode.decodePing(view, at, end)).toEqual(it);
        const pong = one(encode.encodePong(it.seq, it.clockUs));
        expect(decode.decodePong(pong.view, pong.at, pong.end)).toEqual({ seq: it.seq, clockUs: it.clockUs });
      }),
    );
  });

  it('ACK, ERR and BYE', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ symIdx: u16, cursor }), { maxLength: 50 }), (entries) => {
        const { view, at, end } = one(encode.encodeAck(entries));
        expect(decode.decodeAck(view, at, end)).toEqual(entries);
      }),
    );
    fc.assert(
      fc.property(fc.record({ code: u16, text }), (notice) => {
        const err = one(encode.encodeNotice(FrameType.err, notice));
        expect(decode.decodeNotice('ERR', err.view, err.at, err.end)).toEqual(notice);
        expect(one(encode.encodeNotice(FrameType.bye, notice)).type).toBe(FrameType.bye);
      }),
    );
  });

  it('an ERR whose text is too long is cut rather than refused', () => {
    const { view, at, end } = one(encode.encodeNotice(FrameType.err, { code: 1, text: 'ä'.repeat(5_000) }));
    expect(decode.decodeNotice('ERR', view, at, end).text.length).toBeGreaterThan(100);
  });

  it('TICKS, byte for byte where MqlTick has its fields', () => {
    const writer = new encode.TicksWriter(2);
    writer.begin(3, 2 ** 40 + 5);
    writer.add(1_398_902_400_292, 1.38676, 1.38686, 1.38, 2.5, 6);
    writer.add(1_398_902_400_292, -37.63, -36.98, 0, 0, 2);
    const { view, at, end, symIdx, flags } = one(writer.end(TicksFlag.backfill));
    const out = emptyTicksFrame();
    decode.decodeTicks(view, at, end, symIdx, flags, 512, out);
    expect(out).toMatchObject({ symIdx: 3, firstSeq: 2 ** 40 + 5, count: 2, flags: 1 });
    const tick = out.at;
    expect(view.getBigInt64(tick, true)).toBe(1_398_902_400n);
    expect(view.getFloat64(tick + 8, true)).toBe(1.38676);
    expect(view.getFloat64(tick + 16, true)).toBe(1.38686);
    expect(view.getFloat64(tick + 24, true)).toBe(1.38);
    expect(view.getBigUint64(tick + 32, true)).toBe(2n);
    expect(view.getBigInt64(tick + 40, true)).toBe(1_398_902_400_292n);
    expect(view.getUint32(tick + 48, true)).toBe(6);
    expect(view.getFloat64(tick + 52, true)).toBe(2.5);
    expect(view.getFloat64(tick + TICK_BYTES + 8, true)).toBe(-37.63);
  });
});

describe('bodies of a wrong size', () => {
  const frames: [string, Uint8Array, (view: DataView, at: number, end: number) => unknown][] = [
    ['HELLO', encode.encodeHello({ ...exampleHello() }), decode.decodeHello],
    ['WELCOME', encode.encodeWelcome({ proto: 1, heartbeatMs: 1, maxBatch: 1, sweepMs: 1 }), decode.decodeWelcome],
    ['SYMBOL', encode.encodeSymbol({ ...exampleSpec() }), (v, a, e) => decode.decodeSymbol(v, a, e, 1, 1)],
    [
      'SUB',
      encode.encodeSub({ symIdx: 1, cursor: { time: 1, same: 1 }, maxBackfillMs: 1, wants: 1 }),
      (v, a, e) => decode.decodeSub(v, a, e, 1),
    ],
    ['WATCH', encode.encodeWatch(['EURUSD']), decode.decodeWatch],
    ['PONG', encode.encodePong(1n, 1n), decode.decodePong],
    ['ACK', encode.encodeAck([{ symIdx: 1, cursor: { time: 1, same: 1 } }]), decode.decodeAck],
    ['ERR', encode.encodeNotice(FrameType.err, { code: 1, text: 'x' }), (v, a, e) => decode.decodeNotice('ERR', v, a, e)],
  ];

  it.each(frames)('%s, shortened by any number of bytes or lengthened, is a typed error', (_name, bytes, decodeBody) => {
    const body = bytes.slice(HEADER_BYTES);
    for (let n = 0; n < body.length; n++) expect(() => decodeBody(new DataView(body.buffer), 0, n)).toThrow(LinkError);
    const longer = new Uint8Array(body.length + 1);
    longer.set(body);
    expect(() => decodeBody(new DataView(longer.buffer), 0, longer.length)).toThrow(LinkError);
  });

  it('a PING is 16 or 45 bytes and nothing else', () => {
    const body = new Uint8Array(64);
    for (let n = 0; n <= 64; n++) {
      const read = (): unknown => decode.decodePing(new DataView(body.buffer), 0, n);
      if (n === 16 || n === 45) expect(read).not.toThrow();
      else expect(read).toThrow(LinkError);
    }
  });

  it.each([
    ['too few records', 2, 1, 512, 0],
    ['too many records', 1, 2, 512, 0],
    ['more than WELCOME allows', 3, 3, 2, 0],
    ['nothing at all', 0, 0, 512, TicksFlag.backfill],
  ])('TICKS with %s is refused', (_name, says, carries, maxBatch, flags) => {
    const body = new DataView(new ArrayBuffer(10 + carries * TICK_BYTES));
    body.setBigUint64(0, 1n, true);
    body.setUint16(8, says, true);
    expect(() => decode.decodeTicks(body, 0, body.byteLength, 1, flags, maxBatch, emptyTicksFrame())).toThrow(LinkError);
  });

  it('TICKS without a tick may end a backfill', () => {
    const body = new DataView(new ArrayBuffer(10));
    body.setBigUint64(0, 1n, true);
    const out = emptyTicksFrame();
    decode.decodeTicks(body, 0, 10, 1, TicksFlag.backfill | TicksFlag.end, 512, out);
    expect(out.count).toBe(0);
  });

  it.each([0n, 2n ** 53n, 2n ** 64n - 1n])('TICKS with firstSeq %s is refused', (seq) => {
    const body = new DataView(new ArrayBuffer(10 + TICK_BYTES));
    body.setBigUint64(0, seq, true);
    body.setUint16(8, 1, true);
    expect(() => decode.decodeTicks(body, 0, body.byteLength, 1, 0, 512, emptyTicksFrame())).toThrow(LinkError);
  });

  it('strings that are too long or no UTF-8 are refused', () => {
    const long = new FrameWriter(FrameType.err).u16(1).u16(1_025).done();
    expect(() => decode.decodeNotice('ERR', new DataView(long.slice(HEADER_BYTES).buffer), 0, 4)).toThrow(/1025 bytes/);
    const bad = new FrameWriter(FrameType.err).u16(1).u16(1).u8(0xff).done();
    expect(() => decode.decodeNotice('ERR', new DataView(bad.slice(HEADER_BYTES).buffer), 0, 5)).toThrow(/UTF-8/);
    expect(() => new FrameWriter(FrameType.err).str('x'.repeat(1_025))).toThrow(RangeError);
  });
});

describe('the frame reader', () => {
  it('gives the same frames wherever the stream is torn', () => {
    const stream = Buffer.concat([
      encode.encodeHello(exampleHello()),
      encode.encodeSymbol(exampleSpec()),
      encode.encodeWatch(['EURUSD', 'XAUUSD']),
      encode.encodeUnsub(5),
      encode.encodePong(1n, 2n),
    ]);
    const whole = cut(stream);
    expect(whole.map((it) => it.type)).toEqual([1, 3, 6, 5, 31]);
    fc.assert(fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => void expect(cut(stream, cuts)).toEqual(whole)));
    expect(
      cut(
        stream,
        Array.from({ length: stream.length }, (_, i) => i),
      ),
    ).toEqual(whole);
  });

  it('throws nothing but the typed error on any soup of bytes, wherever it is torn', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300), { maxLength: 5 }), (soup, cuts) => {
        try {
          for (const { type, symIdx, flags, body } of cut(soup, cuts)) decodeAny(type, symIdx, flags, body);
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('throws nothing but the typed error on bodies of any content under a right header', () => {
    const type = fc.constantFrom(...Object.values(FrameType));
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 200 }), u16, fc.nat(255), (frameType, body, symIdx, flags) => {
        try {
          decodeAny(frameType, symIdx, flags, body);
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([0, 3, MAX_LENGTH + 1, 0xffff_ffff])('refuses a length of %i before the body is there', (length) => {
    const header = new Uint8Array(8);
    new DataView(header.buffer).setUint32(0, length, true);
    header[4] = FrameType.ticks;
    expect(() => cut(header)).toThrow(/length/);
    expect(() => cut(header, [1, 2, 3, 4, 5, 6, 7])).toThrow(/length/);
  });

  it('refuses an unknown type before the body is there', () => {
    const header = new Uint8Array(8);
    new DataView(header.buffer).setUint32(0, 1_000, true);
    header[4] = 99;
    expect(() => cut(header)).toThrow(/type 99/);
  });

  it('takes the longest frame there is, torn', () => {
    const writer = new encode.TicksWriter(MAX_BATCH);
    writer.begin(1, 1);
    for (let i = 0; i < MAX_BATCH; i++) writer.add(1_000 + i, 1, 2, 0, 0, 6);
    const bytes = writer.end(0);
    expect(bytes.length).toBeLessThanOrEqual(4 + MAX_LENGTH);
    const [frame] = cut(bytes, [10_000, 500_000, 900_000]);
    expect(frame?.body.length).toBe(bytes.length - HEADER_BYTES);
  });

  it('takes nothing after stop, not even what is in the same chunk', () => {
    let seen = 0;
    const reader: FrameReader = new FrameReader(() => {
      seen++;
      reader.stop();
    });
    reader.push(Buffer.concat([encode.encodeUnsub(1), encode.encodeUnsub(2)]));
    reader.push(encode.encodeUnsub(3));
    expect(seen).toBe(1);
  });
});

function decodeAny(type: number, symIdx: number, flags: number, bytes: Uint8Array): unknown {
  const body = bytes.slice();
  const view = new DataView(body.buffer);
  const end = body.length;
  switch (type) {
    case FrameType.hello:
      return decode.decodeHello(view, 0, end);
    case FrameType.welcome:
      return decode.decodeWelcome(view, 0, end);
    case FrameType.symbol:
      return decode.decodeSymbol(view, 0, end, symIdx, 2);
    case FrameType.sub:
      return decode.decodeSub(view, 0, end, symIdx);
    case FrameType.watch:
      return decode.decodeWatch(view, 0, end);
    case FrameType.ticks:
      return decode.decodeTicks(view, 0, end, symIdx, flags, 512, emptyTicksFrame());
    case FrameType.ping:
      return decode.decodePing(view, 0, end);
    case FrameType.pong:
      return decode.decodePong(view, 0, end);
    case FrameType.ack:
      return decode.decodeAck(view, 0, end);
    case FrameType.err:
    case FrameType.bye:
      return decode.decodeNotice('ERR', view, 0, end);
    default:
      return null;
  }
}

function exampleHello(): Parameters<typeof encode.encodeHello>[0] {
  return {
    proto: 1,
    sizeofTick: 60,
    linkId: 1n,
    loginHash: 2n,
    timeTradeServer: 3,
    timeGmt: 4,
    timeCurrent: 5,
    terminalBuild: 6,
    eaId: 'demo-1',
    server: 'Broker-Demo',
    token: 'secret',
  };
}

function exampleSpec(): Parameters<typeof encode.encodeSymbol>[0] {
  return {
    symIdx: 1,
    digits: 5,
    tradeMode: 4,
    bookDepth: 0,
    point: 0.00001,
    contractSize: 100_000,
    name: 'EURUSD',
    path: 'Forex\\EURUSD',
    currency: 'USD',
  };
}
