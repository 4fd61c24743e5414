/**
 * Cuts the demo's ticks out of longer recordings, rows untouched:
 * `node plugins/mt5/demo/cut.ts <folder with EURUSD.oanda.ticks.csv.zst and XAUUSD.oanda.ticks.csv.zst>`.
 * Where the recordings come from is in ATTRIBUTION.md.
 */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { constants, createZstdDecompress, zstdCompressSync } from 'node:zlib';

/** Two trading days up to Friday's close: no weekend in between, and Friday 12:30 UTC has the US payrolls of April 2014. */
const FROM = Date.UTC(2014, 4, 1);
const UNTIL = Date.UTC(2014, 4, 2, 21);
const HEADER = 'time_msc,bid,ask';

async function cut(input: string, output: string): Promise<void> {
  // Errors reach the reader of the unpacked stream.
  const text = pipeline(createReadStream(input), createZstdDecompress(), () => undefined);
  const rows = [HEADER];
  let header = true;
  for await (const row of createInterface({ input: text, crlfDelay: Infinity })) {
    if (header) {
      if (row !== HEADER) throw new Error(`${input}: the first row is ${row}, expected ${HEADER}`);
      header = false;
      continue;
    }
    const time = Number(row.slice(0, row.indexOf(',')));
    if (time >= UNTIL) break;
    if (time >= FROM) rows.push(row);
  }
  const packed = zstdCompressSync(`${rows.join('\n')}\n`, {
    params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  await writeFile(output, packed);
  process.stdout.write(`${output}: ${rows.length - 1} ticks, ${packed.length} bytes\n`);
}

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write('usage: node plugins/mt5/demo/cut.ts <folder of the recordings>\n');
  process.exit(2);
}
for (const symbol of ['EURUSD', 'XAUUSD']) {
  await cut(path.join(folder, `${symbol}.oanda.ticks.csv.zst`), path.join(import.meta.dirname, `${symbol}.csv.zst`));
}
