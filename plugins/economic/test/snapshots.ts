import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, '..', '..', '..');

/** The folder of recorded real data that lies beside the repository (or two up, from a work tree); null where it is not. */
export function sharedCalendar(): string | null {
  const places = [path.join(ROOT, '..', 'shared'), path.join(ROOT, '..', '..', 'shared')].map((place) =>
    path.join(place, 'data', 'calendar'),
  );
  return places.find((place) => existsSync(place)) ?? null;
}

export interface ExportedRow {
  readonly title: string;
  readonly country: string;
  readonly date: string;
  readonly impact: string;
  readonly forecast: string;
  readonly previous: string;
}

/** One answer of Forex Factory's export, as it was fetched. */
export interface Snapshot {
  /** Unix epoch milliseconds. */
  readonly fetched: number;
  readonly rows: readonly ExportedRow[];
}

/** The 55 recorded answers of August 2026; where they are not at hand, the excerpt of them in fixtures/. */
export function snapshots(): { all: boolean; list: Snapshot[] } {
  const shared = sharedCalendar();
  if (shared === null)
    return { all: false, list: grouped(readFileSync(path.join(HERE, 'fixtures', 'ff-snapshots-excerpt.jsonl'), 'utf8')) };
  return {
    all: true,
    list: grouped(gunzipSync(readFileSync(path.join(shared, 'ff_thisweek_snapshots_2026-08.jsonl.gz'))).toString('utf8')),
  };
}

function grouped(lines: string): Snapshot[] {
  const byTime = new Map<number, ExportedRow[]>();
  for (const line of lines.trim().split('\n')) {
    const { fetched, ...row } = JSON.parse(line) as ExportedRow & { fetched: string };
    const at = Date.parse(fetched);
    byTime.set(at, [...(byTime.get(at) ?? []), row]);
  }
  return [...byTime].map(([fetched, rows]) => ({ fetched, rows }));
}
