import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { Harness, HarnessOptions, HttpAnswer } from '@tickhub/plugin-sdk/testing';
import type { CalendarBody } from '@tickhub/plugin-sdk';
import plugin from '../src/index.ts';
import type { ExportedRow } from './snapshots.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A Wednesday, 8:30 in New York. */
export const RELEASE = Date.parse('2026-08-12T12:30:00Z');
export const EXPORT = 'https://nfs.faireconomy.media/ff_calendar_thisweek.json';

export function row(change: Partial<ExportedRow> & { at?: number } = {}): ExportedRow {
  const { at = RELEASE, ...rest } = change;
  const date = `${new Date(at - 4 * HOUR).toISOString().slice(0, 19)}-04:00`;
  return { title: 'Core CPI m/m', country: 'USD', date, impact: 'High', forecast: '0.3%', previous: '0.2%', ...rest };
}

export interface Told {
  readonly key: string;
  readonly time: number;
  readonly revision: number;
  readonly body: CalendarBody;
}

/** The plugin, with a server that has a list of events and an entity tag for each list. */
export class Calendar {
  readonly harness: Harness;
  /** When it was asked, and with which headers. */
  readonly asked: { url: string; at: number; headers: Readonly<Record<string, string>> }[] = [];
  rows: readonly ExportedRow[];
  /** In place of the list, where it is set. */
  answer: ((url: string) => HttpAnswer | Promise<HttpAnswer>) | null = null;

  constructor(rows: readonly ExportedRow[], options: HarnessOptions = {}) {
    this.rows = rows;
    this.harness = createHarness(plugin, {
      plugin: { id: 'economic' },
      now: RELEASE - 2 * HOUR,
      http: (url, { headers = {} }) => this.#respond(url, headers),
      ...options,
    });
  }

  told(kind: CalendarBody['kind']): Told[] {
    return this.harness.records
      .map(({ key = '', time, revision = 0, body }) => ({ key, time, revision, body: body as CalendarBody }))
      .filter(({ body }) => body.kind === kind);
  }

  /** Until the plugin's clock shows a time. */
  async until(at: number): Promise<void> {
    await this.harness.advance(at - this.harness.now());
  }

  #respond(url: string, headers: Readonly<Record<string, string>>): HttpAnswer | Promise<HttpAnswer> {
    this.asked.push({ url, at: this.harness.now(), headers });
    if (this.answer !== null) return this.answer(url);
    const etag = `"${JSON.stringify(this.rows).length}-${this.rows.map(({ date }) => date).join()}"`;
    if (headers['if-none-match'] === etag) return { status: 304 };
    return { headers: { etag }, body: this.rows };
  }
}
