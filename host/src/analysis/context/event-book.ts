import { CalendarBody } from '@tickhub/plugin-sdk/host';
import { CURRENCIES, METALS } from '@tickhub/plugin-sdk/markets';

const MINUTE = 60_000;
/** Events are remembered this long, and this many. */
const KEPT_MS = 30 * 86_400_000;
const MOST = 5_000;
const CODES: ReadonlySet<string> = new Set([...CURRENCIES, ...METALS]);

interface KnownEvent {
  readonly at: number;
  readonly currency: string;
  readonly symbols: readonly string[];
  /** Actual minus forecast in units of the forecast's size; null while one of them is missing, or the forecast is 0. */
  readonly surprise: number | null;
}

export interface EventsAround {
  readonly minutesToEvent: number | null;
  readonly minutesSinceEvent: number | null;
  readonly lastSurprise: number | null;
}

/** High-impact events of the calendar with a time of day, in their newest versions. */
export class EventBook {
  readonly #events = new Map<string, KnownEvent>();

  /** Takes the body of a `calendar` record; one that is none is left out. */
  take(source: string, body: unknown): void {
    this.#take(source, body, true);
  }

  /** Takes one of before this start: what is known of the event already is newer. */
  learn(source: string, body: unknown): void {
    this.#take(source, body, false);
  }

  #take(source: string, body: unknown, isNews: boolean): void {
    const parsed = CalendarBody.safeParse(body);
    if (!parsed.success || parsed.data.kind === 'countdown') return;
    const { event, impact, timed, withdrawn, scheduledAt, currency, symbols, actual, forecast } = parsed.data;
    const key = `${source} ${event} ${currency}`;
    if (!isNews && this.#events.has(key)) return;
    if (impact !== 'high' || !timed || withdrawn === true) {
      this.#events.delete(key);
      return;
    }
    const [is, was] = [actual?.value ?? null, forecast?.value ?? null];
    const surprise = is === null || was === null || was === 0 ? null : (is - was) / Math.abs(was);
    this.#events.set(key, { at: scheduledAt, currency, symbols, surprise });
    if (this.#events.size > MOST) this.#forget(scheduledAt);
  }

  /** What is near `at`, Unix epoch milliseconds, of the currencies of a symbol. */
  around(symbol: string, at: number): EventsAround {
    let next: KnownEvent | null = null;
    let last: KnownEvent | null = null;
    for (const event of this.#events.values()) {
      if (!concerns(event, symbol)) continue;
      if (event.at > at) {
        if (next === null || event.at < next.at) next = event;
      } else if (last === null || event.at > last.at || (event.at === last.at && last.surprise === null)) last = event;
    }
    return {
      minutesToEvent: next === null ? null : (next.at - at) / MINUTE,
      minutesSinceEvent: last === null ? null : (at - last.at) / MINUTE,
      lastSurprise: last?.surprise ?? null,
    };
  }

  #forget(now: number): void {
    for (const [key, { at }] of this.#events) if (at < now - KEPT_MS || this.#events.size > MOST) this.#events.delete(key);
  }
}

function concerns({ currency, symbols }: KnownEvent, symbol: string): boolean {
  return currency === 'ALL' || symbols.includes(symbol) || currenciesOf(symbol).includes(currency);
}

/** The two currencies of a pair's name; none for an index, whose events name it. */
function currenciesOf(symbol: string): readonly string[] {
  const pair = [symbol.slice(0, 3), symbol.slice(3)];
  return pair.every((code) => CODES.has(code)) ? pair : [];
}
