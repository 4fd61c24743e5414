import type { Impact } from '@tickhub/plugin-sdk';
import { readFigure } from '../../figures/read-figure.ts';
import type { ListedEvent, Span } from '../../events/listing.ts';
import { weekOf } from '../../time/week.ts';
import type { ReadTime } from '../../time/written-time.ts';

/** What both forms of the export have. */
export interface ExportEntry {
  readonly title: string;
  /** A currency, whatever the name says, or `All`. */
  readonly country: string;
  readonly impact: string;
  readonly forecast: string;
  readonly previous: string;
}

const IMPACTS: ReadonlyMap<string, Impact> = new Map((['high', 'medium', 'low', 'holiday'] as const).map((impact) => [impact, impact]));

/** The export has no actual, in neither form. @throws {Error} what is wrong with the entry. */
export function exportedEvent(entry: ExportEntry, time: ReadTime | null, sourceTime: string): ListedEvent {
  const title = entry.title.trim();
  if (title === '') throw new Error('it has no title');
  if (time === null) throw new Error(`"${sourceTime}" is no time`);
  const currency = entry.country.trim().toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) throw new Error(`"${entry.country}" is no currency`);
  const impact = IMPACTS.get(entry.impact.trim().toLowerCase()) ?? 'none';
  return {
    title,
    currency,
    impact,
    at: time.at,
    // Bank holidays are given the hour at which the day begins somewhere; the hour means nothing.
    timed: time.timed && impact !== 'holiday',
    sourceTime,
    forecast: readFigure(entry.forecast),
    previous: readFigure(entry.previous),
  };
}

/** The export is of whole weeks, Sunday to Saturday in New York: what is known of such a week and not in it was taken off. */
export function weeksOf(events: readonly ListedEvent[]): Span | null {
  const times = events.map(({ at }) => at).sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return null;
  return { from: weekOf('America/New_York', first).from, to: weekOf('America/New_York', last).to };
}
