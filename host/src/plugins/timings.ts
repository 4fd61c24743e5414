/** Every span of time that plugin hosting depends on, in milliseconds. Tests shorten them. */
export interface PluginTimings {
  /** How often the heartbeat of an isolate is looked for. */
  readonly heartbeatMs: number;
  /** So many looks in a row without one, and the isolate counts as unresponsive. */
  readonly missedBeats: number;
  /** How long a new version that has no output must be healthy before it takes over. */
  readonly probationMs: number;
  /** How long a new version may say that it is degraded before it is given up. */
  readonly provingMs: number;
  /** How long a plugin may take to drain. */
  readonly drainMs: number;
  /** How long a process may take to end after it was asked to. */
  readonly exitMs: number;
  readonly snapshotMs: number;
  /** How long a plugin folder must be quiet before it is read. */
  readonly debounceMs: number;
  /** How long a plugin folder must be gone before its plugin is stopped. Some tools replace a folder by removing it first. */
  readonly removalMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
  /** So many crashes within the window lead to quarantine. */
  readonly crashLimit: number;
  readonly crashWindowMs: number;
  /** So long in health, and one crash is forgiven. */
  readonly forgiveMs: number;
}

export const DEFAULT_TIMINGS: PluginTimings = {
  heartbeatMs: 1_000,
  missedBeats: 5,
  probationMs: 2_000,
  provingMs: 10_000,
  drainMs: 5_000,
  exitMs: 1_000,
  snapshotMs: 1_500,
  debounceMs: 50,
  removalMs: 250,
  backoffFirstMs: 250,
  backoffMostMs: 60_000,
  crashLimit: 5,
  crashWindowMs: 600_000,
  forgiveMs: 120_000,
};
