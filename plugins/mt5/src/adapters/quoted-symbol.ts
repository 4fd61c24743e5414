import { TickFlag } from '@tickhub/plugin-sdk';

/** Decimals that a bridge is taken to write, until it writes more. */
const FEWEST_DIGITS = 5;
const MOST_DIGITS = 8;

/** The newest quote of one symbol of a bridge, and where the look at it was broken off. */
export class QuotedSymbol {
  readonly symIdx: number;
  readonly name: string;
  /** Decimals of its prices, as far as was seen. */
  digits = FEWEST_DIGITS;
  /** The tier lets it through: quotes become ticks. */
  open = false;
  /** It was {@link open} before. */
  subscribed = false;
  /** Epoch milliseconds of its newest tick. */
  lastTime = 0;
  /** A quote was seen since the bridge was last away. */
  seen = false;
  /** Between these, epoch milliseconds, nobody looked; 0: no such thing, or not yet over. */
  awayFrom = 0;
  awayUntil = 0;
  /** Epoch milliseconds of the newest quote that came before the tier said anything; 0: none. */
  heldAt = 0;
  /** The newest quote. */
  bid = NaN;
  ask = NaN;
  last = NaN;
  volume = NaN;
  #stamp = NaN;

  constructor(symIdx: number, name: string) {
    this.symIdx = symIdx;
    this.name = name;
  }

  /** Keeps the quote. Returns the {@link TickFlag} bits of what is new in it; 0 when it is the one from before. */
  keep(bid: number, ask: number, last: number, volume: number, stamp: number): number {
    let flags = 0;
    if (bid !== this.bid) flags |= TickFlag.bid;
    if (ask !== this.ask) flags |= TickFlag.ask;
    if (last !== this.last && last !== 0) flags |= TickFlag.last;
    if (volume !== this.volume && volume !== 0) flags |= TickFlag.volume;
    // A new stamp alone: a tick that repeats the prices.
    if (flags === 0 && (stamp !== this.#stamp || last !== this.last)) flags = TickFlag.bid | TickFlag.ask;
    this.bid = bid;
    this.ask = ask;
    this.last = last;
    this.volume = volume;
    this.#stamp = stamp;
    return flags;
  }

  /** Raises {@link digits} to what the newest quote needs. True when it did. */
  learnDigits(): boolean {
    const { bid, ask } = this;
    const before = this.digits;
    while (this.digits < MOST_DIGITS && !(fits(bid, this.digits) && fits(ask, this.digits))) this.digits++;
    return this.digits !== before;
  }
}

function fits(price: number, digits: number): boolean {
  const scaled = Math.abs(price) * 10 ** digits;
  return Math.abs(scaled - Math.round(scaled)) <= Math.max(scaled * 1e-12, 1e-6);
}
