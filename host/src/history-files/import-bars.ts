import type { BarBody } from '@tickhub/plugin-sdk/host';
import { DataFileError } from '@tickhub/plugin-sdk/files';
import type { FileBars } from '@tickhub/plugin-sdk/files';
import { digitsOf } from './import-job.ts';
import type { Imported, ImportJob } from './import-job.ts';

const BATCH = 1_000;
const GUESS_ROWS = 200;

/**
 * Imports a bar export as records of the stream `bars`: bars of the bid, as MetaTrader draws them.
 * @param namedMs width of a bar by the file's name.
 * @throws {DataFileError} when nothing says how wide a bar is.
 */
export async function importBars(job: ImportJob, namedMs: number | null): Promise<Imported> {
  const { history, request, file, serverTime, setAside } = job;
  const { source, symbol } = request;
  const digits = digitsOf(request, file.dialect);
  const hasVolume = file.dialect.fields.includes('volume');
  const hasSpread = file.dialect.fields.includes('spread');
  const reader = file.bars((line, what) => setAside.add(line, what), BATCH);
  let widthMs = request.barMs ?? namedMs;
  let [added, duplicate, rows] = [0, 0, 0];
  let from: number | null = null;
  let to: number | null = null;
  let damage: string | null = null;
  for (;;) {
    let block: FileBars | null;
    try {
      block = await reader.next();
    } catch (error) {
      if (!(error instanceof DataFileError)) throw error;
      damage = error.message;
      break;
    }
    if (block === null) break;
    widthMs ??= smallestStep(request.file, block);
    const records = [];
    for (let i = 0; i < block.count; i++) {
      const at = (column: Float64Array): number => column[i] as number;
      const time = serverTime.toUtc(at(block.time));
      from ??= time;
      to = time;
      const body: BarBody = {
        widthMs,
        side: 'bid',
        open: at(block.open),
        high: at(block.high),
        low: at(block.low),
        close: at(block.close),
        ticks: Math.round(at(block.ticks)),
        ...(hasVolume && { volume: at(block.volume) }),
        ...(hasSpread && { spread: at(block.spread) }),
        closed: true,
      };
      records.push({
        time,
        symbol, // Keys are a plugin's over all its sources, and two brokers have a bar of one hour.
        key: `${source} ${symbol} bid ${widthMs} ${time}`,
        receivedAt: time + widthMs,
        body,
      });
    }
    const summary = await history.importRecords({ stream: 'bars', source, records });
    added += summary.added;
    duplicate += summary.duplicate;
    rows += block.count;
    job.onProgress({ file: request.file, rows, ...file.progress });
  }
  return { digits, added, duplicate, from, to, exact: false, damage };
}

/** Gaps make single steps wide, never narrow. */
function smallestStep(file: string, { time, count }: FileBars): number {
  let step = Infinity;
  for (let i = 1; i < Math.min(count, GUESS_ROWS); i++) step = Math.min(step, (time[i] as number) - (time[i - 1] as number));
  if (step === Infinity) throw new DataFileError(file, 'nothing says how wide its bars are; name it, such as --bar 1m');
  return step;
}
