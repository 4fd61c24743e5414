import type { Clock, SourceHealth, SourceState } from '@tickhub/plugin-sdk';
import { marketAt, nextOpening } from './market-hours.ts';
import { quietness } from './quietness.ts';
import { names, seconds } from './words.ts';
import type { Feed } from './feed.ts';
import type { Terminal } from './terminal.ts';

const SILENT_MS = 3_000;
const MAX_DETAIL = 500;

interface Judgement {
  readonly state: SourceState;
  readonly detail: string;
}

/**
 * How a terminal is, in words for a person. "The EA is gone", "the EA is silent", "the broker is disconnected" and "the market is closed" are four
 * different things, and only the last is as it should be.
 */
export class TerminalHealth {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #state: SourceState = 'starting';
  #since: number;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#since = clock.now();
  }

  look(): SourceHealth {
    const { state, detail } = this.#judge();
    const words = [detail, ...(state === 'disconnected' ? [] : this.#terminal.clock.remarks)].join('; ');
    if (state !== this.#state) {
      this.#state = state;
      this.#since = this.#clock.now();
    }
    const { lastDataAt, source } = this.#terminal;
    return {
      source: source.name,
      state,
      detail: words.slice(0, MAX_DETAIL),
      since: this.#since,
      lastDataAt,
      nextAttemptAt: state === 'stale' ? this.#nextTry() : null,
      counters: this.#terminal.recordCounters(),
    };
  }

  /** Only about ticks that stay away: a terminal dials by itself, at most 2 s after it could. */
  #nextTry(): number | null {
    const at = this.#terminal.session?.nextTryAt ?? null;
    return at === null ? null : Math.round(this.#clock.now() + Math.max(0, at - this.#clock.monotonic()));
  }

  #judge(): Judgement {
    const { session, report, changedAt, fellSilentAt } = this.#terminal;
    const market = this.#market();
    if (session === null) {
      const [what, since] = fellSilentAt === null ? ['gone', changedAt] : ['silent', fellSilentAt];
      const age = seconds(this.#clock.monotonic() - since);
      return {
        state: 'disconnected',
        detail: `the EA has been ${what} for ${age}${market}: is the terminal running, and Algo Trading on?`,
      };
    }
    if (session.link.silentMs > SILENT_MS) {
      return { state: 'stale', detail: `the EA has been silent for ${seconds(session.link.silentMs)}${market}` };
    }
    if (report?.connected === false) {
      const age = seconds(this.#clock.monotonic() - this.#terminal.brokerLostAt);
      return {
        state: 'unreachable',
        detail: `the broker has been disconnected for ${age}${market}: look at the connection in the terminal's lower right corner`,
      };
    }
    if (session.link.paused) return { state: 'waiting', detail: 'the host cannot take more: it is held up' };
    return this.#ofTicks(session.feeds.filter((feed) => feed.open));
  }

  #ofTicks(feeds: readonly Feed[]): Judgement {
    const say = (state: SourceState, ...words: string[]): Judgement => ({ state, detail: words.join('; ') });
    if (feeds.length === 0) return say('waiting', 'no symbol is asked for');
    const wall = this.#terminal.wallNow;
    const closed = feeds.filter(({ hours }) => marketAt(hours, wall) === 'closed');
    if (closed.length === feeds.length) return say('closed', this.#closedWords(feeds));
    const { overdue, watched, silentMs, usualMs } = quietness(feeds, wall, this.#clock.monotonic());
    const usual = usualMs === null ? '' : `, usually one each ${usualMs < 10_000 ? `${(usualMs / 1_000).toFixed(1)} s` : seconds(usualMs)}`;
    const unsure = feeds.every(({ hours }) => marketAt(hours, wall) === 'unknown');
    if (overdue.length < watched && feeds.every((feed) => feed.lastTime === 0)) {
      return feeds.some((feed) => feed.awaitsAnswer)
        ? say('starting', 'waiting for the first ticks')
        : say('waiting', 'no tick has come yet');
    }
    if (overdue.length > 0 && overdue.length === watched) {
      // Without a schedule nothing tells a closed market from a dead one.
      if (unsure) return say('waiting', `no tick for ${seconds(silentMs)}${usual} (market closed?)`);
      return say('stale', `no tick for ${seconds(silentMs)}${usual}, and the market is open (unless it is a holiday)`);
    }
    const symbols = `${feeds.length} symbol${feeds.length === 1 ? '' : 's'}, live`;
    if (overdue.length === 0 || unsure) return say('ok', symbols);
    return say('ok', symbols, `silent for longer than usual: ${names(overdue.map((feed) => feed.symbol.name))}`);
  }

  /** The market's state, of whichever symbol is open, as a clause; empty while nothing is known of it. */
  #market(): string {
    const { feeds, wallNow } = this.#terminal;
    const states = new Set([...feeds.values()].map(({ hours }) => marketAt(hours, wallNow)));
    if (states.has('open')) return ', the market is open';
    return states.has('closed') && !states.has('unknown') ? ', the market is closed' : '';
  }

  #closedWords(feeds: readonly Feed[]): string {
    const { wallNow, offset } = this.#terminal;
    const openings = feeds.flatMap(({ hours }) => nextOpening(hours, wallNow) ?? []);
    if (openings.length === 0) return 'the market is closed';
    const utc = Math.min(...openings) - offset.atWall(Math.min(...openings));
    return `the market is closed until ${new Date(utc).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  }
}
