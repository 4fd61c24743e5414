import type { PluginManifest, PluginStatus, RefusedTicks } from '@tickhub/plugin-sdk/host';
import type { PluginOrigin } from './discovery/inspect.ts';
import type { PluginState } from './state.ts';

/** The last crash of a plugin. */
export interface CrashRecord {
  /** Unix epoch milliseconds. */
  readonly at: number;
  readonly code: string;
  readonly reason: string;
  /** Its last lines: lastWords, warnings, and the stack of what it died of. At most 50, secrets masked. */
  readonly lastWords: readonly string[];
}

/** What the host shows of one plugin. */
export interface PluginInfo {
  /** The folder's name while no manifest could be read. */
  readonly id: string;
  readonly folder: string;
  readonly origin: PluginOrigin;
  /** Null while the folder was never readable; so are `kind` and `tier`. */
  readonly version: string | null;
  readonly kind: PluginManifest['kind'] | null;
  /** The lowest tier it may run on. */
  readonly tier: PluginManifest['tier'] | null;
  readonly state: PluginState;
  /** What is in brackets behind the state: the tier of gated, the service of blocked, the count of crashed, the code of rejected. */
  readonly detail: string;
  readonly reason: string;
  /** Since when it is in this state, Unix epoch milliseconds. */
  readonly since: number;
  /** Crashes since the host started. */
  readonly restarts: number;
  readonly pid: number | null;
  readonly rssBytes: number | null;
  readonly loopLagMs: number | null;
  /** What the plugin says of itself: words and counters. */
  readonly status: PluginStatus | null;
  /** Ticks that its SDK refused, since its process started. */
  readonly refused: readonly RefusedTicks[];
  /** Why an older version than the one in the folder runs; null when none does. */
  readonly held: string | null;
  readonly lastCrash: CrashRecord | null;
}
