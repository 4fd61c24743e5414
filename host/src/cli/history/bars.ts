import { PriceSide } from '@tickhub/plugin-sdk/host';
import type { Bars, HistoryReader, BarQuery } from '../../history/history.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { answerWith, assertFormat } from './answer.ts';
import { openReader } from './open-reader.ts';
import { countOf, given, rangeOf, single } from './options.ts';
import type { Block, Column } from './rows.ts';
import { sayWhatIsMissing } from './missing.ts';

const PAGE_BARS = 50_000;

/** `tickhub history bars SYMBOL WIDTH`. */
export async function historyBarsCommand(
  args: Arguments,
  print: (text: string) => void,
  complain: (text: string) => void,
): Promise<number> {
  assertFormat(args);
  const [symbol, width] = args.operands;
  if (symbol === undefined || width === undefined) {
    throw new UsageError('`tickhub history bars` needs a symbol and a width, such as: tickhub history bars EURUSD 1m --from -1d');
  }
  const side = PriceSide.optional().safeParse(args.options.side);
  if (!side.success) throw new UsageError(`--side takes ${PriceSide.options.join(', ')}, not "${args.options.side}".`);
  const { zone } = args.options;
  const query = { symbol, width, ...rangeOf(args), ...given({ source: single('source', args.options.source), side: side.data, zone }) };
  const count = countOf(args);
  const { reader, info, close } = await openReader(args);
  try {
    const first = await reader.bars({ ...query, limit: Math.min(PAGE_BARS, count) });
    let damaged = 0;
    const blocks = pages(reader, query, first, count, (ticks) => (damaged += ticks));
    await answerWith(args, { columns: columnsOf(first), blocks }, print);
    sayWhatIsMissing(info, query, damaged, complain);
    return damaged === 0 ? 0 : 1;
  } finally {
    close();
  }
}

function columnsOf({ digits, side }: Bars): Column[] {
  // A mid lies between two prices.
  const price = (name: string): Column => ({ name, type: 'price', digits: side === 'mid' ? digits + 1 : digits });
  return [
    { name: 'time', type: 'time' },
    price('open'),
    price('high'),
    price('low'),
    price('close'),
    { name: 'ticks', type: 'integer' },
    { name: 'volume', type: 'number' },
  ];
}

async function* pages(
  reader: HistoryReader,
  query: BarQuery,
  first: Bars,
  count: number,
  onDamaged: (ticks: number) => void,
): AsyncGenerator<Block> {
  let left = count;
  for (let bars = first; ;) {
    onDamaged(bars.damaged);
    const { time, open, high, low, close, ticks, volume } = bars;
    yield { count: bars.count, values: [time, open, high, low, close, ticks, volume ?? []] };
    left -= bars.count;
    const last = time[bars.count - 1];
    if (!bars.more || left <= 0 || last === undefined) return;
    // The bar that the page ended with opened at `last`: what is left begins with the next one, whose opening is not known; a page of one more bar finds it.
    const rest = await reader.bars({ ...query, from: Math.max(query.from, last), limit: Math.min(PAGE_BARS, left) + 1 });
    bars = withoutFirst(rest);
  }
}

function withoutFirst(bars: Bars): Bars {
  const rest = (column: Float64Array): Float64Array => column.subarray(1);
  return {
    ...bars,
    count: bars.count - 1,
    time: rest(bars.time),
    open: rest(bars.open),
    high: rest(bars.high),
    low: rest(bars.low),
    close: rest(bars.close),
    ticks: rest(bars.ticks),
    volume: bars.volume === null ? null : rest(bars.volume),
  };
}
