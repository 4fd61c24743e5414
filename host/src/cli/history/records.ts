import { RecordStream } from '@tickhub/plugin-sdk/host';
import type { HistoryReader, RecordQuery, StoredRecord } from '../../history/history.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { timeArgument } from '../time-argument.ts';
import { answerWith, assertFormat } from './answer.ts';
import { sayWhatIsMissing } from './missing.ts';
import { openReader } from './open-reader.ts';
import { countOf, given, rangeOf, single } from './options.ts';
import type { Block, Column } from './rows.ts';

const PAGE_RECORDS = 5_000;

const COLUMNS: readonly Column[] = [
  { name: 'time', type: 'time' },
  { name: 'received', type: 'time' },
  { name: 'source', type: 'text' },
  { name: 'symbol', type: 'text' },
  { name: 'key', type: 'text' },
  { name: 'revision', type: 'integer' },
  { name: 'body', type: 'json' },
];

/** `tickhub history records STREAM`. */
export async function historyRecordsCommand(
  args: Arguments,
  print: (text: string) => void,
  complain: (text: string) => void,
): Promise<number> {
  assertFormat(args);
  const stream = RecordStream.safeParse(args.operands[0]);
  if (!stream.success) {
    const named = args.operands[0] === undefined ? 'needs a stream' : `knows no stream "${args.operands[0]}"`;
    throw new UsageError(`\`tickhub history records\` ${named}: one of ${RecordStream.options.join(', ')}.`);
  }
  const { options } = args;
  const query: RecordQuery = {
    stream: stream.data,
    ...rangeOf(args),
    ...given({
      source: single('source', options.source),
      symbol: single('symbol', options.symbol),
      key: options.key,
      asOf: options['as-of'] === undefined ? undefined : timeArgument('as-of', options['as-of']),
      revisions: options['all-revisions'] ? ('all' as const) : undefined,
    }),
  };
  const { reader, info, close } = await openReader(args);
  try {
    await answerWith(args, { columns: COLUMNS, blocks: pages(reader, query, countOf(args)) }, print);
    sayWhatIsMissing(info, query, 0, complain);
    return 0;
  } finally {
    close();
  }
}

async function* pages(reader: HistoryReader, query: RecordQuery, count: number): AsyncGenerator<Block> {
  let left = count;
  let after: string | null = null;
  do {
    const page = await reader.records({ ...query, limit: Math.min(PAGE_RECORDS, left), ...(after !== null && { after }) });
    yield blockOf(page.records);
    left -= page.records.length;
    after = page.next;
  } while (after !== null && left > 0);
}

function blockOf(records: readonly StoredRecord[]): Block {
  const column = (value: (record: StoredRecord) => number | string | undefined): (number | string | null)[] =>
    records.map((record) => value(record) ?? null);
  return {
    count: records.length,
    values: [
      column(({ time }) => time),
      column(({ receivedAt }) => receivedAt),
      column(({ source }) => source),
      column(({ symbol }) => symbol),
      column(({ key }) => key),
      column(({ revision = 0 }) => revision),
      column(({ body }) => JSON.stringify(body)),
    ],
  };
}
