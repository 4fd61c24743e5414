import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseManifest } from '@tickhub/plugin-sdk/host';
import type { Config } from '../config/schema.ts';
import { startHost } from '../host.ts';
import type { RunningHost } from '../host.ts';
import type { HostPaths } from '../host-options.ts';
import type { ReplayQuery } from '../history/history.ts';
import type { ReplaySource } from '../history-files/history-jobs.ts';
import { readText } from '../storage/read-text.ts';
import type { Log } from '../telemetry/log.ts';
import { ReplayClock } from './replay-clock.ts';
import { ReplayOutput } from './replay-output.ts';
import type { OutputSummary, TakeLines } from './replay-output.ts';
import { ReplayPlayer } from './replay-player.ts';

export interface ReplayOptions {
  readonly snapshot: ReplaySource;
  readonly query: ReplayQuery;
  /** Times the recording's own pace; Infinity: as fast as the host takes it. */
  readonly speed: number;
  /** The user's; {@link replayConfig} makes a replay's of it. */
  readonly config: Config;
  /** The data folder is the replay's own. */
  readonly paths: HostPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly take: TakeLines;
  /** Called now and then. `at` is the recording's time, 0 before the first tick. */
  readonly onProgress: (progress: { readonly at: number; readonly ticks: number; readonly records: number }) => void;
  readonly stop: AbortSignal;
}

export interface ReplaySummary extends OutputSummary {
  /** Symbols that the tier held back. */
  readonly heldBack: readonly string[];
  /** Plugins that did not come to run, with the reason. */
  readonly notRunning: readonly string[];
  /** Whether it was ended before the end of the recording. */
  readonly stopped: boolean;
}

const PROGRESS_MS = 200;
/** How long the last bars' analyses may take. */
const ANSWERS_MS = 30_000;
/** A transport is degraded until its link is up. */
const RUNNING: ReadonlySet<string> = new Set(['running', 'degraded']);

/**
 * Plays a snapshot through a whole host of its own: gate, metering, spool, transport and an embedded gateway, in a data folder of its own. The user's data,
 * backend and billing have no part in it.
 * @throws what {@link startHost} throws, and {HistoryError}.
 */
export async function playThroughHost(options: ReplayOptions): Promise<ReplaySummary> {
  const clock = new ReplayClock();
  const host = await startHost({
    config: await replayConfig(options.config, options.paths.bundledPlugins),
    paths: options.paths,
    env: options.env,
    log: options.log,
    now: clock.now,
    onStopRequest: () => undefined,
  });
  const output = new ReplayOutput(host.tenant.streams, options.take);
  const player = new ReplayPlayer(host.tenant, clock, options.speed, options.stop);
  const progress = setInterval(() => options.onProgress({ at: player.at, ticks: output.ticks, records: output.records }), PROGRESS_MS);
  try {
    await host.tenant.plugins.host.settled();
    const notRunning = troubles(host);
    await player.play(options.snapshot, options.query);
    const heldBack = [...host.tenant.streams.gate.verdicts()].filter(({ allowed }) => !allowed).map(({ symbol }) => symbol);
    await host.tenant.analysis.monitor.settled(ANSWERS_MS);
    // The models have what they were sent when they have drained.
    await host.stop();
    return { ...output.finish(), heldBack, notRunning, stopped: options.stop.aborted };
  } finally {
    clearInterval(progress);
    await host.stop();
  }
}

function troubles(host: RunningHost): string[] {
  return host.tenant.plugins.host
    .list()
    .flatMap(({ id, state, reason }) => (RUNNING.has(state) || state === 'stopped' ? [] : [`${id}: ${state}, ${reason}`]));
}

/** The user's config with an embedded gateway, and without the bundled plugins that would bring something in: what comes in is the recording. */
export async function replayConfig(config: Config, bundledPlugins: string): Promise<Config> {
  const { backend: _backend, ...rest } = config;
  const sources = await bundledSources(bundledPlugins);
  return { ...rest, tenant: 'replay', controlPort: 0, disabled: [...config.disabled, ...sources] };
}

async function bundledSources(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await readdir(folder)) {
    const text = await readText(path.join(folder, name, 'plugin.json')).catch(() => null);
    const parsed = text === null ? null : parseManifest(text, name);
    if (parsed?.ok === true && parsed.manifest.kind === 'data-source') ids.push(parsed.manifest.id);
  }
  return ids;
}
