/** Files of ticks and bars, MetaTrader 5's exports above all: read into columns, and written again byte for byte. For the host and for plugins. */
export { DataFile } from './data-file.ts';
export type { BlockReader } from './data-file.ts';
export { DataFileError } from './errors.ts';
export { fileBars, fileTicks } from './columns.ts';
export type { FileBars, FileTicks, RowColumns } from './columns.ts';
export { FileDialect, FileField, mt5BarDialect, mt5TickDialect, plainTickDialect } from './dialect.ts';
export { BarWriter } from './bar-writer.ts';
export { TickWriter } from './tick-writer.ts';
export { byteOrderMark, encodeText } from './text-encoding.ts';
export type { OnBadLine } from './rows.ts';
export { NO_PRICE_YET } from './tick-rows.ts';
export { readFileName } from './file-name.ts';
export type { NamedExport } from './file-name.ts';
export { ServerTime, ServerTimeRule } from './server-time.ts';
export { isServerZone, quarterOf, ZoneOffset } from './zone-offset.ts';
