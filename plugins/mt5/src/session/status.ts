import { addQuality, newQuality } from './quality.ts';
import { count, names } from './words.ts';
import type { PluginStatus, SourceState } from '@tickhub/plugin-sdk';
import type { HeldBack } from './held-back.ts';
import type { Terminal } from './terminal.ts';

/** States of a terminal that somebody has to do something about. */
const FAULTS: ReadonlySet<SourceState> = new Set(['disconnected', 'unreachable', 'stale']);
/** States that the summary of all terminals tells already. */
const PLAIN: ReadonlySet<SourceState> = new Set(['ok', 'starting']);
const MAX_DETAIL = 500;

export interface StatusInput {
  readonly terminals: readonly Terminal[];
  readonly heldBack: HeldBack;
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
  const { terminals, heldBack } = input;
  const live = terminals.filter((it) => it.session !== null);
  const troubles = [...input.troubles];
  const words: string[] = [...input.words];
  if (live.length === 0 && terminals.length === 0) {
    if (troubles.length === 0) troubles.push(input.invitation);
  } else if (live.length > 0) {
    const symbols = live.reduce((sum, { session }) => sum + (session?.feeds.filter((feed) => feed.open).length ?? 0), 0);
    words.push(
      `${count(live.length, 'terminal')} (${names(live.map((it) => it.eaId))}), ${count(symbols, 'symbol')}${symbols > 0 ? ', live' : ''}`,
    );
  }
  const sources = terminals.map((terminal) => {
    const health = terminal.health.look();
    const { state, detail } = health;
    if (FAULTS.has(state) || terminal.clock.remarks.length > 0) troubles.push(`${terminal.eaId}: ${detail}`);
    else if (!PLAIN.has(state)) words.push(`${terminal.eaId}: ${detail}`);
    troubles.push(...troublesOf(terminal));
    return health;
  });
  const held = heldBack.symbols;
  if (held.length > 0) words.push(`held back: ${names(held)} (${heldBack.reasons.join('; ')})`);
  const quality = newQuality();
  for (const terminal of terminals) addQuality(quality, terminal.quality());
  const loading = live.flatMap((it) => it.session?.feeds.filter((feed) => feed.awaitsAnswer).map((feed) => feed.symbol.name) ?? []);
  if (loading.length > 0) words.push(`waiting for the first ticks of ${names(loading)}`);
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
    sources,
  };
}

/** What is wrong with a terminal besides how it is as a source. */
function troublesOf({ eaId, session, leftOut }: Terminal): string[] {
  const troubles: string[] = [];
  if (session?.link.paused === true) troubles.push(`the host cannot take more: terminal ${eaId} is held up`);
  if (session !== null && session.missing.length > 0) troubles.push(`the broker of ${eaId} has no ${names(session.missing)}`);
  if (session !== null && leftOut.size > 0) troubles.push(`left out: ${names([...leftOut.keys()])} (see the log)`);
  return troubles;
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
