import { z } from '@tickhub/plugin-sdk';
import type { Clock, Log, Store } from '@tickhub/plugin-sdk';

const PREFIX = 'terminal:';
/** Changes are gathered for as long before they are written. */
const WRITE_AFTER_MS = 2_000;

const Remembered = z.object({
  /** The changes of the broker's offset that were seen. */
  offsets: z.array(z.object({ since: z.number(), offsetMs: z.number() })).default([]),
  /** When the last of them was last seen to hold, Unix epoch milliseconds. */
  offsetReadAt: z.number().default(0),
  /** `symbol/widthMs` -> the last bar that is durable in the host, by when it opened: broker time, epoch seconds. */
  bars: z.record(z.string(), z.number()).default({}),
});
export type Remembered = z.infer<typeof Remembered>;

/** What is remembered of each terminal from one run to the next. What is lost of it with a kill is found again; it costs a question more. */
export class TerminalMemory {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #terminals = new Map<string, Remembered>();
  readonly #changed = new Set<string>();
  #cancel: (() => void) | null = null;

  private constructor(store: Store, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  static async load(store: Store, clock: Clock, log: Log): Promise<TerminalMemory> {
    const memory = new TerminalMemory(store, clock, log);
    for (const key of await store.keys()) {
      if (!key.startsWith(PREFIX)) continue;
      const kept = Remembered.safeParse(await store.get(key));
      if (kept.success) memory.#terminals.set(key.slice(PREFIX.length), kept.data);
    }
    return memory;
  }

  of(eaId: string): Remembered {
    let terminal = this.#terminals.get(eaId);
    if (terminal === undefined) this.#terminals.set(eaId, (terminal = Remembered.parse({})));
    return terminal;
  }

  change(eaId: string, change: Partial<Remembered>): void {
    this.#terminals.set(eaId, { ...this.of(eaId), ...change });
    this.#changed.add(eaId);
    this.#cancel ??= this.#clock.after(WRITE_AFTER_MS, () => this.flush());
  }

  /** Writes what changed. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const eaId of changed) {
      await this.#store.set(`${PREFIX}${eaId}`, this.of(eaId)).catch((error: Error) => {
        this.#log.warn(`what is known of terminal ${eaId} could not be kept: ${error.message}`);
      });
    }
  }
}
