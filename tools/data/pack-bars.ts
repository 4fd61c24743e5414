/**
 * `node scripts/run.mjs tools/data/pack-bars.ts DIR`: makes tools/data/bars from the originals in DIR. The same originals give the same bytes.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packBars } from './packed-bars.ts';
import { excerptOf, packedFile } from './read-bars.ts';
import { SYMBOLS } from './symbols.ts';

const dir = process.argv[2];
if (dir === undefined) {
  console.error('usage: node scripts/run.mjs tools/data/pack-bars.ts DIR   (the folder that has bars-h1 in it)');
  process.exit(2);
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const day = (time: number | undefined): string => new Date(time ?? NaN).toISOString().slice(0, 10);
const lines = ['file,sha256,bars,first,last,original,original_sha256'];
for (const symbol of SYMBOLS) {
  const bars = excerptOf(symbol, dir);
  const packed = packBars(bars);
  const file = packedFile(symbol.symbol);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, packed);
  const original = sha256(readFileSync(path.join(dir, symbol.original)));
  lines.push(
    [path.basename(file), sha256(packed), bars.time.length, day(bars.time[0]), day(bars.time.at(-1)), symbol.original, original].join(','),
  );
  console.error(`${symbol.symbol}: ${bars.time.length} bars in ${packed.length} bytes`);
}
writeFileSync(path.join(import.meta.dirname, 'bars', 'MANIFEST.csv'), `${lines.join('\n')}\n`);
