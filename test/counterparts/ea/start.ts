import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const KEPT_LINES = 200;

export interface EaSymbol {
  readonly name: string;
  /** Raw MqlTicks, as recordTicks writes them. */
  readonly file: string;
  readonly digits: number;
  readonly contractSize?: number;
  /** Above 0 the broker publishes depth, and the symbol wakes the Expert Advisor by OnBookEvent. */
  readonly bookDepth?: number;
  readonly path?: string;
  readonly currency?: string;
  /** Trading sessions: day (0: Sunday), from and to in seconds of the day by the broker's clock. Without any the terminal knows of none. */
  readonly sessions?: readonly (readonly [day: number, from: number, to: number])[];
}

export interface EaOptions {
  /** From compileEa. */
  readonly binary: string;
  readonly host?: string;
  readonly port: number;
  /** The input "Pipe", and the folder whose unix sockets stand for Windows' named pipes. */
  readonly pipe?: { readonly name: string; readonly dir: string };
  /** The token itself; or leave it out and give `filesDir` with a file `tickhub.token`, which is read again at every dial. */
  readonly token?: string;
  /** MQL5/Files of the simulated terminal. */
  readonly filesDir?: string;
  readonly eaId?: string;
  /** What the broker has; all of it is in Market Watch. */
  readonly symbols: readonly EaSymbol[];
  /** The input "Symbols": a list with commas; empty (the default) means Market Watch. */
  readonly inputSymbols?: string;
  /** The chart's symbol, which wakes the Expert Advisor by OnTick; the first by default. */
  readonly chart?: string;
  /** Wall ms (epoch) at which playback began. The same value after a kill gives the same market. */
  readonly marketStart: number;
  /** Market ms per wall ms, or `full`: every recorded tick is history at once. 1 by default. */
  readonly speed?: number | 'full';
  /** Instead of `speed`: ticks a second over all symbols, with time_msc = the wall ms at which the tick appears (plus the broker's offset). */
  readonly rate?: number;
  /** With `rate`: `size` more ticks at once, every `everyMs`. */
  readonly burst?: { readonly size: number; readonly everyMs: number };
  readonly brokerOffsetMinutes?: number;
  /** Overrides the sweep that WELCOME asks for. */
  readonly sweepMs?: number;
  /** The shortest timer the terminal manages; 10 ms by default, as on Windows. */
  readonly timerFloorMs?: number;
  /** SO_SNDBUF in bytes; 1 MiB by default. */
  readonly sendBuffer?: number;
  /** End with code 0 once the durable cursor of every symbol is at the end of its recording. */
  readonly exitWhenAcked?: boolean;
  readonly login?: number;
  /** The broker's server; `Recorded-Demo` by default. */
  readonly server?: string;
  /** A file with the account and its positions, in the form that shim/account.hpp describes; read again at each look. */
  readonly accountFile?: string;
  /** Faults of the terminal: its list of allowed hosts is empty; the first n CopyTicksRange calls time out with holes; the broker is away. */
  readonly hostNotAllowed?: boolean;
  readonly copyTimeouts?: number;
  /** The first n CopyRates calls find a history that is being loaded; the PC's clock is so many seconds ahead. */
  readonly ratesTimeouts?: number;
  readonly gmtErrorS?: number;
  readonly outage?: { readonly fromMs: number; readonly forMs: number; readonly fillMs: number };
}

const counter = z.int().nonnegative();

/** A line of the shim's stdout. Counters are the Expert Advisor's own. */
const EaReport = z.object({
  event: z.enum(['state', 'acked', 'refused']),
  /** `init`: OnInit refused to start. */
  state: z.enum(['waiting', 'greeting', 'live', 'init']),
  connects: counter,
  sent: counter,
  stalls: counter,
  copyErrors: counter,
  symbols: counter,
  atMs: counter,
});
export type EaReport = z.infer<typeof EaReport>;

export interface EaExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface EaEvents {
  report: [EaReport];
  /** WELCOME came. */
  connected: [EaReport];
  disconnected: [EaReport];
  /** Every symbol's durable cursor is at the end of its recording. */
  acked: [EaReport];
  /** A line that the Expert Advisor printed to the Experts tab. */
  print: [string];
  exit: [EaExit];
}

export interface EaHandle {
  readonly pid: number | undefined;
  readonly events: EventEmitter<EaEvents>;
  /** The last lines of the Experts tab, oldest first. */
  readonly printed: readonly string[];
  readonly exited: Promise<EaExit>;
  /** SIGKILL, as a crashed terminal. */
  kill(): Promise<EaExit>;
  /** Takes the Expert Advisor off its chart: it says BYE and ends. */
  stop(): Promise<EaExit>;
}

/** Starts the compiled Expert Advisor or service in a simulated terminal. */
export function startEa(options: EaOptions): EaHandle {
  const child = spawn(options.binary, argumentsOf(options), {
    env: { ...process.env, ...inputsOf(options) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const events = new EventEmitter<EaEvents>();
  const printed: string[] = [];
  let live = false;

  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = EaReport.parse(JSON.parse(line));
    events.emit('report', report);
    if (report.event === 'acked') events.emit('acked', report);
    const nowLive = report.state === 'live';
    if (nowLive !== live) events.emit(nowLive ? 'connected' : 'disconnected', report);
    live = nowLive;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    printed.push(line);
    if (printed.length > KEPT_LINES) printed.shift();
    events.emit('print', line);
  });
  const exited = new Promise<EaExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      events.emit('exit', { code, signal });
      resolve({ code, signal });
    });
  });
  // Who never looks at `exited` must not be ended by a binary that cannot be started; who awaits it still sees the error.
  exited.catch((error: unknown) => printed.push(String(error)));

  const end = (signal: NodeJS.Signals): Promise<EaExit> => {
    child.kill(signal);
    return exited;
  };
  return { pid: child.pid, events, printed, exited, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

function argumentsOf(o: EaOptions): string[] {
  const args: string[] = [];
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) args.push(name, String(value));
  };
  add('--market-start', o.marketStart);
  if (o.rate === undefined) add('--speed', o.speed ?? 1);
  add('--rate', o.rate);
  add('--burst', o.burst?.size);
  add('--burst-every', o.burst?.everyMs);
  add('--broker-offset-minutes', o.brokerOffsetMinutes);
  add('--chart', o.chart);
  add('--timer-floor-ms', o.timerFloorMs);
  add('--send-buffer', o.sendBuffer);
  add('--login', o.login);
  add('--server', o.server);
  add('--account', o.accountFile);
  add('--pipes', o.pipe?.dir);
  add('--rates-timeouts', o.ratesTimeouts);
  add('--gmt-error', o.gmtErrorS);
  add('--files', o.filesDir);
  add('--copy-timeouts', o.copyTimeouts);
  add('--outage-from', o.outage?.fromMs);
  add('--outage-ms', o.outage?.forMs);
  add('--outage-fill-ms', o.outage?.fillMs);
  if (o.hostNotAllowed === true) args.push('--host-not-allowed');
  if (o.exitWhenAcked === true) args.push('--exit-when-acked');
  for (const symbol of o.symbols) {
    add('--symbol', symbol.name);
    add('--file', symbol.file);
    add('--digits', symbol.digits);
    add('--contract', symbol.contractSize);
    add('--book', symbol.bookDepth);
    add('--path', symbol.path);
    add('--currency', symbol.currency);
    for (const session of symbol.sessions ?? []) args.push('--session', ...session.map(String));
  }
  return args;
}

/** The program's inputs go by the environment: a token has no place in the process list. */
function inputsOf(o: EaOptions): Record<string, string> {
  const inputs: Record<string, string | undefined> = {
    InpHost: o.host,
    InpPort: String(o.port),
    InpPipe: o.pipe?.name,
    InpToken: o.token,
    InpEaId: o.eaId,
    InpSymbols: o.inputSymbols,
    InpSweepMs: o.sweepMs === undefined ? undefined : String(o.sweepMs),
  };
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs)) if (value !== undefined) env[`MQL_INPUT_${name}`] = value;
  return env;
}
