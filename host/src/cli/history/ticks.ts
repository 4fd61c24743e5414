import type { HistoryReader, TickPage, TickQuery } from '../../history/history.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { answerWith, assertFormat } from './answer.ts';
import { sayWhatIsMissing } from './missing.ts';
import { openReader } from './open-reader.ts';
import { countOf, given, rangeOf, single } from './options.ts';
import type { Block, Column } from './rows.ts';

const PAGE_TICKS = 65_536;

/** `tickhub history ticks SYMBOL`. */
export async function historyTicksCommand(
  args: Arguments,
  print: (text: string) => void,
  complain: (text: string) => void,
): Promise<number> {
  assertFormat(args);
  const [symbol] = args.operands;
  if (symbol === undefined)
    throw new UsageError('`tickhub history ticks` needs a symbol, such as: tickhub history ticks EURUSD --from -1h');
  const query = { symbol, ...rangeOf(args), ...given({ source: single('source', args.options.source) }) };
  const count = countOf(args);
  const { reader, info, close } = await openReader(args);
  try {
    const first = await reader.ticks({ ...query, limit: Math.min(PAGE_TICKS, count) });
    let damaged = 0;
    const blocks = pages(reader, query, first, count, (ticks) => (damaged += ticks));
    await answerWith(args, { columns: columnsOf(first), blocks }, print);
    sayWhatIsMissing(info, query, damaged, complain);
    return damaged === 0 ? 0 : 1;
  } finally {
    close();
  }
}

function columnsOf({ digits }: TickPage): Column[] {
  const price = (name: string): Column => ({ name, type: 'price', digits });
  return [
    { name: 'time', type: 'time' },
    price('bid'),
    price('ask'),
    price('last'),
    { name: 'volume', type: 'number' },
    { name: 'flags', type: 'integer' },
    { name: 'ordinal', type: 'integer' },
    { name: 'received', type: 'time' },
    { name: 'utcOffsetMs', type: 'integer' },
  ];
}

async function* pages(
  reader: HistoryReader,
  query: TickQuery,
  first: TickPage,
  count: number,
  onDamaged: (ticks: number) => void,
): AsyncGenerator<Block> {
  let left = count;
  for (let page = first; ;) {
    onDamaged(page.damaged);
    const { time, bid, ask, last, volume, flags, ordinal, receivedAt, utcOffsetMs } = page;
    const utc = time.map((at, i) => at - (utcOffsetMs[i] ?? 0));
    yield { count: page.count, values: [utc, bid, ask, last ?? [], volume ?? [], flags, ordinal, receivedAt, utcOffsetMs] };
    left -= page.count;
    if (page.next === null || left <= 0) return;
    page = await reader.ticks({ ...query, after: page.next, limit: Math.min(PAGE_TICKS, left) });
  }
}
