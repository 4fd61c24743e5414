/** The command line of tickhub-gateway. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { GatewayError } from './errors.ts';
import { Tier, UserId } from './tokens.ts';

export const HELP = `tickhub-gateway: a backend that takes Tickhub's frames, durably and exactly once

  tickhub-gateway serve  [--port 8001] [--host 127.0.0.1] [--data DIR] [--keep-mb N] [--jwks FILE --issuer NAME]
  tickhub-gateway issue  --user ID --tier free|pro|enterprise [--expires 24h] [--data DIR]
  tickhub-gateway ledger [--data DIR] [--user ID] [--symbol NAME] [--ticks]

serve    takes clients on ws://HOST:PORT/ws/client/{user_id} until it is stopped (Ctrl-C)
issue    prints a token for a user, and nothing else
ledger   prints what was taken: counts per symbol, or with --ticks every tick as CSV

  --data DIR      where ledger and signing key are kept; default ./tickhub-gateway-data
  --port N        default 8001; 0 takes a free one
  --host ADDRESS  default 127.0.0.1. Others see tokens and data in the clear: put a TLS proxy in front
  --keep-mb N     keep the last N MiB of frames and drop older ones, totals stay exact; default keeps all
  --jwks FILE     public keys (JWKS) of another issuer whose tokens count, too; --issuer is its "iss" claim
  --expires TIME  30s, 15m, 24h, 365d
`;

export const DEFAULT_PORT = 8001;
const DEFAULT_DATA = 'tickhub-gateway-data';
const EMBEDDED_KEEP_MB = 256;
const MIB = 1_048_576;

export interface ServeCommand {
  readonly command: 'serve';
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly keepBytes: number;
  readonly jwks: string | null;
  readonly issuers: readonly string[];
  /** Embedded: who gets a token over IPC. */
  readonly issueUser: string | null;
  readonly issueTier: Tier;
  /** Seconds such a token counts. */
  readonly issueExpires: number;
}

export type Command =
  | ServeCommand
  | { readonly command: 'issue'; readonly user: string; readonly tier: Tier; readonly expires: number; readonly dataDir: string }
  | { readonly command: 'ledger'; readonly dataDir: string; readonly user?: string; readonly symbol?: string; readonly ticks: boolean }
  | { readonly command: 'help' };

/**
 * @param embedded whether the host runs it as a child: then the ledger is kept small unless told otherwise.
 * @throws {GatewayError} GATEWAY_USAGE naming the argument.
 */
export function parseCommand(argv: readonly string[], embedded: boolean): Command {
  const { positionals, values } = parse(argv);
  const [command, ...rest] = positionals;
  if (values.help || command === undefined || command === 'help') return { command: 'help' };
  if (rest.length > 0) throw usage(`"${rest[0]}" is one word too many`);
  const dataDir = path.resolve(values.data ?? DEFAULT_DATA);
  switch (command) {
    case 'serve': {
      const keepMb = values['keep-mb'] ?? (embedded ? String(EMBEDDED_KEEP_MB) : null);
      return {
        command,
        port: whole('--port', values.port ?? String(DEFAULT_PORT), 0, 65_535),
        host: values.host ?? '127.0.0.1',
        dataDir,
        keepBytes: keepMb === null ? Infinity : whole('--keep-mb', keepMb, 1, 1_000_000_000) * MIB,
        jwks: values.jwks === undefined ? null : path.resolve(values.jwks),
        issuers: values.issuer ?? [],
        issueUser: values['issue-user'] === undefined ? null : user('--issue-user', values['issue-user']),
        issueTier: tier('--issue-tier', values['issue-tier'] ?? 'free'),
        issueExpires: seconds('--issue-expires', values['issue-expires'] ?? '24h'),
      };
    }
    case 'issue':
      return {
        command,
        user: user('--user', values.user),
        tier: tier('--tier', values.tier),
        expires: seconds('--expires', values.expires ?? '24h'),
        dataDir,
      };
    case 'ledger':
      return {
        command,
        dataDir,
        ticks: values.ticks ?? false,
        ...(values.user === undefined ? {} : { user: values.user }),
        ...(values.symbol === undefined ? {} : { symbol: values.symbol }),
      };
    default:
      throw usage(`"${command}" is no command`);
  }
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        port: text,
        host: text,
        data: text,
        'keep-mb': text,
        jwks: text,
        issuer: { type: 'string', multiple: true },
        'issue-user': text,
        'issue-tier': text,
        'issue-expires': text,
        user: text,
        tier: text,
        expires: text,
        symbol: text,
        ticks: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function usage(what: string): GatewayError {
  return new GatewayError('GATEWAY_USAGE', `${what}; see tickhub-gateway --help`);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw usage(`${name} is ${JSON.stringify(text)}, it takes a whole number from ${least} to ${most}`);
}

function user(name: string, text: string | undefined): string {
  const parsed = UserId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw usage(`${name} takes a user id of 1 to 128 characters without slashes`);
}

function tier(name: string, text: string | undefined): Tier {
  const parsed = Tier.safeParse(text);
  if (parsed.success) return parsed.data;
  throw usage(`${name} takes free, pro or enterprise`);
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

function seconds(name: string, text: string): number {
  const match = /^([1-9]\d{0,6})([smhd])$/.exec(text);
  // Both groups are there when it matches.
  if (match) return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  throw usage(`${name} is ${JSON.stringify(text)}, it takes a time such as 30s, 15m, 24h or 365d`);
}
