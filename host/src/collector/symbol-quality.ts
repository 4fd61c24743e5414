import type { RefusedTicks } from '@tickhub/plugin-sdk/host';
import type { PluginInfo } from '../plugins/plugin-info.ts';
import type { SymbolCounters } from '../streams/intake.ts';

/** How good the ticks of one symbol of one source are. Counts are since the host started; what a plugin's SDK refused, since its process did. */
export interface SymbolQuality {
  /** Known already, so left out. */
  readonly duplicate: number;
  /** Before the last tick and without an ordinal, so left out. */
  readonly outOfOrder: number;
  /** No ticks at all, so left out. */
  readonly invalid: number;
  /** Ask below bid; passed on, and marked. */
  readonly crossed: number;
  /** Older by more than 10 s than the source's usually are when they come, and not by a backfill. */
  readonly stale: number;
  /** By a backfill. */
  readonly late: number;
  /** Stretches in which ticks are known to be missing. */
  readonly gaps: number;
}

const NOTHING = { duplicate: 0, outOfOrder: 0, invalid: 0 };

/** What the SDKs of all plugins refused, by source and symbol. */
export class RefusedBook {
  readonly #bySource = new Map<string, Map<string, RefusedTicks>>();

  constructor(plugins: readonly PluginInfo[]) {
    for (const { refused } of plugins) {
      for (const one of refused) {
        const ofSource = this.#bySource.get(one.source) ?? new Map<string, RefusedTicks>();
        this.#bySource.set(one.source, ofSource.set(one.symbol, one));
      }
    }
  }

  of(source: string, symbol: string): Pick<RefusedTicks, 'duplicate' | 'outOfOrder' | 'invalid'> {
    return this.#bySource.get(source)?.get(symbol) ?? NOTHING;
  }
}

export function symbolQuality(id: number, counters: SymbolCounters, refused: ReturnType<RefusedBook['of']>, gaps: number): SymbolQuality {
  return {
    duplicate: (counters.duplicate[id] ?? 0) + refused.duplicate,
    outOfOrder: refused.outOfOrder,
    invalid: refused.invalid,
    crossed: counters.crossed[id] ?? 0,
    stale: counters.stale[id] ?? 0,
    late: counters.late[id] ?? 0,
    gaps,
  };
}
