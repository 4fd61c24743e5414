import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkError } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import * as rich from './rich-frames.ts';
import { HEADER_BYTES } from './wire.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const i64 = fc.maxSafeInteger();
const u32 = fc.nat(0xffff_ffff);
const f64 = fc.double({ noNaN: true });
const symIdx = fc.nat(0xffff);

const book = fc.record({ timeMsc: i64, levels: fc.array(fc.record({ type: fc.nat(255), price: f64, volume: f64 }), { maxLength: 100 }) });
const request = fc.record({ id: u32, widthMs: u32, from: i64, to: i64 });
const rate = fc.record({ time: i64, open: f64, high: f64, low: f64, close: f64, ticks: i64, spread: fc.nat(0x7fff_ffff), volume: i64 });
const bars = fc.record({ id: u32, widthMs: u32, rates: fc.array(rate, { maxLength: 50 }), more: fc.boolean(), failed: fc.boolean() });
const account = fc.record({
  timeMsc: i64,
  mode: fc.nat(255),
  leverage: u32,
  balance: f64,
  equity: f64,
  margin: f64,
  freeMargin: f64,
  profit: f64,
  currency: text,
});
const position = fc.record({
  ticket: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  volume: f64,
  openedMsc: i64,
  openPrice: f64,
  currentPrice: f64,
  stopLoss: f64,
  takeProfit: f64,
  profit: f64,
  swap: f64,
  symbol: text,
});
const positions = fc.record({ timeMsc: i64, positions: fc.array(position, { maxLength: 30 }), cut: fc.boolean() });

interface Cut {
  readonly view: DataView;
  readonly symIdx: number;
  readonly flags: number;
}

function cut(bytes: Uint8Array): Cut {
  let found: Cut | null = null;
  new FrameReader((_type, flags, index, view, at, end) => {
    found = { view: new DataView(view.buffer.slice(view.byteOffset + at, view.byteOffset + end)), symIdx: index, flags };
  }).push(bytes);
  if (found === null) throw new Error('no frame');
  return found;
}

describe('the frames of protocol 2 come back as they were', () => {
  it('BOOK', () => {
    fc.assert(
      fc.property(symIdx, book, (index, it) => {
        const { view, symIdx: got } = cut(rich.encodeBook(index, it));
        expect([got, rich.decodeBook(view, 0, view.byteLength)]).toEqual([index, it]);
      }),
    );
  });

  it('GET_BARS and BARS', () => {
    fc.assert(
      fc.property(symIdx, request, bars, (index, asked, it) => {
        const { view: question } = cut(rich.encodeBarsRequest(index, asked));
        expect(rich.decodeBarsRequest(question, 0, question.byteLength)).toEqual(asked);
        const { view, flags, symIdx: got } = cut(rich.encodeBars(index, it));
        expect([got, rich.decodeBars(view, 0, view.byteLength, flags)]).toEqual([index, it]);
      }),
    );
  });

  it('ACCOUNT and POSITIONS', () => {
    fc.assert(
      fc.property(account, positions, (one, other) => {
        const { view } = cut(rich.encodeAccount(one));
        expect(rich.decodeAccount(view, 0, view.byteLength)).toEqual(one);
        const { view: second, flags } = cut(rich.encodePositions(other));
        expect(rich.decodePositions(second, 0, second.byteLength, flags)).toEqual(other);
      }),
    );
  });
});

describe('what is none', () => {
  const level = { type: 1, price: 1, volume: 1 };
  const frames: [string, Uint8Array, (view: DataView, end: number) => unknown][] = [
    ['BOOK', rich.encodeBook(1, { timeMsc: 1, levels: [level, level] }), (view, end) => rich.decodeBook(view, 0, end)],
    ['GET_BARS', rich.encodeBarsRequest(1, { id: 1, widthMs: 1, from: 1, to: 1 }), (view, end) => rich.decodeBarsRequest(view, 0, end)],
    [
      'BARS',
      rich.encodeBars(1, {
        id: 1,
        widthMs: 1,
        rates: [{ time: 1, open: 1, high: 1, low: 1, close: 1, ticks: 1, spread: 1, volume: 1 }],
        more: false,
        failed: false,
      }),
      (view, end) => rich.decodeBars(view, 0, end, 0),
    ],
    [
      'ACCOUNT',
      rich.encodeAccount({ timeMsc: 1, mode: 0, leverage: 1, balance: 1, equity: 1, margin: 1, freeMargin: 1, profit: 1, currency: 'USD' }),
      (view, end) => rich.decodeAccount(view, 0, end),
    ],
    ['POSITIONS', rich.encodePositions({ timeMsc: 1, positions: [], cut: false }), (view, end) => rich.decodePositions(view, 0, end, 0)],
  ];

  it.each(frames)('%s of another length is a typed error', (_name, bytes, decode) => {
    const body = new Uint8Array(bytes.length - HEADER_BYTES + 1);
    body.set(bytes.subarray(HEADER_BYTES));
    const view = new DataView(body.buffer);
    for (let end = 0; end <= body.length; end++) {
      if (end !== body.length - 1) expect(() => decode(view, end)).toThrow(LinkError);
    }
  });

  it('any bytes are a frame or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const view = new DataView(bytes.slice().buffer);
        for (const [, , decode] of frames) {
          try {
            decode(view, view.byteLength);
          } catch (error) {
            expect(error).toBeInstanceOf(LinkError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
