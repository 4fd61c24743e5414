import type { GateVerdict, Tier } from '@tickhub/plugin-sdk/host';

/** What of an entitlement the gate looks at. */
export interface SymbolAllowance {
  readonly tier: Tier;
  readonly limits: { readonly symbols: number };
}

const UNWANTED = '"preferences.symbols" of the config leaves it out';

/** How many symbols a reason names. */
const NAMED = 8;

/**
 * Which symbols the tier lets through: the preferred ones first, then the others in the order in which they first appeared. The order is
 * kept by the caller across restarts, so that a tenant has the same symbols tomorrow. Two brokers' EURUSD are one symbol.
 */
export class SymbolGate {
  readonly #preferred: readonly string[];
  readonly #wants: (symbol: string) => boolean;
  readonly #announced: string[];
  readonly #known: Set<string>;
  #allowed: Set<string>;
  /** Why the others are held back. */
  #reason: string;
  #allowance: SymbolAllowance;
  readonly #listeners = new Set<(changed: readonly GateVerdict[]) => void>();

  /**
   * @param preferred symbols the user wants first, as configured.
   * @param announced symbols in the order in which they appeared in earlier runs.
   * @param wants whether the user wants a symbol at all; one that is not wanted takes no place in the tier.
   */
  constructor(
    allowance: SymbolAllowance,
    preferred: readonly string[] = [],
    announced: readonly string[] = [],
    wants: (symbol: string) => boolean = () => true,
  ) {
    this.#allowance = allowance;
    this.#preferred = preferred;
    this.#wants = wants;
    this.#announced = [...new Set(announced)];
    this.#known = new Set(this.#announced);
    this.#allowed = this.#choose();
    this.#reason = this.#inWords();
  }

  /** Symbols in order of their first appearance: what the caller keeps. */
  get announced(): readonly string[] {
    return this.#announced;
  }

  /**
   * Called with the verdicts that are not what they were, in the order of their symbols' appearance; a reason that changed is a change.
   * @returns ends the listening.
   */
  onChange(listener: (changed: readonly GateVerdict[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes note of symbols and gives their verdicts; what else this changes is told to the listeners. */
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
    return { symbol, allowed: false, reason: this.#wants(symbol) ? this.#reason : UNWANTED };
  }

  /** Of all symbols there are, in order of their first appearance. */
  verdicts(): readonly GateVerdict[] {
    return this.#announced.map((symbol) => this.verdict(symbol));
  }

  /** Applies another entitlement at once. */
  setAllowance(allowance: SymbolAllowance): void {
    this.#allowance = allowance;
    this.#rejudge();
  }

  #inWords(): string {
    const { tier, limits } = this.#allowance;
    const names = [...this.#allowed];
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    const passed = `passes ${limits.symbols} symbols, and those are ${names.slice(0, NAMED).join(', ')}${more}`;
    return limits.symbols === 0
      ? `the ${tier} tier passes no symbols`
      : `the ${tier} tier ${passed}; name those that matter in "symbols.prefer" of the config`;
  }

  #choose(): Set<string> {
    const order = [...this.#preferred.filter((symbol) => this.#known.has(symbol)), ...this.#announced];
    const chosen = new Set<string>();
    for (const symbol of order) {
      if (chosen.size >= this.#allowance.limits.symbols) break;
      if (this.#wants(symbol)) chosen.add(symbol);
    }
    return chosen;
  }

  #rejudge(): void {
    const [before, reason] = [this.#allowed, this.#reason];
    this.#allowed = this.#choose();
    this.#reason = this.#inWords();
    const sameReason = reason === this.#reason;
    const isAsBefore = (symbol: string): boolean => before.has(symbol) === this.#allowed.has(symbol) && (sameReason || before.has(symbol));
    const changed = this.#announced.filter((symbol) => !isAsBefore(symbol));
    if (changed.length === 0) return;
    const verdicts = changed.map((symbol) => this.verdict(symbol));
    for (const listener of this.#listeners) listener(verdicts);
  }
}
