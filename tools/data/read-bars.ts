import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { readOriginal } from './originals.ts';
import { unpackBars } from './packed-bars.ts';
import { fromPoints } from './points.ts';
import type { PointBars } from './points.ts';
import { FIRST_BAR, SYMBOLS } from './symbols.ts';
import type { EvaluationSymbol } from './symbols.ts';

/** Bars of one symbol with what identifies them. */
export interface EvaluationBars {
  readonly symbol: string;
  readonly digits: number;
  /** H1, UTC, from {@link FIRST_BAR} of its source on, oldest first. */
  readonly bars: Bars;
  /** Of the bars themselves, in hex: the same whether they were read from the repository or from the originals. */
  readonly sha256: string;
}

/**
 * Reads a symbol's bars: the repository's, or with `dir` the originals.
 * @param dir the folder that has `bars-h1` in it.
 * @throws {Error} when there is no such symbol, or its file cannot be read.
 */
export function readBars(name: string, dir?: string): EvaluationBars {
  const symbol = SYMBOLS.find((one) => one.symbol === name);
  if (symbol === undefined) throw new Error(`there are no bars of ${name}; there are ${SYMBOLS.map((one) => one.symbol).join(', ')}`);
  const points = dir === undefined ? unpackBars(readFileSync(packedFile(name))) : excerptOf(symbol, dir);
  return { symbol: name, digits: symbol.digits, bars: fromPoints(points, symbol.digits), sha256: hashOf(points) };
}

/** What the repository carries of an original: everything from {@link FIRST_BAR} on. */
export function excerptOf(symbol: EvaluationSymbol, dir: string): PointBars {
  const all = readOriginal(dir, symbol);
  return sliceBars(
    all,
    all.time.findIndex((time) => time >= FIRST_BAR[symbol.source]),
  );
}

export function packedFile(symbol: string): string {
  return path.join(import.meta.dirname, 'bars', `${symbol}.h1.br`);
}

/** sha256 of the columns, little-endian doubles, one after the other. */
function hashOf(points: PointBars): string {
  const hash = createHash('sha256');
  for (const column of [points.time, points.open, points.high, points.low, points.close, points.volume]) {
    const bytes = Buffer.alloc(column.length * 8);
    column.forEach((value, i) => bytes.writeDoubleLE(value, i * 8));
    hash.update(bytes);
  }
  return hash.digest('hex');
}
