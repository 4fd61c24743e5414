import type { DemoRecording } from '../test/system/market.ts';
import { HostRun } from './host-run.ts';

export interface Throughput {
  readonly ticks: number;
  readonly ticksPerSecond: number;
}

/** Ticks a second through the whole path: terminal's history at full speed -> link -> gate -> spool -> WebSocket -> ledger -> ack; from the first tick taken to the last one acknowledged. */
export async function throughput(recordings: readonly DemoRecording[]): Promise<Throughput> {
  const total = recordings.reduce((sum, { ticks }) => sum + ticks, 0);
  const run = await HostRun.start();
  try {
    await run.play(recordings, { speed: 'full' });
    await run.host.statusWhen('the first tick', ({ ticks }) => ticks.taken > 0);
    const started = performance.now();
    const before = (await run.status()).ticks.taken;
    await run.host.statusWhen('the last ack', ({ ticks, spool }) => ticks.taken >= total && spool.ackedSeq === spool.lastSeq, 120_000);
    const seconds = (performance.now() - started) / 1_000;
    return { ticks: total, ticksPerSecond: (total - before) / seconds };
  } finally {
    await run.end();
  }
}
