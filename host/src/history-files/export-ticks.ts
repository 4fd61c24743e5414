import { byteOrderMark, encodeText, mt5TickDialect, plainTickDialect, ServerTime, TickWriter } from '@tickhub/plugin-sdk/files';
import type { FileDialect, FileTicks, ServerTimeRule } from '@tickhub/plugin-sdk/files';
import type { HistoryReader, TickPage } from '../history/history.ts';
import { ExportError } from './errors.ts';
import { importsOf } from './imports-of.ts';
import type { ImportNote } from './import-note.ts';

export interface ExportRequest {
  readonly symbol: string;
  /** Default: the only one that has the symbol. */
  readonly source?: string;
  /** UTC, epoch milliseconds; `to` is not in it. */
  readonly from: number;
  readonly to: number;
  /** `mt5`: as MetaTrader exports, in the very form of the imported file where there was one. `csv`: `time_msc` in UTC. */
  readonly form: 'mt5' | 'csv';
  /** Times by this clock. Default with `mt5`: the source's own. */
  readonly serverTime?: ServerTimeRule;
}

export interface ExportReport {
  readonly source: string;
  readonly symbol: string;
  /** Ticks or bars. */
  readonly rows: number;
  /** The imported file whose form it has. */
  readonly like: string | null;
  /** Whether it is that file, byte for byte. */
  readonly exact: boolean;
}

/** Takes the bytes in order; awaited, so that what is written slowly is made slowly. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void> | void;

/**
 * Writes the ticks of one series as a file. Give a snapshot, so that what comes in meanwhile is not half in it.
 * @throws {HistoryError} as {@link HistoryReader.ticks}; {ExportError} when there is no tick.
 */
export async function exportTicks(history: HistoryReader, request: ExportRequest, write: WriteBytes): Promise<ExportReport> {
  const { symbol, from, to } = request;
  const query = { symbol, from, to, ...(request.source !== undefined && { source: request.source }) };
  let page = await history.ticks(query);
  if (page.count === 0) throw new ExportError(`there is no tick of ${symbol} in that time; \`tickhub history info\` shows what there is`);
  const { source } = page;
  const { note, dialect } = await formOf(history, request, page);
  const clock = clockOf(request);
  const writer = new TickWriter(dialect);
  const kept = new Map(note?.kept.map(([time, ordinal, row]) => [`${time} ${ordinal}`, row]));
  const atStart = note !== null && page.time[0] === note.first[0] && page.ordinal[0] === note.first[1];
  const put = (text: Uint8Array): Promise<void> | void => write(Buffer.from(encodeText(text, dialect.encoding)));
  await write(byteOrderMark(dialect));
  await put(writer.header());
  if (atStart) await put(Buffer.from(note.prologue, 'latin1'));
  else writer.beginWhole();
  let ticks = 0;
  let end: [number, number] = [NaN, NaN];
  for (;;) {
    await writePage(page, clock, writer, kept, put);
    ticks += page.count;
    end = [page.time[page.count - 1] as number, page.ordinal[page.count - 1] as number];
    if (page.next === null) break;
    page = await history.ticks({ ...query, source, after: page.next });
  }
  const whole = atStart && ticks === note.rows && end[0] === note.last[0] && end[1] === note.last[1];
  return { source, symbol, rows: ticks, like: note?.file ?? null, exact: whole && note.exact };
}

/** The form of the imported file that the first tick came from, when the times are to be its own. */
async function formOf(
  history: HistoryReader,
  { symbol, form, serverTime }: ExportRequest,
  { source, digits, time }: TickPage,
): Promise<{ note: ImportNote | null; dialect: FileDialect }> {
  if (form === 'csv') return { note: null, dialect: plainTickDialect(digits) };
  const first = time[0] as number;
  const notes = serverTime === undefined ? await importsOf(history, source, symbol) : [];
  const note = notes.find((it) => it.dialect.kind === 'ticks' && it.first[0] <= first && first <= it.last[0]) ?? null;
  return { note, dialect: note?.dialect ?? mt5TickDialect(digits) };
}

type Clock = (time: number, utcOffsetMs: number) => number;

function clockOf({ form, serverTime }: ExportRequest): Clock {
  if (serverTime !== undefined) {
    const clock = new ServerTime(serverTime);
    return (time, offset) => clock.toWall(time - offset);
  }
  return form === 'csv' ? (time, offset) => time - offset : (time) => time;
}

async function writePage(
  page: TickPage,
  clock: Clock,
  writer: TickWriter,
  kept: ReadonlyMap<string, string>,
  put: (text: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const rows = rowsOf(page, clock);
  if (kept.size === 0) return put(writer.write(rows, 0, page.count));
  let from = 0;
  for (let i = 0; i < page.count; i++) {
    const row = kept.get(`${page.time[i]} ${page.ordinal[i]}`);
    if (row === undefined) continue;
    if (i > from) await put(writer.write(rows, from, i));
    await put(Buffer.from(row, 'latin1'));
    from = i + 1;
  }
  if (from < page.count) await put(writer.write(rows, from, page.count));
}

function rowsOf(page: TickPage, clock: Clock): FileTicks {
  const { count, bid, ask, flags } = page;
  const none = page.last === null || page.volume === null ? new Float64Array(count) : null;
  return {
    count,
    capacity: count,
    start: new Uint32Array(0),
    end: new Uint32Array(0),
    time: page.time.map((time, i) => clock(time, page.utcOffsetMs[i] as number)),
    bid,
    ask,
    last: page.last ?? (none as Float64Array),
    volume: page.volume ?? (none as Float64Array),
    flags,
    flagged: true,
  };
}
