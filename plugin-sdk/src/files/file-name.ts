import path from 'node:path';

/** What MetaTrader puts into the names of its exports: `EURUSD_202405010000_202405142359.csv` (ticks), `EURUSD_M1_202405010000_202405142359.csv` (bars). */
export interface NamedExport {
  readonly symbol: string;
  /** Milliseconds of a bar; null for ticks, and for what the name does not say. */
  readonly barMs: number | null;
}

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const WIDTHS: Readonly<Record<string, number>> = {
  Daily: DAY,
  Weekly: 7 * DAY,
  Monthly: 30 * DAY,
  D1: DAY,
  W1: 7 * DAY,
  MN1: 30 * DAY,
  MN: 30 * DAY,
};

function barWidth(name: string): number | null {
  const named = WIDTHS[name];
  if (named !== undefined) return named;
  const [, unit, count] = /^([MH])(\d{1,3})$/.exec(name) ?? [];
  return unit === undefined ? null : Number(count) * MINUTE * (unit === 'H' ? 60 : 1);
}

/** Reads a file's name; null when no symbol can be seen in it. */
export function readFileName(file: string): NamedExport | null {
  const base = path
    .basename(file)
    .replace(/\.(gz|zst)$/i, '')
    .replace(/\.(csv|txt|tsv)$/i, '');
  const parts = base.split('_');
  while (parts.length > 1 && /^\d{8,14}$/.test(parts.at(-1) ?? '')) parts.pop();
  const barMs = parts.length > 1 ? barWidth(parts.at(-1) ?? '') : null;
  if (barMs !== null) parts.pop();
  const symbol = parts.join('_');
  // Names such as `EURUSD.oanda.ticks` are a symbol and words; brokers' suffixes (`EURUSD.x`, `US30.cash`) are part of the symbol.
  return /^[A-Za-z0-9#.][\w.#&+!-]{0,62}$/.test(symbol) ? { symbol, barMs } : null;
}
