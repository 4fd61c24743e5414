import { deserialize, serialize } from 'node:v8';
import { RecordStream, TickBatch } from '@tickhub/plugin-sdk/host';
import { ServerTimeRule } from '@tickhub/plugin-sdk/files';
import { z } from 'zod';
import type { History, HistorySnapshot, ReplayItem, ReplayQuery, SnapshotSymbol } from '../history/history.ts';
import { exportBars } from './export-bars.ts';
import type { BarExportRequest } from './export-bars.ts';
import { exportTicks } from './export-ticks.ts';
import type { ExportReport, ExportRequest, WriteBytes } from './export-ticks.ts';
import { importFile } from './import-file.ts';
import type { ImportProgress, ImportReport } from './import-report.ts';
import { ImportRequest } from './import-report.ts';

/** What a replay reads. */
export type ReplaySource = Pick<HistorySnapshot, 'symbols' | 'replay' | 'close'>;

/** What the commands do with a tenant's history, in the process that has it open: a running host, or the command itself. */
export interface HistoryJobs {
  importFile(request: ImportRequest, onProgress: (progress: ImportProgress) => void): Promise<ImportReport>;
  exportTicks(request: ExportRequest, write: WriteBytes): Promise<ExportReport>;
  exportBars(request: BarExportRequest, write: WriteBytes): Promise<ExportReport>;
  replaySource(query: ReplayQuery): Promise<ReplaySource>;
}

/** The jobs on a history that this process has open. */
export function jobsOn(history: History): HistoryJobs {
  return {
    importFile: (request, onProgress) => importFile(history, request, onProgress),
    exportTicks: (request, write) => onSnapshot(history, (snapshot) => exportTicks(snapshot, request, write)),
    exportBars: (request, write) => onSnapshot(history, (snapshot) => exportBars(snapshot, request, write)),
    replaySource: () => history.snapshot(),
  };
}

async function onSnapshot<T>(history: History, work: (snapshot: HistorySnapshot) => Promise<T>): Promise<T> {
  const snapshot = await history.snapshot();
  try {
    return await work(snapshot);
  } finally {
    await snapshot.close();
  }
}

const Range = { from: z.number(), to: z.number() };

export const ExportRequestSchema = z.strictObject({
  symbol: z.string().min(1),
  source: z.string().min(1).optional(),
  ...Range,
  form: z.enum(['mt5', 'csv']),
  serverTime: ServerTimeRule.optional(),
});

export const BarExportSchema = ExportRequestSchema.omit({ form: true }).extend({ widthMs: z.number().int().positive() });

export const ExportReportSchema = z.object({
  source: z.string(),
  symbol: z.string(),
  rows: z.number().int(),
  like: z.string().nullable(),
  exact: z.boolean(),
});

export const ReplayQuerySchema = z.strictObject({
  ...Range,
  by: z.enum(['received', 'event']).optional(),
  sources: z.array(z.string()).optional(),
  symbols: z.array(z.string()).optional(),
  streams: z.array(RecordStream).optional(),
});

/** What a job writes to: pieces in order, and how far it is. */
export interface JobOutput {
  data(bytes: Uint8Array): Promise<void>;
  progress(value: unknown): void;
}

/**
 * Runs a job that another process asked for. Its data: for an export the file's bytes; for a replay the symbols, then each item, as `v8.serialize` has
 * them: only this program's own process can hold the token that it takes to be asked.
 * @returns the result, or undefined when there is no such job.
 */
export async function runJob(history: History, name: string, request: unknown, out: JobOutput): Promise<unknown> {
  const jobs = jobsOn(history);
  switch (name) {
    case 'import':
      return jobs.importFile(ImportRequest.parse(request), (progress) => out.progress(progress));
    case 'export':
      return jobs.exportTicks(given(ExportRequestSchema.parse(request)), (bytes) => out.data(bytes));
    case 'bars':
      return jobs.exportBars(given(BarExportSchema.parse(request)), (bytes) => out.data(bytes));
    case 'replay': {
      const query = ReplayQuerySchema.parse(request) as ReplayQuery;
      const source = await jobs.replaySource(query);
      try {
        await out.data(serialize(source.symbols()));
        for await (const item of source.replay(query)) await out.data(packItem(item));
        return { done: true };
      } finally {
        await source.close();
      }
    }
    default:
      return undefined;
  }
}

/** Without the options that were not given. */
function given<T extends { source?: string | undefined; serverTime?: ServerTimeRule | undefined }>({ source, serverTime, ...rest }: T) {
  return { ...rest, ...(source !== undefined && { source }), ...(serverTime !== undefined && { serverTime }) };
}

function packItem(item: ReplayItem): Uint8Array {
  return serialize(item.kind === 'ticks' ? { kind: item.kind, at: item.at, source: item.source, bytes: item.batch.bytes } : item);
}

export function unpackSymbols(data: Uint8Array): readonly SnapshotSymbol[] {
  return deserialize(data) as SnapshotSymbol[];
}

export function unpackItem(data: Uint8Array): ReplayItem {
  const item = deserialize(data) as
    | { kind: 'ticks'; at: number; source: string; bytes: Uint8Array }
    | Extract<ReplayItem, { kind: 'records' }>;
  return item.kind === 'records' ? item : { kind: 'ticks', at: item.at, source: item.source, batch: TickBatch.view(item.bytes) };
}
