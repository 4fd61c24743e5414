import type { GateVerdict, Tier } from '@tickhub/plugin-sdk/host';

/** What of an entitlement the gate looks at. */
export interface SymbolAllowance {
  readonly tier: Tier;
  readonly limits: { readonly symbols: number };
}

/**
 * Which symbols the tier lets through: the preferred ones first, then the others in the order in which they first appeared. The order is kept by the caller across
 * restarts, so that a tenant has the same symbols tomorrow. Two brokers' EURUSD are one symbol.
 */
export class SymbolGate {
  readonly #preferred: readonly string[];
  readonly #announced: string[];
  readonly #known: Set<string>;
  #allowed = new Set<string>();
  #allowance: SymbolAllowance;
  readonly #listeners = new Set<(changed: readonly GateVerdict[]) => void>();

  /**
   * @param preferred symbols the user wants first, as configured.
   * @param announced symbols in the order in which they appeared in earlier runs.
   */
  constructor(allowance: SymbolAllowance, preferred: readonly string[] = [], announced: readonly string[] = []) {
    this.#allowance = allowance;
    this.#preferred = preferred;
    this.#announced = [...new Set(announced)];
    this.#known = new Set(this.#announced);
    this.#allowed = this.#choose();
  }

  /** Symbols in order of their first appearance: what the caller keeps. */
  get announced(): readonly string[] {
    return this.#announced;
  }

  onChange(listener: (changed: readonly GateVerdict[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes note of symbols and tells their verdicts; others whose verdict this changes are told to the listeners. */
  announce(symbols: readonly string[]): readonly GateVerdict[] {
    for (const symbol of symbols) {
      if (this.#known.has(symbol)) continue;
      this.#known.add(symbol);
      this.#announced.push(symbol);
    }
    this.#rejudge();
    return symbols.map((symbol) => this.verdict(symbol));
  }

  /** Whether a source has named it, now or in an earlier run. */
  isAnnounced(symbol: string): boolean {
    return this.#known.has(symbol);
  }

  isAllowed(symbol: string): boolean {
    return this.#allowed.has(symbol);
  }

  verdict(symbol: string): GateVerdict {
    if (this.#allowed.has(symbol)) return { symbol, allowed: true };
    const { tier, limits } = this.#allowance;
    return {
      symbol,
      allowed: false,
      reason: `the ${tier} tier passes ${limits.symbols} symbols, and those are ${this.#inWords()}`,
    };
  }

  verdicts(): readonly GateVerdict[] {
    return this.#announced.map((symbol) => this.verdict(symbol));
  }

  /** Applies another entitlement at once. */
  setAllowance(allowance: SymbolAllowance): void {
    this.#allowance = allowance;
    this.#rejudge();
  }

  #inWords(): string {
    const names = [...this.#allowed];
    return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
  }

  #choose(): Set<string> {
    const order = [...this.#preferred.filter((symbol) => this.#known.has(symbol)), ...this.#announced];
    const chosen = new Set<string>();
    for (const symbol of order) {
      if (chosen.size >= this.#allowance.limits.symbols) break;
      chosen.add(symbol);
    }
    return chosen;
  }

  #rejudge(): void {
    const before = this.#allowed;
    this.#allowed = this.#choose();
    const changed = this.#announced.filter((symbol) => before.has(symbol) !== this.#allowed.has(symbol));
    if (changed.length === 0) return;
    const verdicts = changed.map((symbol) => this.verdict(symbol));
    for (const listener of this.#listeners) listener(verdicts);
  }
}
