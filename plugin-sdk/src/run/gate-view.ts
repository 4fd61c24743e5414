import type { Gate } from '../capabilities/gate.ts';
import type { GateVerdict } from '../protocol/control.ts';

/** The `gate` capability, and what the publisher asks: the verdicts of the tier gate as far as the host has told them. */
export class GateView implements Gate {
  readonly #verdicts = new Map<string, GateVerdict>();
  readonly #listeners: ((changed: readonly GateVerdict[]) => void)[] = [];

  constructor(verdicts: readonly GateVerdict[]) {
    for (const verdict of verdicts) this.#verdicts.set(verdict.symbol, verdict);
  }

  get verdicts(): ReadonlyMap<string, GateVerdict> {
    return this.#verdicts;
  }

  onChange(listener: (changed: readonly GateVerdict[]) => void): void {
    this.#listeners.push(listener);
  }

  /** A symbol without a verdict passes: the host judges it when it is announced. */
  allows(symbol: string): boolean {
    return this.#verdicts.get(symbol)?.allowed ?? true;
  }

  take(verdicts: readonly GateVerdict[]): void {
    const changed = verdicts.filter((verdict) => {
      const before = this.#verdicts.get(verdict.symbol);
      return before?.allowed !== verdict.allowed || before.reason !== verdict.reason;
    });
    if (changed.length === 0) return;
    for (const verdict of changed) this.#verdicts.set(verdict.symbol, verdict);
    for (const listener of this.#listeners) listener(changed);
  }
}
