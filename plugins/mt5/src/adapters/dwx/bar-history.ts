import { TIMEFRAMES } from './commands.ts';
import type { BarsFrame, BarsRequest } from '../../link/frames.ts';
import type { UtcOffset } from '../../session/utc-offset.ts';
import type { HistoryDesk } from './history-desk.ts';

/** Makes the session's questions for bars, in UTC, into the EA's, in the broker's time, and its answers into frames. */
export class BarHistory {
  readonly #desk: HistoryDesk;
  readonly #offset: UtcOffset;

  constructor(desk: HistoryDesk, offset: UtcOffset) {
    this.#desk = desk;
    this.#offset = offset;
  }

  request(symbol: string, { id, widthMs, from, to }: BarsRequest, answer: (frame: BarsFrame) => void): void {
    const timeframe = TIMEFRAMES[widthMs as keyof typeof TIMEFRAMES];
    this.#desk.ask({
      symbol,
      timeframe,
      from: this.#offset.wallAt(from * 1_000) / 1_000,
      to: this.#offset.wallAt(to * 1_000) / 1_000,
      answer: (bars) => {
        const rates = (bars ?? []).map(({ time, ...prices }) => ({
          time: time - this.#offset.atWall(time * 1_000) / 1_000,
          ...prices,
          // Neither is in the file.
          spread: 0,
          volume: 0,
        }));
        answer({ id, widthMs, rates, more: false, failed: bars === null });
      },
    });
  }

  /** @throws what the file system has against the command. */
  turn(): Promise<void> {
    return this.#desk.turn();
  }

  forget(): void {
    this.#desk.forget();
  }
}
