/** Knuth's multiplicative hash: 2^32 over the golden ratio. */
const GOLDEN = 0x9e3779b1;

/** How often numbers occur, in the order in which each was first added. A hash table with open addressing that allocates nothing once it has room. */
export class Tally {
  /** The number plus 1; 0 is a free slot. */
  #keys = new Int32Array(0);
  #counts = new Int32Array(0);
  /** Slots that are taken. */
  #taken = new Int32Array(0);
  #size = 0;

  /** Empties it. @param most how many numbers will be added. */
  begin(most: number): void {
    if (this.#taken.length >= most) {
      for (let i = 0; i < this.#size; i++) this.#keys[this.#taken[i] as number] = 0;
    } else {
      const slots = 2 ** Math.ceil(Math.log2(2 * most));
      this.#keys = new Int32Array(slots);
      this.#counts = new Int32Array(slots);
      this.#taken = new Int32Array(most);
    }
    this.#size = 0;
  }

  /** @param number an integer from 0 to 2^31 - 2. */
  add(number: number): void {
    const [key, last] = [number + 1, this.#keys.length - 1];
    let slot = (Math.imul(key, GOLDEN) >>> 8) & last;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & last;
    if (this.#keys[slot] === 0) {
      this.#keys[slot] = key;
      this.#counts[slot] = 0;
      this.#taken[this.#size++] = slot;
    }
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
  }

  /** How many different numbers were added. */
  get size(): number {
    return this.#size;
  }

  /** The i-th number that was new. */
  numberAt(i: number): number {
    return (this.#keys[this.#taken[i] as number] as number) - 1;
  }

  /** How often that number was added. */
  countAt(i: number): number {
    return this.#counts[this.#taken[i] as number] as number;
  }
}
