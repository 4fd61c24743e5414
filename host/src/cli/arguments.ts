import { parseArgs } from 'node:util';
import path from 'node:path';
import { defaultDataDir } from '../config/load.ts';

/** The command line does not fit. Code `USAGE`; the process ends with 2. */
export class UsageError extends Error {
  readonly code = 'USAGE';

  constructor(message: string) {
    super(`${message}\nRun \`tickhub --help\` for the commands and their options.`);
    this.name = 'UsageError';
  }
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  data: { type: 'string', short: 'd' },
  config: { type: 'string', short: 'c' },
  plugins: { type: 'string', short: 'p', multiple: true },
  set: { type: 'string', short: 's', multiple: true },
  tier: { type: 'string' },
  'log-level': { type: 'string' },
  plain: { type: 'boolean' },
  json: { type: 'boolean' },
  watch: { type: 'boolean', short: 'w' },
  symbol: { type: 'string', multiple: true },
  source: { type: 'string', multiple: true },
  count: { type: 'string', short: 'n' },
  from: { type: 'string' },
  to: { type: 'string' },
  side: { type: 'string' },
  zone: { type: 'string' },
  csv: { type: 'boolean' },
  parquet: { type: 'boolean' },
  out: { type: 'string', short: 'o' },
  key: { type: 'string' },
  'as-of': { type: 'string' },
  'all-revisions': { type: 'boolean' },
  offset: { type: 'string' },
  digits: { type: 'string' },
  bar: { type: 'string' },
  mt5: { type: 'boolean' },
  history: { type: 'boolean' },
  stream: { type: 'string', multiple: true },
  speed: { type: 'string' },
} as const;

type OptionName = keyof typeof OPTIONS;

function read(argv: readonly string[]) {
  return parseArgs({ args: joined(argv), options: OPTIONS, allowPositionals: true });
}

/** `--from -1d` is a time and `--offset -05:00` a distance, where parseArgs would see an option. */
function joined(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (const arg of argv) {
    const before = args.at(-1) ?? '';
    if (/^--(from|to|as-of|offset)$/.test(before) && /^-\d/.test(arg)) args[args.length - 1] = `${before}=${arg}`;
    else args.push(arg);
  }
  return args;
}

export type OptionValues = Readonly<ReturnType<typeof read>['values']>;

const GLOBAL: readonly OptionName[] = ['help', 'version', 'data'];

/** How many operands each command takes at most; it says itself which it needs. */
const OPERANDS_OF: Readonly<Record<string, number>> = {
  'history bars': 2,
  'history ticks': 1,
  'history records': 1,
  'history import': 10_000,
  'history export': 1,
  replay: 10_000,
  tail: 20,
  analyse: 1,
  'plugins check': 1,
  'plugins retry': 1,
  'spool check': 1,
};

/** Which options each command takes; any other is an error rather than ignored. */
const OPTIONS_OF: Readonly<Record<string, readonly OptionName[]>> = {
  run: ['config', 'plugins', 'set', 'tier', 'log-level', 'plain'],
  status: ['json', 'watch'],
  sources: ['json', 'watch'],
  tail: ['json', 'symbol', 'source', 'count'],
  analyse: ['json'],
  stop: [],
  'plugins list': ['json', 'config', 'plugins'],
  'plugins check': ['json'],
  'plugins retry': [],
  'spool check': ['json', 'config'],
  'history info': ['json', 'config', 'set'],
  'history bars': ['config', 'set', 'from', 'to', 'source', 'side', 'zone', 'count', 'csv', 'parquet', 'json', 'out'],
  'history ticks': ['config', 'set', 'from', 'to', 'source', 'count', 'csv', 'parquet', 'json', 'out'],
  'history records': [
    'config',
    'set',
    'from',
    'to',
    'source',
    'symbol',
    'key',
    'as-of',
    'all-revisions',
    'count',
    'csv',
    'parquet',
    'json',
    'out',
  ],
  'history import': ['config', 'set', 'json', 'symbol', 'source', 'zone', 'offset', 'digits', 'bar'],
  'history export': ['config', 'set', 'json', 'source', 'from', 'to', 'mt5', 'csv', 'out', 'zone', 'offset', 'bar'],
  replay: [
    'config',
    'plugins',
    'set',
    'tier',
    'log-level',
    'json',
    'out',
    'history',
    'from',
    'to',
    'speed',
    'stream',
    'symbol',
    'source',
    'zone',
    'offset',
    'digits',
  ],
  help: [],
  version: [],
};

export interface Arguments {
  readonly command: string;
  readonly operands: readonly string[];
  readonly dataDir: string;
  readonly config: { readonly path: string; readonly named: boolean };
  readonly pluginRoots: readonly string[];
  readonly set: readonly string[];
  readonly plain: boolean;
  readonly json: boolean;
  readonly watch: boolean;
  /** Every option that was given, by its name. */
  readonly options: OptionValues;
}

/**
 * Reads the command line.
 * @param argv without the interpreter and the script.
 * @throws {UsageError}
 */
export function parseArguments(argv: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  let parsed;
  try {
    parsed = read(argv);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  const { command, operands } = commandOf(positionals, values.help === true, values.version === true);
  const allowed = new Set<string>([...GLOBAL, ...(OPTIONS_OF[command] ?? [])]);
  for (const name of Object.keys(values)) {
    if (!allowed.has(name)) throw new UsageError(`\`tickhub ${command}\` has no option --${name}.`);
  }
  const unexpected = operands[OPERANDS_OF[command] ?? 0];
  if (unexpected !== undefined && command !== 'help')
    throw new UsageError(`\`tickhub ${command}\` does not know what to do with "${unexpected}".`);
  const dataDir = values.data === undefined ? defaultDataDir(env) : path.resolve(values.data);
  const named = values.config ?? env['TICKHUB_CONFIG'];
  const set = [...(values.set ?? [])];
  if (values.tier !== undefined) set.push(`embeddedBackend.tier=${values.tier}`);
  if (values['log-level'] !== undefined) set.push(`log.level=${values['log-level']}`);
  return {
    command,
    operands,
    dataDir,
    config: { path: named === undefined ? path.join(dataDir, 'config.json') : path.resolve(named), named: named !== undefined },
    pluginRoots: (values.plugins ?? []).map((root) => path.resolve(root)),
    set,
    plain: values.plain === true,
    json: values.json === true,
    watch: values.watch === true,
    options: values,
  };
}

function commandOf(positionals: readonly string[], help: boolean, version: boolean): { command: string; operands: readonly string[] } {
  if (help) return { command: 'help', operands: positionals };
  if (version) return { command: 'version', operands: [] };
  const [first, second] = positionals;
  if (first === undefined) return { command: 'help', operands: [] };
  const twoWords = `${first} ${second ?? ''}`.trim();
  if (Object.hasOwn(OPTIONS_OF, twoWords) && second !== undefined) return { command: twoWords, operands: positionals.slice(2) };
  if (Object.hasOwn(OPTIONS_OF, first)) return { command: first, operands: positionals.slice(1) };
  const group = Object.keys(OPTIONS_OF).filter((command) => command.startsWith(`${first} `));
  if (group.length > 0)
    throw new UsageError(`\`tickhub ${first}\` needs one of: ${group.map((command) => command.slice(first.length + 1)).join(', ')}.`);
  throw new UsageError(`There is no command "${first}".`);
}
