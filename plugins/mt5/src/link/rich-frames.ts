/** The frames of protocol 2 besides ticks: order books, bars, account and positions. Decoders throw a {@link LinkError} BAD_FRAME, as in decode.ts. */
import { BodyReader, FrameWriter } from './body.ts';
import { badFrame } from './errors.ts';
import { BarsFlag, FrameType, POSITIONS_CUT, RATES_BYTES } from './wire.ts';
import type { AccountFrame, BarsFrame, BarsRequest, BookFrame, BookLevel, PositionEntry, PositionsFrame, Rate } from './frames.ts';

const MAX_LEVELS = 2_000;
const MAX_POSITIONS = 5_000;

export function decodeBook(view: DataView, at: number, end: number): BookFrame {
  const body = new BodyReader('BOOK', view, at, end);
  const timeMsc = body.integer('timeMsc');
  const levels: BookLevel[] = [];
  const count = body.u16();
  if (count > MAX_LEVELS) throw badFrame(`BOOK has ${count} levels, at most ${MAX_LEVELS} are allowed`);
  for (let left = count; left > 0; left--) levels.push({ type: body.u8(), price: body.f64(), volume: body.f64() });
  body.end();
  return { timeMsc, levels };
}

export function encodeBook(symIdx: number, book: BookFrame): Uint8Array {
  const frame = new FrameWriter(FrameType.book, symIdx).i64(book.timeMsc).u16(book.levels.length);
  for (const { type, price, volume } of book.levels) frame.u8(type).f64(price).f64(volume);
  return frame.done();
}

export function decodeBarsRequest(view: DataView, at: number, end: number): BarsRequest {
  const body = new BodyReader('GET_BARS', view, at, end);
  const request = { id: body.u32(), widthMs: body.u32(), from: body.integer('from'), to: body.integer('to') };
  body.end();
  return request;
}

export function encodeBarsRequest(symIdx: number, request: BarsRequest): Uint8Array {
  return new FrameWriter(FrameType.get_bars, symIdx).u32(request.id).u32(request.widthMs).i64(request.from).i64(request.to).done();
}

export function decodeBars(view: DataView, at: number, end: number, flags: number): BarsFrame {
  const body = new BodyReader('BARS', view, at, end);
  const [id, widthMs, count] = [body.u32(), body.u32(), body.u16()];
  const head = 10;
  if (end - at - head !== count * RATES_BYTES) {
    throw badFrame(`BARS says ${count} bars of ${RATES_BYTES} bytes but carries ${end - at - head} bytes`);
  }
  const rates: Rate[] = [];
  for (let i = 0; i < count; i++) rates.push(rateAt(view, at + head + i * RATES_BYTES));
  return { id, widthMs, rates, more: (flags & BarsFlag.more) !== 0, failed: (flags & BarsFlag.failed) !== 0 };
}

/** An `MqlRates`: time i64@0, open f64@8, high @16, low @24, close @32, tick_volume i64@40, spread i32@48, real_volume i64@52. */
function rateAt(view: DataView, at: number): Rate {
  return {
    time: Number(view.getBigInt64(at, true)),
    open: view.getFloat64(at + 8, true),
    high: view.getFloat64(at + 16, true),
    low: view.getFloat64(at + 24, true),
    close: view.getFloat64(at + 32, true),
    ticks: Number(view.getBigInt64(at + 40, true)),
    spread: view.getInt32(at + 48, true),
    volume: Number(view.getBigInt64(at + 52, true)),
  };
}

export function encodeBars(symIdx: number, bars: BarsFrame): Uint8Array {
  const flags = (bars.more ? BarsFlag.more : 0) | (bars.failed ? BarsFlag.failed : 0);
  const frame = new FrameWriter(FrameType.bars, symIdx, flags).u32(bars.id).u32(bars.widthMs).u16(bars.rates.length);
  for (const { time, open, high, low, close, ticks, spread, volume } of bars.rates) {
    frame.i64(time).f64(open).f64(high).f64(low).f64(close).i64(ticks).u32(spread).i64(volume);
  }
  return frame.done();
}

export function decodeAccount(view: DataView, at: number, end: number): AccountFrame {
  const body = new BodyReader('ACCOUNT', view, at, end);
  const account = {
    timeMsc: body.integer('timeMsc'),
    mode: body.u8(),
    leverage: body.u32(),
    balance: body.f64(),
    equity: body.f64(),
    margin: body.f64(),
    freeMargin: body.f64(),
    profit: body.f64(),
    currency: body.str('currency'),
  };
  body.end();
  return account;
}

export function encodeAccount(account: AccountFrame): Uint8Array {
  const { timeMsc, mode, leverage, balance, equity, margin, freeMargin, profit, currency } = account;
  const frame = new FrameWriter(FrameType.account).i64(timeMsc).u8(mode).u32(leverage);
  return frame.f64(balance).f64(equity).f64(margin).f64(freeMargin).f64(profit).str(currency).done();
}

export function decodePositions(view: DataView, at: number, end: number, flags: number): PositionsFrame {
  const body = new BodyReader('POSITIONS', view, at, end);
  const timeMsc = body.integer('timeMsc');
  const count = body.u16();
  if (count > MAX_POSITIONS) throw badFrame(`POSITIONS has ${count} of them, at most ${MAX_POSITIONS} are allowed`);
  const positions: PositionEntry[] = [];
  for (let left = count; left > 0; left--) {
    positions.push({
      ticket: body.u64(),
      side: body.u8() === 0 ? 'buy' : 'sell',
      volume: body.f64(),
      openedMsc: body.integer('openedMsc'),
      openPrice: body.f64(),
      currentPrice: body.f64(),
      stopLoss: body.f64(),
      takeProfit: body.f64(),
      profit: body.f64(),
      swap: body.f64(),
      symbol: body.str('symbol'),
    });
  }
  body.end();
  return { timeMsc, positions, cut: (flags & POSITIONS_CUT) !== 0 };
}

export function encodePositions(frame: PositionsFrame): Uint8Array {
  const out = new FrameWriter(FrameType.positions, 0, frame.cut ? POSITIONS_CUT : 0).i64(frame.timeMsc).u16(frame.positions.length);
  for (const it of frame.positions) {
    out
      .u64(it.ticket)
      .u8(it.side === 'buy' ? 0 : 1)
      .f64(it.volume)
      .i64(it.openedMsc)
      .f64(it.openPrice)
      .f64(it.currentPrice);
    out.f64(it.stopLoss).f64(it.takeProfit).f64(it.profit).f64(it.swap).str(it.symbol);
  }
  return out.done();
}
