import type { PluginInfo } from '../plugins/plugin-info.ts';
import type { SourceStatus } from '../control/status.ts';
import type { SourceActivity } from './source-book.ts';

/** What is known of a source's ticks. */
export interface TickActivity {
  readonly ticks: number;
  readonly perSecond: number;
  readonly symbols: number;
  /** Symbols that are silent for much longer than they usually are. */
  readonly silent: number;
  /** Milliseconds since the last tick of any symbol; null when there was none since the host started. */
  readonly silentMs: number | null;
}

export interface SourceFacts {
  readonly plugins: readonly PluginInfo[];
  /** By source name. */
  readonly ticks: ReadonlyMap<string, TickActivity>;
  readonly records: (source: string) => SourceActivity | undefined;
  readonly recordSources: Iterable<string>;
  /** Unix epoch milliseconds. */
  readonly now: number;
}

/** Every source there is, by name: what its plugin says of it, and what came of it. A source its plugin says nothing of is judged by what came. */
export function sourceStatuses(facts: SourceFacts): SourceStatus[] {
  const plugins = new Map(facts.plugins.map((plugin) => [plugin.id, plugin]));
  const names = new Set([...facts.ticks.keys(), ...facts.recordSources]);
  // A plugin speaks of its own sources only: under another's name it could show a source that there is not.
  for (const { id, status } of facts.plugins) for (const { source } of status?.sources ?? []) if (ownerOf(source) === id) names.add(source);
  return [...names].sort().map((name) => statusOf(name, plugins.get(ownerOf(name)), facts));
}

/** The plugin that a source is of: `news` for `news:fed`. */
function ownerOf(source: string): string {
  return source.split(':', 1)[0] ?? source;
}

function statusOf(source: string, plugin: PluginInfo | undefined, { ticks, records, now }: SourceFacts): SourceStatus {
  const flow = ticks.get(source);
  const activity = records(source);
  const reported = plugin?.status?.sources?.find((one) => one.source === source);
  const lastTickAt = flow === undefined || flow.silentMs === null ? null : now - flow.silentMs;
  const lastDataAt = latest(reported?.lastDataAt ?? null, lastTickAt, activity?.lastRecordAt ?? null);
  const base = {
    source,
    plugin: plugin?.id ?? ownerOf(source),
    lastDataAt,
    ticks: flow?.ticks ?? 0,
    ticksPerSecond: flow?.perSecond ?? 0,
    records: { ...activity?.records },
  };
  const isUp = plugin?.state === 'running' || plugin?.state === 'degraded';
  if (plugin === undefined || !isUp) {
    const why = plugin === undefined ? 'there is no such plugin any more' : `${plugin.id} is ${plugin.state}: ${plugin.reason}`;
    return { ...base, state: 'off', detail: why, since: plugin?.since ?? null, nextAttemptAt: null, counters: {} };
  }
  if (reported !== undefined) {
    const { state, detail, since, nextAttemptAt, counters } = reported;
    return { ...base, state, detail, since, nextAttemptAt, counters };
  }
  return { ...base, ...judged(flow, lastDataAt), since: null, nextAttemptAt: null, counters: {} };
}

/** The state of a source that its plugin says nothing of. */
function judged(flow: TickActivity | undefined, lastDataAt: number | null): Pick<SourceStatus, 'state' | 'detail'> {
  if (lastDataAt === null) return { state: 'starting', detail: 'nothing came since the host started' };
  if (flow === undefined || flow.symbols === 0 || flow.silent === 0) return { state: 'ok', detail: '' };
  const some = `${flow.silent} of ${flow.symbols} symbols are silent for much longer than they usually are`;
  return { state: flow.silent === flow.symbols ? 'stale' : 'ok', detail: some };
}

function latest(...times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}
