import { AccountBody, PositionsBody } from '@tickhub/plugin-sdk/host';
import type { MarketContext } from '@tickhub/plugin-sdk/host';

/** The newest account and positions of each source that shows them. */
export class AccountBook {
  readonly #accounts = new Map<string, AccountBody>();
  readonly #positions = new Map<string, PositionsBody>();

  take(stream: 'account' | 'positions', source: string, body: unknown): void {
    if (stream === 'account') {
      const parsed = AccountBody.safeParse(body);
      if (parsed.success) this.#accounts.set(source, parsed.data);
    } else {
      const parsed = PositionsBody.safeParse(body);
      if (parsed.success) this.#positions.set(source, parsed.data);
    }
  }

  /** Of the source whose ticks stand for the symbol: another account's positions are at other prices. */
  of(source: string | null, symbol: string): Pick<MarketContext, 'positions' | 'account'> {
    const account = this.#accounts.get(source ?? '');
    const positions = this.#positions.get(source ?? '')?.positions ?? [];
    return {
      positions: positions
        .filter((position) => position.symbol === symbol)
        .map(({ side, volume, openPrice, stopLoss }) => ({ side: side === 'buy' ? 'long' : 'short', volume, openPrice, stop: stopLoss })),
      account:
        account === undefined
          ? null
          : {
              equity: account.equity,
              margin: account.margin,
              level: account.margin > 0 ? (account.equity / account.margin) * 100 : null,
              // No terminal tells it to its programs.
              callLevel: null,
            },
    };
  }
}
