import type { Card } from './card.ts';

/** Where the card that was made now says something else than the committed one: a line for each figure, by its name. */
export function compareCards(committed: Card, now: Card): string[] {
  const found: string[] = [];
  const differ = (what: string, then: string | undefined, today: string | undefined): void => {
    if (then !== today) found.push(`${what}: the card says ${then ?? 'nothing'}, this run ${today ?? 'nothing'}`);
  };
  for (const field of ['version', 'sha256', 'features', 'tier', 'question', 'about', 'split'] as const)
    differ(field, committed[field], now[field]);
  for (const name of union(committed.data, now.data, (one) => one.name)) {
    const hash = (card: Card): string | undefined => card.data.find((one) => one.name === name)?.sha256;
    differ(`sha256 of ${name}`, hash(committed), hash(now));
  }
  for (const title of union(committed.tables, now.tables, (one) => one.title)) {
    const [then, today] = [committed, now].map((card) => card.tables.find((one) => one.title === title));
    if (then === undefined || today === undefined) {
      differ(`table "${title}"`, then && 'that it is there', today && 'that it is there');
      continue;
    }
    differ(`"${title}", note`, then.note, today.note);
    differ(`"${title}", columns`, then.columns.join(' | '), today.columns.join(' | '));
    const rows = Math.max(then.rows.length, today.rows.length);
    for (let row = 0; row < rows; row++) {
      const [old, fresh] = [then.rows[row], today.rows[row]];
      for (let column = 0; column < Math.max(old?.length ?? 0, fresh?.length ?? 0); column++) {
        differ(`"${title}", ${old?.[0] ?? fresh?.[0] ?? ''}, ${then.columns[column] ?? column}`, old?.[column], fresh?.[column]);
      }
    }
  }
  differ('limits', committed.limits.join('; '), now.limits.join('; '));
  return found;
}

function union<T>(a: readonly T[], b: readonly T[], name: (one: T) => string): Set<string> {
  return new Set([...a, ...b].map(name));
}
