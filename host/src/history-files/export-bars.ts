import { BarWriter, fileBars, mt5BarDialect, ServerTime } from '@tickhub/plugin-sdk/files';
import type { ServerTimeRule } from '@tickhub/plugin-sdk/files';
import { BarBody } from '@tickhub/plugin-sdk/host';
import type { HistoryReader, StoredRecord } from '../history/history.ts';
import { ExportError } from './errors.ts';
import type { ExportReport, WriteBytes } from './export-ticks.ts';

const PAGE = 5_000;
const DAY_MS = 86_400_000;
/** Where neither the option nor a series says how many decimals prices have. */
const MOST_DIGITS = 8;

export interface BarExportRequest {
  readonly symbol: string;
  readonly source?: string;
  /** UTC, epoch milliseconds; `to` is not in it. */
  readonly from: number;
  readonly to: number;
  readonly widthMs: number;
  /** Default: UTC. */
  readonly serverTime?: ServerTimeRule;
}

/**
 * Writes the recorded bars of one width as MetaTrader 5 exports them: those of the stream `bars`, of the bid, as they were imported or came from a
 * terminal. (Bars made of ticks are `tickhub history bars`.)
 * @throws {ExportError} when there is none, or several sources have some.
 */
export async function exportBars(history: HistoryReader, request: BarExportRequest, write: WriteBytes): Promise<ExportReport> {
  const { symbol, widthMs } = request;
  const bars: { time: number; body: BarBody }[] = [];
  const sources = new Set<string>();
  for await (const { time, source, body } of records(history, request)) {
    const parsed = BarBody.safeParse(body);
    if (!parsed.success || parsed.data.widthMs !== widthMs || parsed.data.side !== 'bid' || !parsed.data.closed) continue;
    sources.add(source);
    bars.push({ time, body: parsed.data });
  }
  const [source] = sources;
  if (source === undefined)
    throw new ExportError(`there is no recorded bar of ${symbol} of that width; \`tickhub history bars\` makes bars of ticks`);
  if (sources.size > 1)
    throw new ExportError(`several sources have bars of ${symbol}: name one with --source ${[...sources].join(' or ')}`);
  const clock = new ServerTime(request.serverTime ?? 0);
  const writer = new BarWriter(mt5BarDialect(digitsOf(bars), widthMs >= DAY_MS));
  const block = fileBars(bars.length);
  bars.forEach(({ time, body }, i) => {
    block.time[i] = clock.toWall(time);
    for (const field of ['open', 'high', 'low', 'close', 'ticks'] as const) block[field][i] = body[field];
    block.volume[i] = body.volume ?? 0;
    block.spread[i] = body.spread ?? 0;
  });
  await write(writer.header());
  await write(Buffer.from(writer.write(block, 0, bars.length)));
  return { source, symbol, rows: bars.length, like: null, exact: false };
}

async function* records(history: HistoryReader, { symbol, source, from, to }: BarExportRequest): AsyncGenerator<StoredRecord> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<HistoryReader['records']>> = await history.records({
      stream: 'bars',
      symbol,
      from,
      to,
      limit: PAGE,
      ...(source !== undefined && { source }),
      ...(after !== null && { after }),
    });
    yield* page.records;
    after = page.next;
  } while (after !== null);
}

/** The most decimals that a price has: a terminal writes all with as many. */
function digitsOf(bars: readonly { readonly body: BarBody }[]): number {
  let digits = 0;
  for (const { body } of bars) {
    for (const price of [body.open, body.high, body.low, body.close]) {
      while (digits < MOST_DIGITS && Number(price.toFixed(digits)) !== price) digits++;
    }
  }
  return digits;
}
