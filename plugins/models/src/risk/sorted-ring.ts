/**
 * A ring of numbers that can be read sorted. It is sorted when that is first asked; from then on each number that comes moves those between its place and the
 * place of the one that goes, a thousandth of what sorting anew takes. NaN holds a slot and is no number.
 */
export class SortedRing {
  readonly #slots: Float64Array;
  /** The numbers of the slots, rising, and room for one in each; null until they are asked for. */
  #sorted: Float64Array | null = null;
  #count = 0;

  constructor(slots: number) {
    this.#slots = new Float64Array(slots).fill(NaN);
  }

  /** How many numbers there are. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#slots.fill(NaN);
    this.#sorted = null;
    this.#count = 0;
  }

  set(slot: number, value: number): void {
    const gone = this.#slots[slot] as number;
    this.#slots[slot] = value;
    const before = this.#count;
    if (!Number.isNaN(gone)) this.#count--;
    if (!Number.isNaN(value)) this.#count++;
    if (this.#sorted === null) return;
    // A number that was not there takes the place behind the last one, and one that goes without another leaves it.
    const from = Number.isNaN(gone) ? before : rank(this.#sorted, gone, false, before);
    const to = Number.isNaN(value) ? before : rank(this.#sorted, value, false, before);
    if (from < to) {
      this.#sorted.copyWithin(from, from + 1, to);
      if (!Number.isNaN(value)) this.#sorted[to - 1] = value;
    } else {
      this.#sorted.copyWithin(to + 1, to, from);
      if (!Number.isNaN(value)) this.#sorted[to] = value;
    }
  }

  /** All numbers, rising. A view: it holds until the next {@link set} or {@link clear}. */
  sorted(): Float64Array {
    if (this.#sorted === null) {
      this.#sorted = new Float64Array(this.#slots.length);
      this.#sorted.set(this.#slots.filter((value) => !Number.isNaN(value)).sort());
    }
    return this.#sorted.subarray(0, this.#count);
  }
}

/** How many of the first `count` values are below `bound`, or at it too where `inclusive`. @param values sorted, rising. */
export function rank(values: Float64Array, bound: number, inclusive = false, count = values.length): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = values[middle] as number;
    if (value < bound || (inclusive && value === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}
