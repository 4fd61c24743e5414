import type { SymbolStatus } from '../control/status.ts';
import { duration, grouped } from './numbers.ts';

const COUNTS = [
  ['gaps', 'gaps'],
  ['duplicate', 'duplicate'],
  ['outOfOrder', 'out of order'],
  ['invalid', 'invalid'],
  ['crossed', 'crossed'],
  ['stale', 'stale'],
  ['late', 'by backfill'],
] as const;

/** What is not as it should be with the ticks of a symbol; empty when all is well. */
export function qualityText(symbol: SymbolStatus): string {
  const counts = COUNTS.flatMap(([name, words]) => (symbol[name] > 0 ? [`${grouped(symbol[name])} ${words}`] : []));
  if (symbol.silent) counts.unshift(`silent for ${duration(symbol.silentMs)}`);
  return counts.join(', ');
}
