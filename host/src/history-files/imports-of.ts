import type { HistoryReader } from '../history/history.ts';
import { ImportNote } from './import-note.ts';

/** The imports that a series was made of, by their first ticks. Notes of a later version are passed over. */
export async function importsOf(history: HistoryReader, source: string, symbol: string): Promise<ImportNote[]> {
  const notes: ImportNote[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<HistoryReader['records']>> = await history.records({
      stream: 'notice',
      source,
      symbol,
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
      ...(after !== null && { after }),
    });
    for (const { body } of page.records) {
      const note = ImportNote.safeParse(body);
      if (note.success) notes.push(note.data);
    }
    after = page.next;
  } while (after !== null);
  return notes.sort((a, b) => a.first[0] - b.first[0] || a.first[1] - b.first[1]);
}
