import { DataFileError } from './errors.ts';
import type { FileDialect, FileField } from './dialect.ts';
import type { TextEncoding } from './text-encoding.ts';

/** Rows that are looked at. */
const SAMPLE_ROWS = 256;
const DATE = /^\d{4}([./-])\d{2}\1\d{2}/;
const ALIASES: Record<string, FileField> = {
  time_msc: 'time_msc',
  timestamp: 'time_msc',
  date: 'date',
  datetime: 'date',
  time: 'time',
  bid: 'bid',
  ask: 'ask',
  last: 'last',
  volume: 'volume',
  vol: 'volume',
  real_volume: 'volume',
  flags: 'flags',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  tickvol: 'ticks',
  tick_volume: 'ticks',
  spread: 'spread',
};
const TICK_FIELDS: readonly FileField[] = ['bid', 'ask', 'last', 'volume', 'flags'];
const BAR_FIELDS: readonly FileField[] = ['open', 'high', 'low', 'close', 'ticks', 'volume', 'spread'];

/**
 * What a file is and how it is written, by its first lines. Without a header, a date in the first cell makes it a MetaTrader export (up to five cells
 * after date and time are ticks, more are bars; so are five after a time without seconds, which is how MetaTrader 4 writes bars), and anything else
 * `time_msc,bid,ask,last,volume`.
 * @param sample whole lines, a byte a character.
 * @throws {DataFileError} when it has the columns of neither ticks nor bars.
 */
export function detectDialect(file: string, sample: Uint8Array, text: { encoding: TextEncoding; bom: boolean }): FileDialect {
  const lines = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength).toString('latin1').split('\n');
  const newline = lines[0]?.endsWith('\r') === true ? '\r\n' : '\n';
  const filled = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).filter((line) => line !== '');
  const first = filled[0] ?? '';
  const delimiter = first.includes('\t') ? '\t' : first.includes(';') ? ';' : ',';
  const hasHeader = first !== '' && !/^\s*[\d.+-]/.test(first);
  const rows = filled.slice(hasHeader ? 1 : 0, SAMPLE_ROWS).map((line) => line.split(delimiter));
  const fields = hasHeader ? headerFields(file, first.split(delimiter), rows[0]) : guessedFields(rows[0] ?? []);
  const kind = fields.includes('open') ? 'bars' : 'ticks';
  const cells = (...names: FileField[]): string[] => rows.flatMap((row) => names.map((name) => row[fields.indexOf(name)] ?? ''));
  const date = DATE.exec(cells('date')[0] ?? '');
  const prices = decimals(kind === 'ticks' ? cells('bid', 'ask') : cells('open', 'high', 'low', 'close'));
  const shortest = rows.length === 0 ? fields.length : Math.min(...rows.map((row) => row.length));
  return {
    kind,
    fields,
    ...text,
    delimiter,
    newline,
    header: hasHeader ? first : null,
    dateSeparator: (date?.[1] as '.' | '-' | '/' | undefined) ?? '.',
    timeWidth: timeWidth(fields, cells('time', 'date')),
    digits: prices.most,
    priceDecimals: prices.written,
    volumeDecimals: decimals(cells('volume').filter((cell) => Number(cell) !== 0)).written,
    zeroLast: zero(cells('last')),
    zeroVolume: zero(cells('volume')),
    unchangedQuote: unchanged(rows, fields, 'bid', 'ask'),
    unchangedTrade: unchanged(rows, fields, 'last', 'volume'),
    shortRows: shortest < fields.length && kind === 'ticks' && shortest > fields.indexOf('ask'),
  };
}

function headerFields(file: string, names: readonly string[], row: readonly string[] | undefined): FileField[] {
  const fields = names.map(
    (name): FileField =>
      ALIASES[
        name
          .trim()
          .replace(/^["<]+|[">]+$/g, '')
          .toLowerCase()
      ] ?? 'other',
  );
  const time = fields.indexOf('time');
  if (time >= 0 && !fields.includes('date')) fields[time] = DATE.test(row?.[time] ?? '') ? 'date' : 'time_msc';
  const has = (...needed: FileField[]): boolean => needed.every((field) => fields.includes(field));
  if (!has('bid', 'ask') && !has('open', 'high', 'low', 'close')) {
    throw new DataFileError(
      file,
      `the header has no columns bid and ask (ticks), nor open, high, low and close (bars): ${names.join(' ').slice(0, 200)}`,
    );
  }
  if (!has('date') && !has('time_msc'))
    throw new DataFileError(file, 'the header has no column of times; needed is time_msc, or DATE and TIME');
  // The second of two columns of one meaning is not taken.
  return fields.map((field, i) => (fields.indexOf(field) < i ? 'other' : field));
}

function guessedFields(row: readonly string[]): FileField[] {
  if (!DATE.test(row[0] ?? '')) return ['time_msc', 'bid', 'ask', 'last', 'volume'];
  const hasTime = /^\d\d:\d\d/.test(row[1] ?? '');
  const rest = row.length - (hasTime ? 2 : 1);
  const isBars = !hasTime || rest > 5 || (row[1]?.length === 5 && rest >= 4);
  // MetaTrader 4's bars have one volume, which counts ticks.
  const names = isBars ? BAR_FIELDS : TICK_FIELDS;
  return ['date', ...(hasTime ? ['time' as const] : []), ...names.slice(0, Math.max(rest, isBars ? 4 : 2))];
}

function timeWidth(fields: readonly FileField[], cells: readonly string[]): FileDialect['timeWidth'] {
  const cell = cells.find((it) => it.includes(':')) ?? '';
  const width = (fields.includes('time') ? cell : cell.slice(11)).length;
  return width === 5 || width === 8 ? width : 12;
}

/** The most decimals there are, and how many are written: null where they are as many as each needs. */
function decimals(cells: readonly string[]): { most: number; written: number | null } {
  const numbers = cells.filter((cell) => /^-?\d+(\.\d{0,12})?$/.test(cell));
  const counts = numbers.map((cell) => cell.split('.')[1]?.length ?? 0);
  const most = Math.max(0, ...counts);
  const fixed = counts.every((n) => n === most) || numbers.some((cell) => cell.includes('.') && cell.endsWith('0'));
  return { most, written: fixed ? most : null };
}

/** How a value of 0 is written most often. */
function zero(cells: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    if (cell.length <= 16 && /^(0(\.0*)?)?$/.test(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

const BITS = { bid: 2, ask: 4, last: 8, volume: 16 } as const;

/** A value that is given although the flags say that it did not change means that all are. */
function unchanged(rows: readonly string[][], fields: readonly FileField[], ...of: (keyof typeof BITS)[]): 'empty' | 'value' {
  const flags = fields.indexOf('flags');
  const given = (row: readonly string[], field: keyof typeof BITS): boolean =>
    Number(row[fields.indexOf(field)] ?? '') !== 0 && (Number(row[flags]) & BITS[field]) === 0;
  return flags >= 0 && rows.some((row) => of.some((field) => given(row, field))) ? 'value' : 'empty';
}
