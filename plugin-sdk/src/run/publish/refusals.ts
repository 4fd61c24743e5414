import type { TickVerdict } from '../../capabilities/publish.ts';
import type { RefusedTicks } from '../../protocol/control.ts';

/** Counts the ticks of one symbol that are refused, each by the reason that it answers. */
export class Refusals {
  #duplicate = 0;
  #outOfOrder = 0;
  #invalid = 0;

  /** Null when nothing was refused. */
  get counts(): Omit<RefusedTicks, 'source' | 'symbol'> | null {
    if (this.#duplicate + this.#outOfOrder + this.#invalid === 0) return null;
    return { duplicate: this.#duplicate, outOfOrder: this.#outOfOrder, invalid: this.#invalid };
  }

  duplicate(): TickVerdict {
    this.#duplicate++;
    return 'duplicate';
  }

  outOfOrder(): TickVerdict {
    this.#outOfOrder++;
    return 'out-of-order';
  }

  invalid(): TickVerdict {
    this.#invalid++;
    return 'invalid';
  }
}
