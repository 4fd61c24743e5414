import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { gatewayBundle } from './bundle.ts';

/** A gateway in a process of its own. */
export class GatewayProcess {
  readonly child: ChildProcess;
  readonly messages: { type: string; [key: string]: unknown }[] = [];
  stderr = '';

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.on('message', (message) => this.messages.push(message as (typeof this.messages)[number]));
  }

  static async start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<GatewayProcess> {
    const { program } = await gatewayBundle();
    return new GatewayProcess(
      fork(program, [...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, ...env }, execArgv: [] }),
    );
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async exit(): Promise<number | null> {
    if (!this.ended) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** As the power goes. */
  async kill(): Promise<void> {
    if (this.ended) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** Runs a command of the gateway to its end. */
export async function runGateway(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { program } = await gatewayBundle();
  return await new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
