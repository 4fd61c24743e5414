import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { openLedger } from './ledger/reader.ts';

/** Writes what a ledger has: a table of counts, or every tick as CSV. */
export async function printLedger(
  query: { readonly dataDir: string; readonly user?: string; readonly symbol?: string; readonly ticks: boolean },
  out: Writable,
): Promise<void> {
  const ledger = openLedger(query.dataDir);
  const write = async (line: string): Promise<void> => {
    if (!out.write(`${line}\n`)) await once(out, 'drain');
  };
  try {
    if (query.ticks) {
      await write('source,symbol,time_msc,ordinal,bid,ask,flags');
      for (const tick of ledger.ticks(query)) {
        await write([tick.source, tick.symbol, tick.time, tick.ordinal, tick.bid, tick.ask, tick.flags].join());
      }
      return;
    }
    for (const { user, source, symbol, ticks } of ledger.counts()) {
      if ((query.user ?? user) === user && (query.symbol ?? symbol) === symbol) await write(`${user}\t${source}\t${symbol}\t${ticks}`);
    }
    for (const total of ledger.usage()) {
      if ((query.user ?? total.user) !== total.user) continue;
      const { user, frames, ticks, records, duplicateFrames, cursorDuplicates, holeFrames, conflicts } = total;
      await write(
        `${user}\ttotal\t${ticks} ticks, ${records} records in ${frames} frames; ${duplicateFrames} frames and ${cursorDuplicates} ticks came twice, ` +
          `${holeFrames} frames never, ${conflicts} with other content`,
      );
    }
  } finally {
    ledger.close();
  }
}
