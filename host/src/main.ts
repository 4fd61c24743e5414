import 'reflect-metadata';
import { parseArguments } from './cli/arguments.ts';
import type { Arguments } from './cli/arguments.ts';
import { HELP } from './cli/help.ts';
import { maskSecrets } from './telemetry/mask.ts';
import { HOST_VERSION } from './version.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Each command's code is loaded when it is wanted: `status` need not pay for the host. */
const COMMANDS: Readonly<Record<string, (args: Arguments) => Promise<number>>> = {
  help: async () => {
    print(HELP);
    return 0;
  },
  version: async () => {
    print(HOST_VERSION);
    return 0;
  },
  run: async (args) => (await import('./cli/run.ts')).runCommand(args),
  status: async (args) => (await import('./cli/status.ts')).statusCommand(args, print),
  stop: async (args) => (await import('./cli/stop.ts')).stopCommand(args, print),
  'plugins list': async (args) => (await import('./cli/plugins.ts')).pluginsListCommand(args, print),
  'plugins check': async (args) => (await import('./cli/plugins.ts')).pluginsCheckCommand(args, print),
  'plugins retry': async (args) => (await import('./cli/plugins.ts')).pluginsRetryCommand(args, print),
  'spool check': async (args) => (await import('./cli/spool.ts')).spoolCheckCommand(args, print),
};

/**
 * The `tickhub` command.
 * @param argv without interpreter and script.
 */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const args = parseArguments(argv, process.env);
    // parseArguments answers with a command of the table only.
    process.exitCode = await (COMMANDS[args.command] as (args: Arguments) => Promise<number>)(args);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    process.stderr.write(`tickhub: ${maskSecrets(message)}\n`);
    // What carries a code was foreseen and says what to do; the rest is a fault of ours, and its stack helps.
    if (code === undefined) process.stderr.write(`${maskSecrets((error as Error).stack ?? '')}\n`);
    process.exitCode = code === 'USAGE' ? 2 : 1;
  }
  if (process.exitCode !== undefined) process.exit();
}
