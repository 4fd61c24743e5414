import type { Clock, Log, Publish, SourceHealth } from '@tickhub/plugin-sdk';
import type { Hello } from '../link/frames.ts';
import type { Link, LinkSession } from '../link/link.ts';

/**
 * Another program's way out of a terminal, made into what the native link gives to the session layer: a {@link Link} whose symbols and ticks go to
 * a {@link LinkSession}. What such a bridge can not do (numbers, cursors, backfill) is left out, and its ticks are marked.
 */
export interface Bridge {
  /** Begins to look, or to listen. Throws only what is wrong with the config: whatever is missing may still come. */
  start(): void | Promise<void>;
  /** How it is now, for the plugin's status. */
  health(): SourceHealth;
  stop(): void | Promise<void>;
}

export interface BridgeTerms {
  /** Part of the source's name: `mt5:<id>`. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: Publish;
  /** The canonical name of a bridge's symbol. */
  canonical(rawName: string): string;
  /** As the native link's, with what is different for bridges: their clock is UTC, and their ticks are marked. */
  admit(hello: Hello, link: Link): LinkSession;
}
