import 'reflect-metadata';
import { parseArguments } from './cli/arguments.ts';
import type { Arguments } from './cli/arguments.ts';
import { HELP } from './cli/help.ts';
import { maskSecrets } from './telemetry/mask.ts';
import { HOST_VERSION } from './version.ts';

type Print = (text: string) => void;

/** @returns the exit code. */
type Command = (args: Arguments, print: Print, complain: Print) => Promise<number>;

/** Each command's code is loaded when it is wanted: `status` need not pay for the host. */
const COMMANDS: Readonly<Record<string, Command>> = {
  help: async (_args, print) => {
    print(HELP);
    return 0;
  },
  version: async (_args, print) => {
    print(HOST_VERSION);
    return 0;
  },
  run: async (args) => (await import('./cli/run.ts')).runCommand(args),
  status: async (args, print) => (await import('./cli/status.ts')).statusCommand(args, print),
  sources: async (args, print) => (await import('./cli/sources.ts')).sourcesCommand(args, print),
  tail: async (args, print) => (await import('./cli/tail.ts')).tailCommand(args, print),
  analyse: async (args, print) => (await import('./cli/analyse.ts')).analyseCommand(args, print),
  stop: async (args, print) => (await import('./cli/stop.ts')).stopCommand(args, print),
  'plugins list': async (args, print) => (await import('./cli/plugins.ts')).pluginsListCommand(args, print),
  'plugins check': async (args, print) => (await import('./cli/plugins.ts')).pluginsCheckCommand(args, print),
  'plugins retry': async (args, print) => (await import('./cli/plugins.ts')).pluginsRetryCommand(args, print),
  'history info': async (args, print) => (await import('./cli/history/info.ts')).historyInfoCommand(args, print),
  'history bars': async (args, print, complain) => (await import('./cli/history/bars.ts')).historyBarsCommand(args, print, complain),
  'history ticks': async (args, print, complain) => (await import('./cli/history/ticks.ts')).historyTicksCommand(args, print, complain),
  'history records': async (args, print, complain) =>
    (await import('./cli/history/records.ts')).historyRecordsCommand(args, print, complain),
  'history import': async (args, print) => (await import('./cli/history/import.ts')).historyImportCommand(args, print),
  'history export': async (args) => (await import('./cli/history/export.ts')).historyExportCommand(args),
  replay: async (args, print) => (await import('./cli/replay.ts')).replayCommand(args, print),
  'spool check': async (args, print) => (await import('./cli/spool.ts')).spoolCheckCommand(args, print),
};

/** Where a command's answer and its complaints go, a line or more at a time. */
export interface Output {
  readonly print: Print;
  readonly complain: Print;
}

/**
 * Runs one command line.
 * @param argv without interpreter and script.
 * @returns the exit code: 2 when the command line does not fit, 1 when the command failed or says no.
 */
export async function execute(argv: readonly string[], output: Output, commands = COMMANDS): Promise<number> {
  try {
    const args = parseArguments(argv, process.env);
    // parseArguments answers with a command of the table only.
    return await (commands[args.command] as Command)(args, output.print, output.complain);
  } catch (error) {
    const { message, stack, code } = error as NodeJS.ErrnoException;
    // What carries a code was foreseen and says what to do; the rest is a fault of ours, and its stack helps.
    output.complain(`tickhub: ${maskSecrets(code === undefined ? (stack ?? message) : message)}`);
    return code === 'USAGE' ? 2 : 1;
  }
}

/** The `tickhub` command: runs the command line and ends the process. */
export async function main(argv: readonly string[]): Promise<void> {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) {
    // Whoever reads may go. A host runs on without; for all else there is nobody left to tell.
    stream.on('error', () => {
      if (!argv.includes('run')) process.exit();
    });
  }
  const code = await execute(argv, {
    print: (text) => void stdout.write(`${text}\n`),
    complain: (text) => void stderr.write(`${text}\n`),
  });
  // Pipes are written behind our back on some platforms, and exit would cut them off.
  await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));
  process.exit(code);
}
