import { addQuality, newQuality } from './quality.ts';
import { seconds } from './words.ts';
import type { PluginStatus } from '@tickhub/plugin-sdk';
import type { HeldBack } from './held-back.ts';
import type { Terminal } from './terminal.ts';

/** Longer than this without a tick of any symbol, with all else well, is worth a word. */
const QUIET_MS = 60_000;
const SILENT_MS = 3_000;
const MAX_DETAIL = 500;
const MAX_NAMES = 8;

export interface StatusInput {
  readonly terminals: readonly Terminal[];
  readonly heldBack: HeldBack;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** What a person is to do while nothing was ever connected. */
  readonly invitation: string;
  /** Troubles of the link itself: a busy port, a refused terminal. */
  readonly troubles: readonly string[];
  /** What else is to be said, and no trouble. */
  readonly words: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** The plugin's state in one line for people and counters for machines. "EA gone", "broker disconnected" and "market quiet" are three different things. */
export function describe(input: StatusInput): PluginStatus {
  const { terminals, heldBack, now } = input;
  const live = terminals.filter((it) => it.session !== null);
  const troubles = [...input.troubles];
  const words: string[] = [...input.words];
  if (live.length === 0 && terminals.length === 0) {
    if (troubles.length === 0) troubles.push(input.invitation);
  } else if (live.length > 0) {
    const symbols = live.reduce((sum, { session }) => sum + (session?.feeds.filter((feed) => feed.open).length ?? 0), 0);
    words.push(
      `${count(live.length, 'terminal')} (${list(live.map((it) => it.eaId))}), ${count(symbols, 'symbol')}${symbols > 0 ? ', live' : ''}`,
    );
  }
  for (const terminal of terminals) {
    troubles.push(...troublesOf(terminal, now));
    words.push(...quietness(terminal));
  }
  const held = heldBack.symbols;
  if (held.length > 0) words.push(`held back: ${list(held)} (${heldBack.reasons.join('; ')})`);
  const quality = newQuality();
  for (const terminal of terminals) addQuality(quality, terminal.quality());
  const loading = live.flatMap((it) => it.session?.feeds.filter((feed) => feed.awaitsAnswer).map((feed) => feed.symbol.name) ?? []);
  if (loading.length > 0) words.push(`waiting for the first ticks of ${list(loading)}`);
  return {
    status: troubles.length > 0 ? 'degraded' : 'ok',
    detail: [...troubles, ...words].join('; ').slice(0, MAX_DETAIL),
    counters: {
      terminals: live.length,
      symbols: live.reduce((sum, { feeds }) => sum + feeds.size, 0),
      symbolsHeldBack: held.length,
      ...input.counters,
      ...prefixed('ticks', quality),
      ...perSymbol(terminals),
    },
  };
}

function troublesOf(terminal: Terminal, now: number): string[] {
  const { eaId, session, report, changedAt } = terminal;
  if (session === null) return [`EA ${eaId} gone for ${seconds(now - changedAt)}: is the terminal running, and Algo Trading on?`];
  const troubles: string[] = [];
  if (session.link.silentMs > SILENT_MS) troubles.push(`EA ${eaId} silent for ${seconds(session.link.silentMs)}`);
  if (report?.connected === false) troubles.push(`broker disconnected (terminal ${eaId})`);
  if (session.link.paused) troubles.push(`the host cannot take more: terminal ${eaId} is held up`);
  if (session.missing.length > 0) troubles.push(`the broker of ${eaId} has no ${list(session.missing)}`);
  if (terminal.leftOut.size > 0) troubles.push(`left out: ${list([...terminal.leftOut.keys()])} (see the log)`);
  return troubles;
}

/** With a broker and without ticks the market is closed, or as good as: no trouble, and worth a word. */
function quietness({ eaId, session, report }: Terminal): string[] {
  const quiet = session?.quietMs ?? 0;
  return report?.connected !== false && quiet > QUIET_MS ? [`no tick from ${eaId} for ${seconds(quiet)} (market closed?)`] : [];
}

/** `EURUSD.crossed` and the like, of symbols where something else than taken ticks was counted. */
function perSymbol(terminals: readonly Terminal[]): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const { eaId, feeds } of terminals) {
    for (const [name, feed] of feeds) {
      for (const [key, value] of Object.entries(feed.quality)) if (value > 0) counters[`${eaId}.${name}.${key}`] = value;
    }
  }
  return counters;
}

function prefixed(prefix: string, counters: object): Record<string, number> {
  const entries = Object.entries(counters) as [string, number][];
  return Object.fromEntries(entries.map(([key, value]) => [`${prefix}${key.charAt(0).toUpperCase()}${key.slice(1)}`, value]));
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
