import path from 'node:path';
import { DataFile, DataFileError, readFileName, ServerTime, ServerTimeRule } from '@tickhub/plugin-sdk/files';
import type { History } from '../history/history.ts';
import { importBars } from './import-bars.ts';
import { digitsOf, SetAsideLines } from './import-job.ts';
import type { Imported, ImportJob } from './import-job.ts';
import type { ImportNote } from './import-note.ts';
import type { ImportProgress, ImportReport, ImportRequest } from './import-report.ts';
import { RowCheck } from './row-check.ts';
import { TickFeed } from './tick-feed.ts';

/** Blocks between two reports of progress, some hundred thousand rows. */
const REPORT_BLOCKS = 16;

/**
 * Imports one file of ticks or bars. A file that is damaged half-way is imported up to there, and the report says so.
 * @param onProgress some times a second at most.
 * @throws {DataFileError} when there is nothing to read; {HistoryError} when history does not take it.
 */
export async function importFile(
  history: History,
  request: ImportRequest,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportReport> {
  const started = performance.now();
  const rule = ServerTimeRule.safeParse(request.serverTime);
  if (!rule.success) throw new DataFileError(request.file, `the clock ${request.serverTime} ${rule.error.issues[0]?.message ?? 'is none'}`);
  const file = await DataFile.open(request.file, { digested: true });
  try {
    const job = {
      history,
      request,
      file,
      serverTime: new ServerTime(rule.data),
      rule: rule.data,
      onProgress,
      setAside: new SetAsideLines(),
    };
    const done = file.dialect.kind === 'ticks' ? await importTicks(job) : await importBars(job, readFileName(request.file)?.barMs ?? null);
    return {
      file: request.file,
      kind: file.dialect.kind,
      source: request.source,
      symbol: request.symbol,
      setAside: job.setAside.count,
      lines: job.setAside.lines,
      keptFrom: (await history.info()).since,
      seconds: (performance.now() - started) / 1_000,
      ...done,
    };
  } finally {
    file.close();
  }
}

async function importTicks(job: ImportJob): Promise<Imported> {
  const { history, request, file, serverTime, setAside } = job;
  const digits = digitsOf(request, file.dialect);
  const target = await history.importTicks({ source: request.source, symbol: request.symbol, digits });
  const feed = new TickFeed(target, serverTime);
  const check = new RowCheck(file.dialect);
  const reader = file.ticks((line, what) => {
    setAside.add(line, what);
    check.badLine(what);
  });
  let ordinals = new Uint32Array(0);
  let rows = 0;
  let first: [number, number] | null = null;
  const last: [number, number] = [NaN, -1];
  let damage: string | null = null;
  for (let blocks = 1; ; blocks++) {
    let block;
    try {
      block = await reader.next();
    } catch (error) {
      if (!(error instanceof DataFileError)) throw error;
      damage = error.message;
      break;
    }
    if (block === null) break;
    if (ordinals.length < block.count) ordinals = new Uint32Array(block.capacity);
    for (let i = 0; i < block.count; i++) {
      const time = block.time[i] as number;
      last[1] = time === last[0] ? last[1] + 1 : 0;
      last[0] = time;
      ordinals[i] = last[1];
    }
    first ??= [block.time[0] as number, 0];
    check.block(reader.chunk, block, ordinals);
    rows += block.count;
    await feed.add(block, ordinals);
    if (blocks % REPORT_BLOCKS === 0) job.onProgress({ file: request.file, rows, ...file.progress });
  }
  await feed.end();
  const { added, duplicate } = target.summary;
  const exact = damage === null && check.covers(file.characters);
  if (first === null) return { digits, added, duplicate, from: null, to: null, exact, damage };
  const to = serverTime.toUtc(last[0]);
  await keepNote(job, to, { rows, first, last, prologue: check.prologue, kept: check.kept, exact });
  return { digits, added, duplicate, from: serverTime.toUtc(first[0]), to, exact, damage };
}

type Found = Pick<ImportNote, 'rows' | 'first' | 'last' | 'prologue' | 'kept' | 'exact'>;

/** The same file again gives the same note, and is one. It lies at the last tick, so that retention lets it go no earlier than the ticks. */
async function keepNote({ history, request, file, rule, setAside }: ImportJob, time: number, found: Found): Promise<void> {
  const sha256 = file.sha256();
  const note: ImportNote = {
    kind: 'import',
    file: path.basename(request.file),
    sha256,
    dialect: file.dialect,
    serverTime: rule,
    setAside: setAside.count,
    ...found,
  };
  const { source, symbol } = request;
  const key = `import ${source} ${symbol} ${sha256}`;
  await history.importRecords({ stream: 'notice', source, records: [{ time, symbol, key, receivedAt: time, body: note }] });
}
