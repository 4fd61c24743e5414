import type { Log, Publish } from '@tickhub/plugin-sdk';
import { canonicalName } from './symbol-map.ts';
import type { AccountFrame, PositionEntry, PositionsFrame } from '../link/frames.ts';
import type { MappingRules } from './symbol-map.ts';

export type Shared = 'account' | 'positions';

const MODES = ['demo', 'contest', 'real'] as const;

export interface AccountOptions {
  readonly share: readonly Shared[];
  readonly mapping: MappingRules;
}

/** Who the account is, as far as records say it: a hash and a server's name. */
export interface AccountName {
  readonly account: string;
  readonly server: string;
}

/**
 * Publishes a terminal's account and open positions, where the config shares them. The EA is asked for nothing else, and what it would send unasked
 * goes no further than here.
 */
export class AccountFeed {
  /** Counted since the plugin began. */
  readonly counters = { accountRecords: 0, positionRecords: 0, accountUnasked: 0, accountInvalid: 0 };
  readonly #source: string;
  readonly #options: AccountOptions;
  readonly #publish: Publish;
  readonly #log: Log;
  readonly #last: Record<Shared, string> = { account: '', positions: '' };

  constructor(source: string, options: AccountOptions, deps: { publish: Publish; log: Log }) {
    this.#source = source;
    this.#options = options;
    this.#publish = deps.publish;
    this.#log = deps.log;
  }

  /** @param time UTC, epoch milliseconds. */
  account(name: AccountName, time: number, frame: AccountFrame): void {
    const { leverage, currency, balance, equity, margin, freeMargin, profit } = frame;
    if (!this.#isAsked('account') || !this.#areFinite([balance, equity, margin, freeMargin, profit])) return;
    const mode = MODES[frame.mode] ?? 'demo';
    const body = { ...name, currency: currency.slice(0, 16), leverage, balance, equity, margin, freeMargin, profit, mode };
    if (!this.#isNew('account', body)) return;
    this.counters.accountRecords++;
    this.#publish.record('account', { time, source: this.#source, body });
  }

  /** @param utc turns a time by the broker's clock into UTC, epoch milliseconds. */
  positions(name: AccountName, time: number, frame: PositionsFrame, utc: (wallMs: number) => number): void {
    if (!this.#isAsked('positions')) return;
    const numbers = frame.positions.flatMap((it) => [
      it.volume,
      it.openPrice,
      it.currentPrice,
      it.stopLoss,
      it.takeProfit,
      it.profit,
      it.swap,
    ]);
    if (!this.#areFinite(numbers)) return;
    if (frame.cut) this.#log.warn(`${this.#source} has more than 5,000 open positions; only the first 5,000 are told`);
    const body = { account: name.account, positions: frame.positions.map((it) => this.#position(it, utc)) };
    if (!this.#isNew('positions', body)) return;
    this.counters.positionRecords++;
    this.#publish.record('positions', { time, source: this.#source, body });
  }

  #position(it: PositionEntry, utc: (wallMs: number) => number) {
    const { side, volume, openPrice, currentPrice, profit, swap } = it;
    return {
      ticket: String(it.ticket),
      symbol: canonicalName(it.symbol, this.#options.mapping).slice(0, 64) || '?',
      side,
      volume: Math.max(volume, 0),
      openedAt: utc(it.openedMsc),
      openPrice,
      currentPrice,
      stopLoss: it.stopLoss === 0 ? null : it.stopLoss,
      takeProfit: it.takeProfit === 0 ? null : it.takeProfit,
      profit,
      swap,
    };
  }

  #isAsked(what: Shared): boolean {
    if (this.#options.share.includes(what)) return true;
    this.counters.accountUnasked++;
    return false;
  }

  #areFinite(numbers: readonly number[]): boolean {
    if (numbers.every(Number.isFinite)) return true;
    this.counters.accountInvalid++;
    return false;
  }

  /** A new connection tells the same state again. */
  #isNew(what: Shared, body: object): boolean {
    const text = JSON.stringify(body);
    const isNew = this.#last[what] !== text;
    this.#last[what] = text;
    return isNew;
  }
}
