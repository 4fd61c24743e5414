import type { MarketContext } from '@tickhub/plugin-sdk';
import type { Moves } from './residuals.ts';
import { shareFrom, shareUpTo } from './tail.ts';

/**
 * Share of the past windows whose way, scaled to today's sigma, reaches the stop. Lows and highs of the bars are the way: nothing between ticks is missed, and no
 * bar's close has to pass the stop. A long is stopped by the bid, a short by the ask.
 * @param close of the last bar, bid. @param sigma of the log return of the next 24 bars.
 */
export function stopHit(
  position: MarketContext['positions'][number],
  moves: Moves,
  close: number,
  spread: number,
  sigma: number,
): number | null {
  if (position.stop === null) return null;
  const bid = position.side === 'long' ? position.stop : position.stop - spread;
  if (bid <= 0) return position.side === 'long' ? 0 : 1;
  const distance = Math.log(bid / close) / sigma;
  if (position.side === 'long') return distance >= 0 ? 1 : shareUpTo(moves.lows(), distance);
  return distance <= 0 ? 1 : shareFrom(moves.highs(), distance);
}
