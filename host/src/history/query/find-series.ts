import { HistoryError } from '../errors.ts';
import type { SeriesQuery, TimeRange } from '../history.ts';
import type { Series } from '../store/series-table.ts';

/** How many names an error gives. */
const NAMED = 12;

/**
 * The series that a query is of.
 * @param all those that have ticks.
 * @throws {HistoryError} HISTORY_NO_SERIES, HISTORY_SOURCE_AMBIGUOUS; the message says what there is.
 */
export function findSeries(all: readonly Series[], { symbol, source }: SeriesQuery): Series {
  const ofSymbol = all.filter((series) => series.symbol === symbol);
  const found = source === undefined ? ofSymbol : ofSymbol.filter((series) => series.source === source);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) {
    throw new HistoryError(
      'HISTORY_SOURCE_AMBIGUOUS',
      `${found.length} sources have ${symbol}: name one of ${listed(found.map((s) => s.source))}`,
    );
  }
  if (ofSymbol.length > 0) {
    throw new HistoryError(
      'HISTORY_NO_SERIES',
      `there are no ticks of ${symbol} from "${source}"; ${listed(ofSymbol.map((s) => s.source))} has them`,
    );
  }
  const symbols = [...new Set(all.map((series) => series.symbol))].sort();
  throw new HistoryError(
    'HISTORY_NO_SERIES',
    symbols.length === 0
      ? `there are no ticks of ${symbol}, nor of any other symbol yet`
      : `there are no ticks of ${symbol}; there are some of ${listed(symbols)}`,
  );
}

/** @throws {HistoryError} HISTORY_BAD_QUERY */
export function assertRange({ from, to }: TimeRange): void {
  if (Number.isFinite(from) && Number.isFinite(to) && from <= to) return;
  throw new HistoryError('HISTORY_BAD_QUERY', `a range from ${from} to ${to} is none: give Unix epoch milliseconds, the earlier one first`);
}

/** @throws {HistoryError} HISTORY_BAD_QUERY */
export function limitOf(given: number | undefined, standard: number, most: number): number {
  const limit = given ?? standard;
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new HistoryError('HISTORY_BAD_QUERY', `a limit of ${limit} is none: it is a whole number from 1 to ${most}`);
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
