import type { Clock, GateVerdict, Log } from '@tickhub/plugin-sdk';

/** Verdicts come one by one as symbols are announced; they are told together. */
const COLLECT_MS = 250;

/** Knows which symbols the tier holds back, and tells the log when that changes. */
export class HeldBack {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #reasons = new Map<string, string>();
  readonly #told = new Set<string>();
  #telling = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Canonical names. */
  get symbols(): readonly string[] {
    return [...this.#reasons.keys()];
  }

  /** The reasons, each once. */
  get reasons(): readonly string[] {
    return [...new Set(this.#reasons.values())];
  }

  see(verdict: GateVerdict): void {
    if (verdict.allowed) this.#reasons.delete(verdict.symbol);
    else this.#reasons.set(verdict.symbol, verdict.reason ?? 'the tier does not include it');
    if (this.#telling) return;
    this.#telling = true;
    this.#clock.after(COLLECT_MS, () => this.#tell());
  }

  #tell(): void {
    this.#telling = false;
    const held = this.symbols.filter((symbol) => !this.#told.has(symbol));
    const freed = [...this.#told].filter((symbol) => !this.#reasons.has(symbol));
    for (const reason of this.reasons) {
      const symbols = held.filter((symbol) => this.#reasons.get(symbol) === reason);
      if (symbols.length > 0) this.#log.warn(`held back: ${symbols.join(', ')} (${reason})`, { symbols });
    }
    if (freed.length > 0) this.#log.info(`no longer held back: ${freed.join(', ')}`, { symbols: freed });
    for (const symbol of held) this.#told.add(symbol);
    for (const symbol of freed) this.#told.delete(symbol);
  }
}
