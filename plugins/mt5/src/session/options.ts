import type { Clock, Gate, Log, Publish } from '@tickhub/plugin-sdk';
import type { Shared } from './account-feed.ts';
import type { BarWish } from './bar-backfill.ts';
import type { BookOptions } from './book-feed.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { MappingRules } from './symbol-map.ts';
import type { TerminalMemory } from './terminal-memory.ts';
import type { OffsetRule } from './utc-offset.ts';

/** What the user decides about the terminals' symbols and ticks. */
export interface SessionOptions {
  /** Canonical or broker's names; empty: whatever the terminal announces. */
  readonly symbols: readonly string[];
  readonly mapping: MappingRules;
  readonly utcOffset: OffsetRule;
  /** How far back a SUB may reach, in milliseconds. */
  readonly maxBackfillMs: number;
  /** A live tick older than this by the broker's clock counts as stale. */
  readonly staleAfterMs: number;
  /** A connection silent for longer gives way to a new one of the same EA. */
  readonly silenceMs: number;
  /** {@link TickFlag} bits that every tick gets; none by default. */
  readonly marks?: number;
  /** Whether the terminals' clocks are those of now; not so in a replay. */
  readonly isLive: boolean;
  /** Which symbols' order books are asked for, by canonical or broker's name. */
  readonly book: BookOptions & { readonly symbols: 'all' | readonly string[] };
  /** What of the account leaves this machine. */
  readonly share: readonly Shared[];
  readonly bars: readonly BarWish[];
}

export interface SessionDeps {
  readonly publish: Publish;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: TerminalMemory;
  readonly watch: ClockWatch;
}
