import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fetchStatus } from '../../host/src/control/control-client.ts';
import type { HostStatus } from '../../host/src/control/status.ts';
import { root } from '../../scripts/node-runtime.mjs';
import { until } from './until.ts';

const COMMAND = path.join(root, 'host', 'bin', 'tickhub.mjs');

/** Hours of the terminal's past stay out of a test's counts of records. */
const PAST = 'plugins.mt5.bars.hourlyDays=0';
/** What would ask the internet stays out of a test, and so do the models, unless it says `disabled=[]`. */
const QUIET = 'disabled=["news","economic","social","models"]';

/** For `set`, where a test needs no terminal: a plugin less to start. */
export const NO_TERMINAL = 'disabled=["mt5","news","economic","social","models"]';
/** For `set`, where a test needs no backend either: the gateway starts, and nobody connects to it. */
export const NO_DELIVERY = 'disabled=["mt5","websocket","news","economic","social","models"]';
/** An answer costs host and test some milliseconds of CPU, which what is waited for needs too. */
const ASK_EVERY_MS = 100;

export interface HostProcessOptions {
  readonly dataDir: string;
  /** `--set` pairs. */
  readonly set?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  /** In a process group of its own, as the shell of a terminal starts it; see {@link HostProcess.pressCtrlC}. */
  readonly ownGroup?: boolean;
}

/** One line of the host's JSON log. */
export interface HostLogLine {
  readonly level: string;
  readonly msg: string;
  readonly plugin?: string;
  readonly [field: string]: unknown;
}

/** A real host, as a user runs it, in a process of its own. */
export class HostProcess {
  readonly dataDir: string;
  readonly lines: HostLogLine[] = [];
  /** What it wrote besides log lines. */
  readonly noise: string[] = [];
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #tenant: string | undefined;
  readonly #waiting = new Set<(line: HostLogLine) => void>();

  private constructor(options: HostProcessOptions) {
    this.dataDir = options.dataDir;
    this.#tenant = (options.set ?? []).find((pair) => pair.startsWith('tenant='))?.slice('tenant='.length);
    const sets = [QUIET, PAST, ...(options.set ?? [])].flatMap((pair) => ['--set', pair]);
    const child = spawn(process.execPath, [COMMAND, 'run', '--plain', '--data', options.dataDir, ...sets, ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...options.env },
      detached: options.ownGroup === true,
    });
    this.#child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
    // Both streams are pipes by the stdio above.
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (text) => this.#onLine(text));
    createInterface({ input: child.stderr as NonNullable<typeof child.stderr> }).on('line', (text) => this.noise.push(text));
  }

  /** Starts it; it may still be getting ready. */
  static start(options: HostProcessOptions): HostProcess {
    return new HostProcess(options);
  }

  get pid(): number {
    // Undefined only where spawning failed, which `exited` tells.
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  status(): Promise<HostStatus> {
    return fetchStatus(this.dataDir);
  }

  /** The status once it fulfils the predicate. @throws Error with the host's last words. */
  async statusWhen(what: string, predicate: (status: HostStatus) => boolean, timeoutMs?: number): Promise<HostStatus> {
    const ask = async (): Promise<HostStatus | null> => {
      if (!this.running) throw new Error(`the host has ended (${await this.exited}): ${this.noise.join(' ')}`);
      const status = await this.status();
      return predicate(status) ? status : null;
    };
    try {
      return await until(what, ask, timeoutMs, ASK_EVERY_MS);
    } catch (error) {
      const said = this.lines.slice(-12).map(({ level, plugin, msg }) => `${level} ${plugin ?? ''} ${msg}`);
      throw new Error([(error as Error).message, ...this.noise.slice(-5), ...said].join('\n'), { cause: error });
    }
  }

  /** The first log line, past or to come, that fulfils the predicate. */
  async line(what: string, predicate: (line: HostLogLine) => boolean, timeoutMs = 45_000): Promise<HostLogLine> {
    const past = this.lines.find(predicate);
    if (past !== undefined) return past;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(listener);
        reject(
          new Error(
            `no log line "${what}" within ${timeoutMs} ms; the last were:\n${this.lines
              .slice(-8)
              .map((line) => line.msg)
              .join('\n')}`,
          ),
        );
      }, timeoutMs);
      const listener = (line: HostLogLine): void => {
        if (!predicate(line)) return;
        clearTimeout(timer);
        this.#waiting.delete(listener);
        resolve(line);
      };
      this.#waiting.add(listener);
    });
  }

  ready(timeoutMs?: number): Promise<HostLogLine> {
    return this.line('ready', (line) => line.msg.startsWith('ready in'), timeoutMs);
  }

  /** Where the mt5 plugin of this host listens, and its token. */
  async link(): Promise<{ port: number; token: string }> {
    return readLink(this.dataDir, this.#tenant);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** What a terminal does: SIGINT to the host and all its children. Needs `ownGroup`. @returns the exit code. */
  async pressCtrlC(): Promise<number | NodeJS.Signals> {
    process.kill(-this.pid, 'SIGINT');
    return this.exited;
  }

  /** SIGINT to the host alone. @returns the exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.#child.kill('SIGINT');
    return this.exited;
  }

  #onLine(text: string): void {
    let line: HostLogLine;
    try {
      line = JSON.parse(text) as HostLogLine;
    } catch {
      this.noise.push(text);
      return;
    }
    this.lines.push(line);
    for (const listener of this.#waiting) listener(line);
  }
}

/** The mt5 plugin's folder of a tenant. */
export function mt5DataDir(dataDir: string, tenant = 'local'): string {
  return path.join(dataDir, 'tenants', tenant, 'plugins', 'mt5', 'data');
}

/** Where the mt5 plugin listens, from the files it writes; waits while they are missing, or left behind by one that was killed. */
export async function readLink(dataDir: string, tenant?: string): Promise<{ port: number; token: string }> {
  const dir = mt5DataDir(dataDir, tenant);
  return until('the mt5 plugin to listen', async () => {
    const { port, pid } = JSON.parse(await readFile(path.join(dir, 'link.json'), 'utf8')) as { port: number; pid: number };
    process.kill(pid, 0);
    return { port, token: (await readFile(path.join(dir, 'tickhub.token'), 'utf8')).trim() };
  });
}
