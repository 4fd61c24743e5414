/**
 * The oracle run: recorded ticks through the compiled Expert Advisor, the mt5 plugin, the host, its spool, the transport and the gateway, while each of them is killed
 * (-9) at random moments. Afterwards the gateway's ledger must equal the recording: every tick exactly once, in order per symbol; the usage ledger must say the same
 * number; and a fresh tick must pass.
 */
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openSpool } from '../../host/src/delivery/open-spool.ts';
import type { EaHandle } from '../counterparts/ea/index.ts';
import { TICK_BYTES } from '../counterparts/ea/record.ts';
import { Deployment, USER } from '../system/deployment.ts';
import type { Instrument } from '../system/deployment.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks, sameMillisecond } from '../system/recorded-ticks.ts';
import type { RecordedTicks } from '../system/recorded-ticks.ts';
import { until } from '../system/until.ts';
import { randomFrom } from './random.ts';

export const VICTIMS = ['ea', 'plugin', 'transport', 'host', 'gateway'] as const;
export type Victim = (typeof VICTIMS)[number];

export interface StormOptions {
  readonly recordings: readonly Instrument[];
  readonly seed: number;
  readonly kills: number;
  /** Market ms per wall ms. */
  readonly speed: number;
  /** How long the market is open at this speed; the kills spread over it. */
  readonly lastsMs: number;
  readonly say: (line: string) => void;
}

export interface StormReport {
  readonly seed: number;
  readonly ticks: number;
  readonly sameMillisecond: number;
  readonly kills: Readonly<Record<Victim, number>>;
  /** How many of the kills came while the market was open. */
  readonly killsInFlow: number;
  /** Ticks by the host's usage ledger. */
  readonly usage: number;
  readonly seconds: number;
  readonly differences: readonly string[];
}

/** After the last kill everything must be delivered within this. */
const HEAL_MS = 120_000;
/** A victim that is down because of the kill before has this long to come back. */
const COME_BACK_MS = 60_000;
const FRESH_TICKS = 100;

export async function storm(options: StormOptions): Promise<StormReport> {
  const deployment = await Deployment.create('storm');
  try {
    return await new Storm(options, deployment).play();
  } finally {
    await deployment.end();
  }
}

class Storm {
  readonly #options: StormOptions;
  readonly #deployment: Deployment;
  readonly #random: () => number;
  readonly #kills: Record<Victim, number> = { ea: 0, plugin: 0, transport: 0, host: 0, gateway: 0 };
  readonly #marketStart = Date.now() + 1_000;
  #killsInFlow = 0;
  #terminal: EaHandle | null = null;

  constructor(options: StormOptions, deployment: Deployment) {
    this.#options = options;
    this.#deployment = deployment;
    this.#random = randomFrom(options.seed);
  }

  async play(): Promise<StormReport> {
    const { recordings, kills, lastsMs, seed, say } = this.#options;
    const started = performance.now();
    const recorded = await Promise.all(recordings.map(async ({ symbol, file }) => ({ symbol, ticks: await readRecordedTicks(file) })));
    const total = recorded.reduce((sum, { ticks }) => sum + ticks.count, 0);
    await this.#startHost().ready();
    await this.#startTerminal();
    for (const [n, victim] of this.#order(kills).entries()) {
      await this.#marketTime((lastsMs / kills) * (n + this.#random()));
      await this.#kill(victim);
      this.#kills[victim]++;
      const open = Date.now() < this.#marketStart + lastsMs;
      if (open) this.#killsInFlow++;
      say(`kill ${n + 1} of ${kills}: ${victim}${open ? '' : ' (the market had closed)'}`);
    }
    await this.#delivered(total);
    const fresh = await this.#fresh(total);
    const exit = await this.#deployment.host.stop();
    await this.#deployment.gateway.stop();
    const usage = await this.#usage();
    return {
      seed,
      ticks: total,
      sameMillisecond: recorded.reduce((sum, { ticks }) => sum + sameMillisecond(ticks), 0),
      kills: this.#kills,
      killsInFlow: this.#killsInFlow,
      usage: usage.ticks - FRESH_TICKS,
      seconds: (performance.now() - started) / 1_000,
      differences: [
        ...this.#compare([...recorded, fresh], total + FRESH_TICKS),
        ...usage.differences,
        ...(usage.ticks === total + FRESH_TICKS ? [] : [`usage says ${usage.ticks} ticks, ${total + FRESH_TICKS} were recorded`]),
        ...(exit === 0 ? [] : [`the host ended with ${exit} instead of 0`]),
      ],
    };
  }

  /** Each victim as often as any other, in rounds whose order the seed decides. */
  #order(kills: number): Victim[] {
    const order: Victim[] = [];
    while (order.length < kills) {
      const round = [...VICTIMS];
      while (round.length > 0) order.push(...round.splice(Math.floor(this.#random() * round.length), 1));
    }
    return order.slice(0, kills);
  }

  async #marketTime(ms: number): Promise<void> {
    const left = this.#marketStart + ms - Date.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }

  #startHost(): Deployment['host'] {
    return this.#deployment.startHost();
  }

  async #startTerminal(): Promise<void> {
    const { recordings, speed } = this.#options;
    this.#terminal = await this.#deployment.startTerminal('storm', recordings, this.#marketStart, { speed });
  }

  async #kill(victim: Victim): Promise<void> {
    const { host, gateway } = this.#deployment;
    switch (victim) {
      case 'ea':
        await this.#terminal?.kill();
        return this.#startTerminal();
      case 'gateway':
        await gateway.kill();
        return gateway.start();
      case 'host':
        host.kill();
        await host.exited;
        this.#startHost();
        return;
      case 'plugin':
        return this.#killIsolate('mt5');
      case 'transport':
        return this.#killIsolate('websocket');
    }
  }

  /** Kills the process of a plugin; waits for there to be one. */
  async #killIsolate(id: string): Promise<void> {
    await until(
      `a process of ${id} to kill`,
      async () => {
        const { plugins } = await this.#deployment.host.status();
        const pid = plugins.find((plugin) => plugin.id === id)?.pid ?? null;
        return pid !== null && process.kill(pid, 'SIGKILL');
      },
      COME_BACK_MS,
    );
  }

  async #delivered(total: number): Promise<void> {
    await this.#deployment.delivered(total, this.#options.lastsMs + HEAL_MS).catch((error: Error) => {
      throw new Error(`seed ${this.#options.seed}: ${error.message}`);
    });
  }

  /** After the storm another terminal comes, and its ticks pass. */
  async #fresh(total: number): Promise<{ symbol: string; ticks: RecordedTicks }> {
    // A storm is of at least one recording.
    const { digits, file } = this.#options.recordings[0] as Instrument;
    const fresh = { symbol: 'FRESH', digits, file: path.join(this.#deployment.dir, 'fresh.ticks') };
    const from = await open(file);
    const { buffer } = await from.read(Buffer.alloc(FRESH_TICKS * TICK_BYTES), 0, FRESH_TICKS * TICK_BYTES, 0);
    await from.close();
    await writeFile(fresh.file, buffer);
    await this.#deployment.startTerminal('fresh', [fresh], Date.now(), { speed: 'full' });
    await this.#delivered(total + FRESH_TICKS);
    return { symbol: fresh.symbol, ticks: await readRecordedTicks(fresh.file) };
  }

  /** The usage ledger as the host left it, and what of its reports the gateway has: none twice, each as it stands in the ledger. */
  async #usage(): Promise<{ ticks: number; differences: string[] }> {
    const file = path.join(this.#deployment.hostDir, 'tenants', USER, 'spool.db');
    const spool = await openSpool({ path: file, budgetBytes: 2 ** 30, clock: Date });
    const rows = await spool.usage();
    await spool.close();
    const differences: string[] = [];
    const seen = new Set<string>();
    const reports = this.#deployment.readLedger((ledger) =>
      [...ledger.records({ user: USER, stream: 'usage' })].flatMap(({ records }) => records),
    );
    for (const report of reports) {
      const { id, data } = report['body'] as { id: string; data: { stream: string; minute: number; counted: number } };
      if (seen.has(id)) differences.push(`usage of ${id} was reported twice`);
      seen.add(id);
      const row = rows.find(({ stream, minute }) => stream === data.stream && minute === data.minute);
      if (row?.counted !== data.counted) differences.push(`usage of ${id}: ${data.counted} was reported, the ledger has ${row?.counted}`);
    }
    const ticks = rows.reduce((sum, { stream, counted, dropped }) => sum + (stream === 'ticks' ? counted - dropped : 0), 0);
    return { ticks, differences };
  }

  #compare(recorded: readonly { symbol: string; ticks: RecordedTicks }[], total: number): string[] {
    return this.#deployment.readLedger((ledger) => {
      const differences = recorded.flatMap(
        ({ symbol, ticks }) => compare(symbol, ticks, ledger.ticks({ user: USER, symbol })).difference ?? [],
      );
      const [totals, ...others] = ledger.usage();
      if (totals?.user !== USER || totals.ticks !== total)
        differences.push(`the gateway counts ${totals?.ticks} ticks of ${totals?.user}, not ${total} of ${USER}`);
      if (others.length > 0) differences.push(`the gateway has frames of ${others.map(({ user }) => user).join(', ')}`);
      if (totals !== undefined && totals.conflicts + totals.lostFrames > 0)
        differences.push(`${totals.conflicts} conflicts, ${totals.lostFrames} frames lost`);
      return differences;
    });
  }
}
