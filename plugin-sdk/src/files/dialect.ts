import { z } from 'zod';

/** What a column of a file means. `other`: nothing that is taken. */
export const FileField = z.enum([
  'time_msc',
  'date',
  'time',
  'bid',
  'ask',
  'last',
  'volume',
  'flags',
  'open',
  'high',
  'low',
  'close',
  'ticks',
  'spread',
  'other',
]);
export type FileField = z.infer<typeof FileField>;

const Unchanged = z.enum(['empty', 'value']);

/**
 * How a file of ticks or bars is written: what {@link TickWriter} and {@link BarWriter} need to write its rows again, byte for byte. It is kept with an
 * import. The formats are MetaTrader 5's exports (Symbols > Ticks or Bars > Export) and what other programs make of them.
 */
export const FileDialect = z.strictObject({
  kind: z.enum(['ticks', 'bars']),
  fields: z.array(FileField).min(1).max(64),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be']),
  /** Whether it begins with a byte order mark. */
  bom: z.boolean(),
  delimiter: z.enum(['\t', ',', ';']),
  newline: z.enum(['\n', '\r\n']),
  /** The header line as it stands; null where there is none. */
  header: z.string().max(4_096).nullable(),
  dateSeparator: z.enum(['.', '-', '/']),
  /** Characters of a time of day: `HH:MM`, `HH:MM:SS` or `HH:MM:SS.mmm`. */
  timeWidth: z.union([z.literal(5), z.literal(8), z.literal(12)]),
  /** Decimals that prices have, at most. */
  digits: z.number().int().min(0).max(12),
  /** How many of them are written; null: as many as a price needs. */
  priceDecimals: z.number().int().min(0).max(12).nullable(),
  volumeDecimals: z.number().int().min(0).max(12).nullable(),
  /** How a last price and a volume of 0 are written: `""`, `"0"`, `"0.00"`. */
  zeroLast: z.string().max(16),
  zeroVolume: z.string().max(16),
  /** What is in the cell of a bid or ask, and of a last price or volume, that did not change by the flags. */
  unchangedQuote: Unchanged,
  unchangedTrade: Unchanged,
  /** Whether empty cells at the end of a row are left out, with their delimiters. */
  shortRows: z.boolean(),
});
export type FileDialect = z.infer<typeof FileDialect>;

const Mt5 = {
  encoding: 'utf-8',
  bom: false,
  delimiter: '\t',
  newline: '\r\n',
  dateSeparator: '.',
  volumeDecimals: null,
  zeroLast: '',
  unchangedQuote: 'empty',
  unchangedTrade: 'empty',
  shortRows: false,
} as const;

/** MetaTrader 5's own tick export, for a symbol of so many digits. */
export function mt5TickDialect(digits: number): FileDialect {
  return {
    ...Mt5,
    kind: 'ticks',
    fields: ['date', 'time', 'bid', 'ask', 'last', 'volume', 'flags'],
    header: '<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>',
    timeWidth: 12,
    digits,
    priceDecimals: digits,
    zeroVolume: '',
  };
}

/** MetaTrader 5's own bar export. @param daily without the time of day. */
export function mt5BarDialect(digits: number, daily: boolean): FileDialect {
  const names = ['DATE', ...(daily ? [] : ['TIME']), 'OPEN', 'HIGH', 'LOW', 'CLOSE', 'TICKVOL', 'VOL', 'SPREAD'];
  return {
    ...Mt5,
    kind: 'bars',
    fields: ['date', ...(daily ? [] : ['time' as const]), 'open', 'high', 'low', 'close', 'ticks', 'volume', 'spread'],
    header: names.map((name) => `<${name}>`).join('\t'),
    timeWidth: 8,
    digits,
    priceDecimals: digits,
    zeroVolume: '0',
  };
}

/** The plain form: `time_msc` is UTC in epoch milliseconds. The files that the mt5 plugin replays are of this form, too. */
export function plainTickDialect(digits: number): FileDialect {
  return {
    ...Mt5,
    kind: 'ticks',
    fields: ['time_msc', 'bid', 'ask', 'last', 'volume', 'flags'],
    delimiter: ',',
    newline: '\n',
    header: 'time_msc,bid,ask,last,volume,flags',
    timeWidth: 12,
    digits,
    priceDecimals: digits,
    unchangedQuote: 'value',
    unchangedTrade: 'value',
    zeroLast: '0',
    zeroVolume: '0',
  };
}
