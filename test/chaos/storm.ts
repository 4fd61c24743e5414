/**
 * The oracle run: recorded ticks through the compiled Expert Advisor, the mt5 plugin, the host, its spool, the transport and the gateway, while each of them is killed
 * (-9) at random moments. Afterwards the gateway's ledger must equal the recording: every tick exactly once, in order per symbol, and the usage ledger must
 * say the same number.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { startEa } from '../counterparts/ea/index.ts';
import type { EaHandle } from '../counterparts/ea/index.ts';
import { freePort } from '../system/free-port.ts';
import { GatewayProcess } from '../system/gateway-process.ts';
import { HostProcess } from '../system/host-process.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks, sameMillisecond } from '../system/recorded-ticks.ts';
import type { RecordedTicks } from '../system/recorded-ticks.ts';
import { until } from '../system/until.ts';
import { randomFrom } from './random.ts';

export type Victim = 'ea' | 'plugin' | 'transport' | 'host' | 'gateway';

export interface Recorded {
  readonly symbol: string;
  readonly digits: number;
  /** Raw MqlTicks. */
  readonly file: string;
}

export interface StormOptions {
  /** The compiled Expert Advisor. */
  readonly ea: string;
  readonly recordings: readonly Recorded[];
  readonly seed: number;
  readonly kills: number;
  /** Ticks a second of the recording's market, so that the kills fall into the flow: market time runs this much faster. */
  readonly speed: number | 'full';
  /** How long the flow is expected to last, so that the kills spread over it. */
  readonly lastsMs: number;
  readonly say: (line: string) => void;
}

export interface StormReport {
  readonly seed: number;
  readonly ticks: number;
  readonly sameMillisecond: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly usage: number;
  readonly seconds: number;
  readonly differences: readonly string[];
}

const VICTIMS: readonly Victim[] = ['ea', 'plugin', 'transport', 'host', 'gateway'];
const USER = 'local';
/** After the last kill everything must be delivered within this. */
const HEAL_MS = 120_000;

export async function storm(options: StormOptions): Promise<StormReport> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-storm-'));
  const run = new Storm(options, dir);
  try {
    return await run.play();
  } finally {
    await run.end();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

class Storm {
  readonly #options: StormOptions;
  readonly #dir: string;
  readonly #random: () => number;
  readonly #kills: Record<Victim, number> = { ea: 0, plugin: 0, transport: 0, host: 0, gateway: 0 };
  readonly #marketStart = Date.now() + 1_000;
  #gateway: GatewayProcess | null = null;
  #host: HostProcess | null = null;
  #ea: EaHandle | null = null;
  #linkPort = 0;
  #recordings: { symbol: string; ticks: RecordedTicks }[] = [];

  constructor(options: StormOptions, dir: string) {
    this.#options = options;
    this.#dir = dir;
    this.#random = randomFrom(options.seed);
  }

  async play(): Promise<StormReport> {
    const { recordings, kills, lastsMs, seed, say } = this.#options;
    const started = performance.now();
    this.#recordings = await Promise.all(recordings.map(async ({ symbol, file }) => ({ symbol, ticks: await readRecordedTicks(file) })));
    const total = this.#recordings.reduce((sum, { ticks }) => sum + ticks.count, 0);
    this.#linkPort = await freePort();
    await this.#startGateway();
    this.#startHost();
    await (this.#host as HostProcess).ready();
    await this.#startEa();
    // Each victim in turn, in an order that the seed decides, at moments spread over the flow.
    for (let n = 0; n < kills; n++) {
      await delay((lastsMs / kills) * (0.4 + 1.2 * this.#random()));
      const victim = VICTIMS[n % VICTIMS.length] as Victim;
      const killed = await this.#kill(victim);
      say(`kill ${n + 1} of ${kills}: ${victim}${killed ? '' : ' (was not running)'}`);
    }
    const { usage } = await this.#delivered(total);
    const differences = await this.#compare();
    return {
      seed,
      ticks: total,
      sameMillisecond: this.#recordings.reduce((sum, { ticks }) => sum + sameMillisecond(ticks), 0),
      kills: this.#kills,
      usage,
      seconds: (performance.now() - started) / 1_000,
      differences: usage === total ? differences : [...differences, `usage says ${usage} ticks, ${total} were recorded`],
    };
  }

  async end(): Promise<void> {
    this.#ea?.kill();
    this.#host?.kill();
    await this.#host?.exited;
    await this.#gateway?.kill();
  }

  async #startGateway(): Promise<void> {
    const gateway = new GatewayProcess(await freePort(), path.join(this.#dir, 'gateway'));
    this.#gateway = gateway;
    await gateway.start();
    await mkdir(path.join(this.#dir, 'host'), { recursive: true });
    await writeFile(this.#tokenFile, await gateway.issue(USER, 'enterprise'));
  }

  get #tokenFile(): string {
    return path.join(this.#dir, 'host', 'token');
  }

  #startHost(): void {
    this.#host = HostProcess.start({
      dataDir: path.join(this.#dir, 'host'),
      set: [
        ...(this.#gateway as GatewayProcess).settings(this.#tokenFile),
        `tenant=${USER}`,
        `plugins.mt5.port=${this.#linkPort}`,
        'plugins.mt5.maxBackfillMs=all',
        'log.level=info',
      ],
    });
  }

  async #startEa(): Promise<void> {
    const { token } = await (this.#host as HostProcess).link();
    const { ea, recordings, speed } = this.#options;
    this.#ea = startEa({
      binary: ea,
      port: this.#linkPort,
      token,
      eaId: 'storm',
      symbols: recordings.map(({ symbol, digits, file }) => ({ name: symbol, digits, file, bookDepth: 1 })),
      marketStart: this.#marketStart,
      speed,
    });
  }

  async #kill(victim: Victim): Promise<boolean> {
    const killed = await this.#killNow(victim);
    if (killed) this.#kills[victim]++;
    return killed;
  }

  async #killNow(victim: Victim): Promise<boolean> {
    const host = this.#host as HostProcess;
    switch (victim) {
      case 'ea':
        this.#ea?.kill();
        await this.#startEa();
        return true;
      case 'gateway':
        await this.#gateway?.kill();
        await this.#gateway?.start();
        return true;
      case 'host':
        host.kill();
        await host.exited;
        this.#startHost();
        return true;
      case 'plugin':
      case 'transport': {
        const id = victim === 'plugin' ? 'mt5' : 'websocket';
        const pid = (await host.status().catch(() => null))?.plugins.find((plugin) => plugin.id === id)?.pid ?? null;
        if (pid === null) return false;
        process.kill(pid, 'SIGKILL');
        return true;
      }
    }
  }

  /** Waits until the host says that all is acknowledged; returns its usage. */
  async #delivered(total: number): Promise<{ usage: number }> {
    let seen = 0;
    const status = await until(
      `all ${total} ticks to be acknowledged; usage was last`,
      async () => {
        const now = await (this.#host as HostProcess).status();
        if (now.usage.ticks !== seen) seen = now.usage.ticks;
        return now.usage.ticks >= total && now.spool.ackedSeq === now.spool.lastSeq ? now : null;
      },
      this.#options.lastsMs + HEAL_MS,
      100,
    ).catch((error: Error) => {
      throw new Error(`seed ${this.#options.seed}: ${error.message} (${seen} of ${total})`);
    });
    return { usage: status.usage.ticks };
  }

  async #compare(): Promise<string[]> {
    await this.#gateway?.stop();
    const ledger = openLedger(path.join(this.#dir, 'gateway'));
    try {
      return this.#recordings.flatMap(({ symbol, ticks }) => compare(symbol, ticks, ledger.ticks({ user: USER, symbol })).difference ?? []);
    } finally {
      ledger.close();
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
