import { TickFlag } from '@tickhub/plugin-sdk';
import { canonicalName } from '../session/symbol-map.ts';
import { TIMEFRAMES } from './dwx/commands.ts';
import { DwxBridge } from './dwx/dwx-bridge.ts';
import { MtapiBridge } from './mtapi/mtapi-bridge.ts';
import type { Clock, Log, PluginStatus, Publish, Socket, SourceHealth } from '@tickhub/plugin-sdk';
import type { Config } from '../config.ts';
import type { SessionOptions } from '../session/options.ts';
import type { Terminals } from '../session/terminals.ts';
import type { Bridge, BridgeTerms } from './bridge.ts';

export interface BridgesTerms {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: Publish;
  readonly socket: Socket;
  readonly terminals: Terminals;
  /** Of all terminals; a bridge's differ in some. */
  readonly options: SessionOptions;
}

/** The sources beside the native link: each other program's bridge that the config names, on its own. */
export class Bridges {
  readonly #bridges = new Map<string, Bridge>();
  readonly #terminals: Terminals;

  constructor(terms: BridgesTerms) {
    const { config } = terms;
    this.#terminals = terms.terminals;
    for (const { name, folder, symbols, intervalMs, bars } of config.dwx) {
      const id = `dwx-${name}`;
      const options = { folder, symbols, intervalMs, mapping: config.mapping, bars: bars ? config.utcOffset : null };
      this.#bridges.set(id, new DwxBridge(options, bridgeTerms(terms, id, symbols)));
    }
    for (const { name, url, symbols } of config.mtapi) {
      const id = `mtapi-${name}`;
      this.#bridges.set(id, new MtapiBridge({ url, socket: terms.socket }, bridgeTerms(terms, id, symbols)));
    }
  }

  get size(): number {
    return this.#bridges.size;
  }

  async start(): Promise<void> {
    for (const bridge of this.#bridges.values()) await bridge.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#bridges.values()].map((bridge) => bridge.stop()));
  }

  /** How each is, with what was counted of its ticks. */
  health(): SourceHealth[] {
    return [...this.#bridges].map(([id, bridge]) => {
      const health = bridge.health();
      const terminal = this.#terminals.get(id);
      if (terminal === undefined) return health;
      const counters = { ...health.counters };
      for (const [key, value] of Object.entries(terminal.quality())) if (value > 0) counters[key] = value;
      const leftOut = [...terminal.leftOut.keys()].slice(0, 8);
      const detail = leftOut.length === 0 ? health.detail : `${health.detail}; left out: ${leftOut.join(', ')} (see the log)`;
      return { ...health, detail: detail.slice(0, 500), counters };
    });
  }
}

function bridgeTerms(
  { config, clock, log, publish, terminals, options }: BridgesTerms,
  id: string,
  symbols: readonly string[],
): BridgeTerms {
  // Their ticks carry this computer's time, whatever the broker's clock is.
  const bars = options.bars.filter(({ widthMs }) => widthMs in TIMEFRAMES);
  const own: SessionOptions = { ...options, symbols, utcOffset: 0, marks: TickFlag.sampled, bars };
  return {
    id,
    clock,
    log,
    publish,
    canonical: (rawName) => canonicalName(rawName, config.mapping),
    admit: (hello, link) => terminals.admit(hello, link, own),
  };
}

const HEALTHY: ReadonlySet<SourceHealth['state']> = new Set(['starting', 'ok', 'waiting', 'closed']);
const MAX_DETAIL = 500;

/** The plugin's status with its bridges in it. `main` is null where there is nothing but bridges. */
export function withBridges(main: PluginStatus | null, sources: readonly SourceHealth[], heldBack: readonly string[]): PluginStatus {
  if (sources.length === 0 && main !== null) return main;
  const ill = sources.filter(({ state }) => !HEALTHY.has(state));
  const words = ill.map(({ source, detail }) => `${source}: ${detail}`);
  if (main !== null) words.push(main.detail);
  const well = sources.filter(({ state }) => HEALTHY.has(state)).map(({ source }) => source.replace(/^mt5:/, ''));
  if (well.length > 0) words.push(`${well.length} ${well.length === 1 ? 'bridge' : 'bridges'} (${well.join(', ')})`);
  if (main === null && heldBack.length > 0) words.push(`held back: ${heldBack.slice(0, 8).join(', ')}`);
  const ticks = sources.reduce((sum, { counters }) => sum + (counters['taken'] ?? 0), 0);
  return {
    status: ill.length > 0 || main?.status === 'degraded' ? 'degraded' : 'ok',
    detail: words.join('; ').slice(0, MAX_DETAIL),
    counters: { ...main?.counters, bridges: sources.length, bridgeTicks: ticks, symbolsHeldBack: heldBack.length },
    sources: [...(main?.sources ?? []), ...sources],
  };
}
