/**
 * The states of a plugin and every way between them, in one table.
 *
 * `resolved` is the crossroads: a plugin that may be looked at again (tier, dependencies, a new version, an end of backoff) goes through it.
 */
import { PluginError } from './errors.ts';

const NEXT = {
  /** A folder was found. */
  discovered: ['rejected', 'resolved', 'stopped'],
  /** The folder cannot be run; the reason says why. A change to it leads back to `discovered`. */
  rejected: ['discovered', 'stopped'],
  /** Runnable as far as its folder goes. */
  resolved: ['discovered', 'gated', 'blocked', 'starting', 'stopped'],
  /** The tier is too low for it. Detail: the tier it needs. */
  gated: ['discovered', 'resolved', 'stopped'],
  /** Something it requires does not run. Detail: what. */
  blocked: ['discovered', 'resolved', 'stopped'],
  starting: ['running', 'draining', 'crashed', 'stopped'],
  running: ['degraded', 'draining', 'crashed'],
  /** It runs, and says itself that it cannot do all of its work. */
  degraded: ['running', 'draining', 'crashed'],
  /** It stops taking in and flushes. A crash now ends the draining as well. */
  draining: ['resolved', 'stopped'],
  stopped: ['discovered', 'resolved'],
  /** Detail: how many crashes count at present. */
  crashed: ['backoff', 'quarantined', 'stopped'],
  /** Waiting to be started again. */
  backoff: ['discovered', 'resolved', 'stopped'],
  /** Crashed too often; stays until its folder changes or someone asks for a retry. */
  quarantined: ['discovered', 'resolved', 'stopped'],
} as const satisfies Record<string, readonly string[]>;

export type PluginState = keyof typeof NEXT;

export const TRANSITIONS: Readonly<Record<PluginState, readonly PluginState[]>> = NEXT;

export const PLUGIN_STATES = Object.keys(NEXT) as readonly PluginState[];

/** The states in which an isolate does the plugin's work. */
export function isUp(state: PluginState): state is 'running' | 'degraded' {
  return state === 'running' || state === 'degraded';
}

export interface Transition {
  readonly plugin: string;
  readonly from: PluginState;
  readonly to: PluginState;
  /** What is in brackets behind the state: `pro` of gated(pro), `2` of crashed(2). Empty where there is nothing. */
  readonly detail: string;
  /** For people; says what to do where something is wrong. */
  readonly reason: string;
  /** Unix epoch milliseconds. */
  readonly at: number;
}

/** The state of one plugin. */
export class PluginStateMachine {
  readonly #listener: (transition: Transition) => void;
  readonly #now: () => number;
  #plugin: string;
  #state: PluginState = 'discovered';
  #detail = '';
  #reason: string;
  #since: number;

  constructor(plugin: string, reason: string, listener: (transition: Transition) => void, now: () => number = Date.now) {
    this.#plugin = plugin;
    this.#reason = reason;
    this.#listener = listener;
    this.#now = now;
    this.#since = now();
  }

  get state(): PluginState {
    return this.#state;
  }

  get detail(): string {
    return this.#detail;
  }

  get reason(): string {
    return this.#reason;
  }

  /** When it came into this state, Unix epoch milliseconds. */
  get since(): number {
    return this.#since;
  }

  can(to: PluginState): boolean {
    return TRANSITIONS[this.#state].includes(to);
  }

  /**
   * Goes to another state and tells the listener.
   * @throws {PluginError} PLUGIN_STATE when the table has no such way.
   */
  to(to: PluginState, reason: string, detail = ''): void {
    const from = this.#state;
    if (!this.can(to)) {
      throw new PluginError(
        'PLUGIN_STATE',
        `${this.#plugin}: no way from ${from} to ${to} (${reason}); allowed: ${TRANSITIONS[from].join(', ')}`,
      );
    }
    this.#state = to;
    this.#detail = detail;
    this.#reason = reason;
    this.#since = this.#now();
    this.#listener({ plugin: this.#plugin, from, to, detail, reason, at: this.#since });
  }

  /** Puts the reason of the present state into better words. */
  explain(reason: string): void {
    this.#reason = reason;
  }

  /** Until its manifest was read a folder goes by its own name. */
  rename(plugin: string): void {
    this.#plugin = plugin;
  }
}
