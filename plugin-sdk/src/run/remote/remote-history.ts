import type { History } from '../../capabilities/history.ts';
import { HistoryBars, HistoryInfo, HistoryRecords, HistoryTicks } from '../../protocol/history.ts';
import type { BarsQuery, RecordsQuery, TicksQuery } from '../../protocol/history.ts';
import type { CapabilityCalls } from './capability-calls.ts';

/** Years of ticks into bars take a while. */
const TIMEOUT_MS = 120_000;

/** The `history` capability, answered by the host. */
export class RemoteHistory implements History {
  readonly #calls: CapabilityCalls;

  constructor(calls: CapabilityCalls) {
    this.#calls = calls;
  }

  async series(): Promise<HistoryInfo['series']> {
    return HistoryInfo.shape.series.parse(await this.#call('series'));
  }

  async bars(query: BarsQuery): Promise<HistoryBars> {
    return HistoryBars.parse(await this.#call('bars', query));
  }

  async ticks(query: TicksQuery): Promise<HistoryTicks> {
    return HistoryTicks.parse(await this.#call('ticks', query));
  }

  async records(query: RecordsQuery): Promise<HistoryRecords> {
    return HistoryRecords.parse(await this.#call('records', query));
  }

  #call(method: string, ...args: unknown[]): Promise<unknown> {
    return this.#calls.call('history', method, args, TIMEOUT_MS, 'HISTORY_TIMEOUT');
  }
}
