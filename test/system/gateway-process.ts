import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/node-runtime.mjs';

const COMMAND = path.join(root, 'plugins', 'websocket', 'bin', 'tickhub-gateway.mjs');

/** A real gateway, standing alone, in a process of its own. */
export class GatewayProcess {
  readonly port: number;
  readonly dataDir: string;
  readonly output: string[] = [];
  #child: ChildProcess | null = null;

  constructor(port: number, dataDir: string) {
    this.port = port;
    this.dataDir = dataDir;
  }

  /** Starts it, or starts it again after a kill, and waits until it listens. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [COMMAND, 'serve', '--port', String(this.port), '--data', this.dataDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const listening = Promise.withResolvers<void>();
    const take = (text: string): void => {
      this.output.push(text);
      if (text.includes('listening on')) listening.resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.once('exit', () => listening.reject(new Error(`the gateway ended instead of listening: ${this.output.join('')}`)));
    await listening.promise;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** A token that this gateway signs. */
  async issue(user: string, tier: string, expires = '1h'): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [
      COMMAND,
      'issue',
      '--user',
      user,
      '--tier',
      tier,
      '--expires',
      expires,
      '--data',
      this.dataDir,
    ]);
    return stdout.trim();
  }

  /** `--set` pairs that make a host use it, with a token in `tokenFile`. */
  settings(tokenFile: string): string[] {
    return [
      `backend.url=ws://127.0.0.1:${this.port}/ws/client/{user_id}`,
      `backend.jwks=http://127.0.0.1:${this.port}/.well-known/jwks.json`,
      `backend.token=file:${tokenFile}`,
    ];
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}
