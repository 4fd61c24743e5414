import type { DemoRecording } from '../test/system/market.ts';
import { HostRun } from './host-run.ts';

export interface Latency {
  readonly rate: number;
  /** Ticks a second that were acknowledged over the measured time. */
  readonly acked: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Microseconds of the host's own process a tick; null where there is no /proc. */
  readonly hostCpuUs: number | null;
  /** The same of the host and its isolates. */
  readonly allCpuUs: number | null;
}

/**
 * The host's latencies have a half-life of ten seconds (telemetry/flow-meter.ts), and its first ticks run through code that is not compiled yet, for some 150 ms: after so long they are
 * less than a thousandth of what is counted, and no longer in the 99th percentile.
 */
const WARM_UP_MS = 50_000;

/**
 * At a held rate: the time from a tick's arrival at the mt5 plugin to the backend's acknowledgement at the host, so both commits, the spool's and the ledger's, are in it;
 * and the CPU that it takes.
 */
export async function latency(recordings: readonly DemoRecording[], rate: number, forMs: number): Promise<Latency> {
  const run = await HostRun.start();
  try {
    await run.play(recordings, { rate });
    await run.host.statusWhen('the first tick', ({ ticks }) => ticks.taken > 0, 30_000);
    await wait(WARM_UP_MS);
    const [cpuBefore, before, started] = [await run.cpu(), await run.status(), performance.now()];
    await wait(forMs);
    const [cpuAfter, after] = [await run.cpu(), await run.status()];
    const seconds = (performance.now() - started) / 1_000;
    const ticks = after.usage.ticks - before.usage.ticks;
    const perTick = (of: 'host' | 'all'): number | null =>
      cpuBefore === null || cpuAfter === null ? null : ((cpuAfter[of] - cpuBefore[of]) * 1e6) / ticks;
    return {
      rate,
      acked: ticks / seconds,
      p50Ms: after.ticks.latencyMs.p50,
      p99Ms: after.ticks.latencyMs.p99,
      hostCpuUs: perTick('host'),
      allCpuUs: perTick('all'),
    };
  } finally {
    await run.end();
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
