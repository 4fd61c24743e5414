import { TickFlag, type TickCursor, type TickSymbol, type TickVerdict } from '@tickhub/plugin-sdk';
import { TICK_BYTES, TICK_FLAGS_MASK, TicksFlag } from '../link/wire.ts';
import { Cadence } from './cadence.ts';
import { newQuality, type Quality } from './quality.ts';
import type { TicksFrame } from '../link/frames.ts';
import type { MarketHours } from './market-hours.ts';

/** The largest epoch milliseconds a Date holds. */
const MAX_TIME = 8.64e15;

/** What the ticks of all symbols of a terminal have in common. */
export interface FeedContext {
  /** {@link TickFlag} bits that every tick of the source gets. */
  readonly marks: number;
  /** Live ticks before this source time are stale; -Infinity while the broker's clock is unknown. */
  staleBefore: number;
  /** The range of source times in which the source's UTC offset is right. */
  offsetFrom: number;
  offsetUntil: number;
  /** Makes the offset right for a tick outside that range, and the range with it. */
  moveOffset(time: number): void;
}

/**
 * `taken`: the frame was handled. `gap`: numbers are missing before it, so nothing of it was taken: subscribe again from the cursor.
 * `unasked`: there is no subscription that it could belong to.
 */
export type FrameOutcome = 'taken' | 'gap' | 'unasked';

/**
 * One symbol of one terminal: its subscription on the present connection and the way of its ticks, from the record in the receive buffer to
 * {@link TickSymbol.push}, with nothing allocated in between.
 */
export class Feed {
  readonly symbol: TickSymbol;
  /** The broker's name. */
  readonly rawName: string;
  readonly quality: Quality;
  /** On the present connection; 0: not announced. */
  symIdx = 0;
  /** When it is traded, as the terminal said last. */
  hours: MarketHours = { tradeMode: 0, sessions: [] };
  /** Which price its bars are of. */
  side: 'bid' | 'last' = 'bid';
  /** How often live ticks come. */
  readonly cadence = new Cadence();
  /** Source time of the newest tick taken from the terminal. */
  lastTime = 0;
  #open = false;
  #answered = false;
  /** PING whose PONG must come before frames belong to the present subscription; 0: none. */
  #fence = 0n;
  #asked: TickCursor = { time: 0, same: 0 };
  #nextSeq = 0;
  #time = 0;
  #same = 0;

  /** @param quality what was counted of the canonical symbol before, under another of the broker's names. */
  constructor(symbol: TickSymbol, rawName: string, quality: Quality = newQuality()) {
    this.symbol = symbol;
    this.rawName = rawName;
    this.quality = quality;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Subscribed, and no frame has come yet. */
  get awaitsAnswer(): boolean {
    return this.#open && !this.#answered;
  }

  /** The cursor of the present subscription. */
  get asked(): TickCursor {
    return this.#asked;
  }

  /**
   * A SUB from `cursor` was sent. Frames count as its answer once {@link passed} saw `fence` (0: at once): until then they belong to the
   * subscription before.
   */
  subscribed(cursor: TickCursor, fence: bigint): void {
    this.#open = true;
    this.#answered = false;
    this.#fence = fence;
    this.#asked = cursor;
    this.#time = cursor.time;
    this.#same = cursor.same;
  }

  unsubscribed(): void {
    this.#open = false;
  }

  /** The connection is gone, and its numbers with it. */
  disconnected(): void {
    this.#open = false;
    this.#fence = 0n;
    this.symIdx = 0;
  }

  passed(fence: bigint): void {
    if (fence >= this.#fence) this.#fence = 0n;
  }

  take(frame: TicksFrame, context: FeedContext): FrameOutcome {
    const quality = this.quality;
    const { firstSeq, count } = frame;
    if (!this.#open || this.#fence !== 0n) {
      quality.unasked += count;
      return 'unasked';
    }
    let skip = 0;
    if (firstSeq !== 0) {
      if (this.#answered && this.#nextSeq !== 0) {
        if (firstSeq > this.#nextSeq) {
          quality.gaps++;
          quality.missing += firstSeq - this.#nextSeq;
          return 'gap';
        }
        skip = Math.min(count, this.#nextSeq - firstSeq);
        quality.duplicates += skip;
      }
      this.#nextSeq = Math.max(this.#answered ? this.#nextSeq : 0, firstSeq + count);
    }
    const first = !this.#answered;
    this.#answered = true;
    if (skip < count) this.#takeRecords(frame, skip, first, context);
    return 'taken';
  }

  #takeRecords(frame: TicksFrame, skip: number, first: boolean, context: FeedContext): void {
    const { view, count } = frame;
    const quality = this.quality;
    const symbol = this.symbol;
    const backfill = (frame.flags & TicksFlag.backfill) !== 0;
    const marks = context.marks | (backfill ? TickFlag.late : 0);
    const staleBefore = backfill ? -Infinity : context.staleBefore;
    let time = this.#time;
    let same = this.#same;
    let begins = first;
    for (let i = skip, at = frame.at + skip * TICK_BYTES; i < count; i++, at += TICK_BYTES) {
      const t = view.getInt32(at + 44, true) * 4_294_967_296 + view.getUint32(at + 40, true);
      if (t <= 0 || t > MAX_TIME) {
        quality.invalid++;
        continue;
      }
      if (t > time || begins) {
        // The terminal began before the cursor, or where it could: ordinals count from 0 there.
        if (t !== time) same = 0;
        time = t;
        begins = false;
      } else if (t < time) {
        quality.outOfOrder++;
        continue;
      }
      const ordinal = same++;

      const bid = view.getFloat64(at + 8, true);
      const ask = view.getFloat64(at + 16, true);
      const last = view.getFloat64(at + 24, true);
      const real = view.getFloat64(at + 52, true);
      const volume = real !== 0 ? real : view.getUint32(at + 36, true) * 4_294_967_296 + view.getUint32(at + 32, true);
      // Finite only when all four are.
      if (!Number.isFinite(bid - ask + last + volume) || volume < 0) {
        quality.invalid++;
        continue;
      }
      if (bid === 0 && ask === 0 && last === 0) {
        quality.noQuote++;
        continue;
      }
      if (t >= context.offsetUntil || t < context.offsetFrom) context.moveOffset(t);
      const verdict = symbol.push(t, ordinal, bid, ask, last, volume, (view.getUint32(at + 48, true) & TICK_FLAGS_MASK) | marks);
      if (verdict !== 'taken') {
        this.#refused(verdict);
        continue;
      }
      quality.taken++;
      if (backfill) quality.late++;
      if (ask < bid) quality.crossed++;
      if (t < staleBefore) quality.stale++;
    }
    this.#time = time;
    this.#same = same;
    if (time > this.lastTime) this.lastTime = time;
  }

  #refused(verdict: Exclude<TickVerdict, 'taken'>): void {
    switch (verdict) {
      case 'duplicate':
        this.quality.duplicates++;
        return;
      case 'out-of-order':
        // The ticks of a frame are in order here, so one behind the cursor was taken by an earlier subscription.
        this.quality.duplicates++;
        return;
      case 'invalid':
        this.quality.invalid++;
        return;
      case 'held-back':
        this.quality.heldBack++;
    }
  }
}
