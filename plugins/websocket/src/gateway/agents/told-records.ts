import { CalendarBody, SocialAggregate } from '@tickhub/plugin-sdk';

/** Streams whose records agents look at. */
export const TOLD_STREAMS: ReadonlySet<string> = new Set(['calendar', 'social']);

export interface PolicyRate {
  /** In percent a year. */
  readonly rate: number;
  readonly at: number;
}

export interface Mood {
  /** Mean sentiment, -1 to 1, with the window's end, its posts and how much of it was listened to. */
  readonly sentiment: number;
  readonly at: number;
  readonly posts: number;
  readonly coverage: number;
}

/** What calendars call the decision on a currency's policy rate. */
const RATE_TITLES =
  /^(federal funds rate|main refinancing rate|official bank rate|snb policy rate|boj policy rate|overnight rate|cash rate|official cash rate|.*interest rate decision)$/i;
const MOST_SYMBOLS = 2_000;

/** What one user's host has delivered of calendar and social records since this gateway started: the newest of each, no posts, no texts. */
export class ToldRecords {
  readonly #rates = new Map<string, PolicyRate>();
  readonly #moods = new Map<string, Mood>();

  /** Policy rate of a currency (ISO 4217); null where no decision was told of. */
  rate(currency: string): PolicyRate | null {
    return this.#rates.get(currency) ?? null;
  }

  mood(symbol: string): Mood | null {
    return this.#moods.get(symbol) ?? null;
  }

  /** Bodies that are not of their stream are no business of an agent. */
  take(stream: string, records: readonly Readonly<Record<string, unknown>>[]): void {
    for (const { time, symbol, body } of records) {
      if (stream === 'calendar') this.#takeEvent(body);
      else if (stream === 'social' && typeof time === 'number' && typeof symbol === 'string') this.#takeMood(time, symbol, body);
    }
  }

  #takeEvent(body: unknown): void {
    const { data } = CalendarBody.safeParse(body);
    if (data === undefined || !RATE_TITLES.test(data.title)) return;
    const rate = data.actual?.value ?? data.previous?.value ?? null;
    const known = this.#rates.get(data.currency);
    // A rate is a number of percent; what is out of reason is another figure under the same name.
    if (rate === null || Math.abs(rate) > 50 || (known !== undefined && known.at > data.scheduledAt)) return;
    this.#rates.set(data.currency, { rate, at: data.scheduledAt });
  }

  #takeMood(at: number, symbol: string, body: unknown): void {
    const { data } = SocialAggregate.safeParse(body);
    if (data === undefined || data.network !== 'all' || data.sentiment === null || at < (this.#moods.get(symbol)?.at ?? -Infinity)) return;
    if (this.#moods.size >= MOST_SYMBOLS && !this.#moods.has(symbol)) return;
    this.#moods.set(symbol, { sentiment: data.sentiment, at, posts: data.posts, coverage: data.coverage });
  }
}
