import { BarsQuery, RecordsQuery, TicksQuery } from '@tickhub/plugin-sdk/host';
import type { z } from 'zod';
import { HistoryError } from '../history/errors.ts';
import type { BarQuery, HistoryReader, RecordQuery, TickQuery } from '../history/history.ts';

/**
 * Answers a question to a history that came over a border: a plugin's `history` capability, or the command line's.
 * @throws {HistoryError} by rejection; HISTORY_BAD_QUERY when the question is none.
 */
export async function answerHistory(history: HistoryReader, method: string, query: unknown): Promise<unknown> {
  switch (method) {
    case 'series':
      return (await history.info()).series;
    case 'info':
      return history.info();
    case 'bars':
      return history.bars(parsed(BarsQuery, query) as BarQuery);
    case 'ticks':
      return history.ticks(parsed(TicksQuery, query) as TickQuery);
    case 'records':
      return history.records(parsed(RecordsQuery, query) as RecordQuery);
    default:
      throw new HistoryError('HISTORY_BAD_QUERY', `the history has no "${method}"; it has series, bars, ticks and records`);
  }
}

function parsed<T>(schema: z.ZodType<T>, query: unknown): T {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HistoryError('HISTORY_BAD_QUERY', `${issue?.path.join('.') || 'the query'}: ${issue?.message}`);
}
