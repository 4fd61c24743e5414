import { rm } from 'node:fs/promises';
import { HostProcess } from '../test/system/host-process.ts';
import { scratchDir } from '../test/system/market.ts';

/** Milliseconds from spawning the host to all plugins ready and the backend connected, once with an empty data folder and then `times` more on the same one. */
export async function startUp(times: number): Promise<{ first: number; again: number[] }> {
  const dir = await scratchDir('bench-start');
  const once = async (): Promise<number> => {
    const started = performance.now();
    const host = HostProcess.start({ dataDir: dir, set: ['plugins.mt5.port=0'] });
    await host.ready(30_000);
    const ms = performance.now() - started;
    await host.stop();
    return ms;
  };
  try {
    const first = await once();
    const again: number[] = [];
    for (let i = 0; i < times; i++) again.push(await once());
    return { first, again: again.sort((a, b) => a - b) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
