import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { execute } from '../../host/src/main.ts';
import { root } from '../../scripts/node-runtime.mjs';

const COMMAND = path.join(root, 'host', 'bin', 'tickhub.mjs');

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs one `tickhub` command to its end. For `run` only where it is expected not to start: a host that runs is a HostProcess.
 * @param onOut called with what it prints, as it prints it.
 */
export async function tickhub(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOut: (text: string) => void = () => undefined,
): Promise<CliResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOut(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/**
 * The same command line in this process, through what the command calls: for what a command says and ends with, where a process for each would cost most of the test.
 * Not for `run`, `replay` and `history export`, which write to the process's own streams.
 */
export async function tickhubHere(args: readonly string[]): Promise<CliResult> {
  let out = '';
  let err = '';
  const code = await execute(args, { print: (text) => (out += `${text}\n`), complain: (text) => (err += `${text}\n`) });
  return { code, out, err };
}
