import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { HostStatus } from '../host/src/control/status.ts';
import { startEa } from '../test/counterparts/ea/index.ts';
import type { EaHandle, EaOptions } from '../test/counterparts/ea/index.ts';
import { HostProcess } from '../test/system/host-process.ts';
import { eaBinary, scratchDir } from '../test/system/market.ts';
import type { DemoRecording } from '../test/system/market.ts';
import { cpuSeconds } from './cpu.ts';

/** A real host with its embedded gateway, and the compiled Expert Advisor playing into it. */
export class HostRun {
  readonly dir: string;
  readonly host: HostProcess;
  #ea: EaHandle | null = null;

  private constructor(dir: string, set: readonly string[]) {
    this.dir = dir;
    this.host = HostProcess.start({
      dataDir: path.join(dir, 'host'),
      set: ['embeddedBackend.tier=enterprise', 'plugins.mt5.port=0', 'plugins.mt5.maxBackfillMs=all', ...set],
    });
  }

  static async start(set: readonly string[] = []): Promise<HostRun> {
    const run = new HostRun(await scratchDir('bench'), set);
    await run.host.ready(30_000);
    await run.host.statusWhen('the backend to be connected', ({ backend }) => backend.link === 'up');
    return run;
  }

  async play(recordings: readonly DemoRecording[], pace: Pick<EaOptions, 'speed'> | Pick<EaOptions, 'rate'>): Promise<void> {
    const { port, token } = await this.host.link();
    this.#ea = startEa({
      binary: eaBinary(),
      port,
      token,
      eaId: 'bench',
      symbols: recordings.map(({ symbol, digits, file }) => ({ name: symbol, digits, file, bookDepth: 1 })),
      marketStart: Date.now(),
      ...pace,
    });
  }

  /** CPU seconds so far: of the host's own process, and of all that belong to it. */
  async cpu(): Promise<{ host: number; all: number } | null> {
    const status = await this.host.status();
    const host = await cpuSeconds(this.host.pid);
    if (host === null) return null;
    let all = host;
    for (const { pid } of status.plugins) if (pid !== null) all += (await cpuSeconds(pid)) ?? 0;
    return { host, all };
  }

  status(): Promise<HostStatus> {
    return this.host.status();
  }

  stopMarket(): void {
    this.#ea?.kill();
  }

  async end(): Promise<void> {
    this.#ea?.kill();
    await this.host.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
