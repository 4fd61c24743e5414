import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { HostStatus } from '../../host/src/control/status.ts';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import type { LedgerReader } from '../../plugins/websocket/src/gateway/ledger.ts';
import { loadSigningKey } from '../../plugins/websocket/src/gateway/signing-key.ts';
import { Tokens } from '../../plugins/websocket/src/gateway/tokens.ts';
import type { Tier } from '../../plugins/websocket/src/gateway/tokens.ts';
import { startEa } from '../counterparts/ea/index.ts';
import type { EaHandle, EaOptions } from '../counterparts/ea/index.ts';
import { freePort } from './free-port.ts';
import { GatewayProcess } from './gateway-process.ts';
import { HostProcess, readLink } from './host-process.ts';
import type { HostProcessOptions } from './host-process.ts';
import { eaBinary, scratchDir } from './market.ts';

/** The tenant, and the user of its token, unless a test says otherwise. */
export const USER = 'local';

export type Pace = Pick<EaOptions, 'speed' | 'rate' | 'burst'>;

/** A recording under the name that the broker has for it. */
export interface Instrument {
  readonly symbol: string;
  readonly digits: number;
  /** Raw MqlTicks. */
  readonly file: string;
}

/** One gateway, one host and any number of terminals, each a process of its own, in a folder that goes when the test ends. */
export class Deployment {
  readonly dir: string;
  readonly gateway: GatewayProcess;
  readonly hostDir: string;
  /** Where terminals find the mt5 plugin, whichever host runs. */
  readonly linkPort: number;
  #host: HostProcess | null = null;
  readonly #terminals = new Set<EaHandle>();

  private constructor(dir: string, hostDir: string, gatewayPort: number, linkPort: number) {
    this.dir = dir;
    this.hostDir = hostDir;
    this.gateway = new GatewayProcess(gatewayPort, path.join(dir, 'gateway'));
    this.linkPort = linkPort;
  }

  /**
   * The gateway is started, and a token of `tier` lies where the host will look for it.
   * @param options.hostDir in place of a folder below the scratch folder, for a disk of its own.
   */
  static async create(name: string, options: { tier?: Tier; hostDir?: string } = {}): Promise<Deployment> {
    const dir = await scratchDir(name);
    const made = new Deployment(dir, options.hostDir ?? path.join(dir, 'host'), await freePort(), await freePort());
    await made.gateway.start();
    await made.present(options.tier ?? 'enterprise');
    return made;
  }

  get tokenFile(): string {
    return path.join(this.dir, 'token');
  }

  /** Puts a token of the gateway's, good for an hour, where the host takes it from. It is signed here: the gateway's command would start a process for each. */
  async present(tier: Tier): Promise<void> {
    const tokens = new Tokens(await loadSigningKey(this.gateway.dataDir));
    await writeFile(this.tokenFile, await tokens.issueToken({ userId: USER, tier, expiresIn: 3_600 }));
  }

  /** The host that runs, or ran last. */
  get host(): HostProcess {
    if (this.#host === null) throw new Error('no host was started');
    return this.#host;
  }

  /** `--set` pairs of a host on the gateway. */
  get settings(): string[] {
    return [
      ...this.gateway.settings(this.tokenFile),
      `tenant=${USER}`,
      `plugins.mt5.port=${this.linkPort}`,
      'plugins.mt5.maxBackfillMs=all',
    ];
  }

  /** Starts a host on the gateway; it may still be getting ready. */
  startHost(options: Omit<HostProcessOptions, 'dataDir'> = {}): HostProcess {
    this.#host = HostProcess.start({
      ...options,
      dataDir: this.hostDir,
      set: [...this.settings, ...(options.set ?? [])],
    });
    return this.#host;
  }

  /** Starts a terminal with the compiled Expert Advisor on its chart. Every instrument has depth, so each of them wakes it. */
  async startTerminal(eaId: string, instruments: readonly Instrument[], marketStart: number, pace: Pace): Promise<EaHandle> {
    const { token } = await readLink(this.hostDir, USER);
    const terminal = startEa({
      binary: eaBinary(),
      port: this.linkPort,
      token,
      eaId,
      symbols: instruments.map(({ symbol, digits, file }) => ({ name: symbol, digits, file, bookDepth: 1 })),
      marketStart,
      ...pace,
    });
    this.#terminals.add(terminal);
    return terminal;
  }

  /** The status once the host has taken `ticks`, the backend has acknowledged everything, and the usage ledger says so. */
  delivered(ticks: number, timeoutMs = 60_000): Promise<HostStatus> {
    return this.host.statusWhen(
      `all ${ticks} ticks to be acknowledged`,
      ({ usage, spool }) => usage.ticks >= ticks && spool.ackedSeq === spool.lastSeq,
      timeoutMs,
    );
  }

  /** The gateway's ledger, beside the running gateway or after it. */
  readLedger<T>(read: (ledger: LedgerReader) => T): T {
    const ledger = openLedger(this.gateway.dataDir);
    try {
      return read(ledger);
    } finally {
      ledger.close();
    }
  }

  /** Ends every process and removes the folder. */
  async end(): Promise<void> {
    for (const terminal of this.#terminals) await terminal.kill();
    await this.#endHost();
    await this.gateway.kill();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** The isolates too: one that spins does not notice that its host is gone. */
  async #endHost(): Promise<void> {
    const host = this.#host;
    if (host === null || !host.running) return;
    const isolates = await host.status().then(
      ({ plugins }) => plugins.flatMap(({ pid }) => pid ?? []),
      () => [],
    );
    host.kill();
    await host.exited;
    for (const pid of isolates) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has gone by itself.
      }
    }
  }
}
