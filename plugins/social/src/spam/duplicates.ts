/** How long a text is remembered, and how many are. */
const REMEMBERED_MS = 600_000;
const MOST_TEXTS = 4_000;
/** Texts of fewer words have simhashes that are near by chance, so they are compared as they are; those of fewer still are everybody's. */
const FEWEST_WORDS = 6;
const ANYBODYS_WORDS = 4;
const NEAR_BITS = 6;
/** More make no difference. */
const MOST_OTHERS = 2;
const SEEDS = [0x811c9dc5, 0x01000193] as const;

/** How often a text was said lately. */
export interface Echoes {
  /** Other authors with the same text, or nearly; 2 stands for more. */
  readonly others: number;
  /** Times that this author said it before. */
  readonly own: number;
}

/**
 * The texts of the last ten minutes, at most 4,000, each as a 64-bit simhash (Charikar 2002) of its pairs of words; texts are near when at most 6 bits
 * differ. Addresses, names, numbers and symbols are taken out first: they are what spam changes.
 */
export class RecentTexts {
  /** A ring of columns: what is looked through for every post is numbers side by side. */
  readonly #high = new Int32Array(MOST_TEXTS);
  readonly #low = new Int32Array(MOST_TEXTS);
  readonly #isShort = new Uint8Array(MOST_TEXTS);
  readonly #at = new Float64Array(MOST_TEXTS).fill(-Infinity);
  readonly #author: string[] = [];
  #next = 0;

  /** Notes a text and answers what was said like it before. `at` is when it was posted, Unix epoch milliseconds. */
  note(text: string, author: string, at: number): Echoes {
    const words = normalised(text);
    if (words.length === 0) return { others: 0, own: 0 };
    const isShort = words.length < FEWEST_WORDS ? 1 : 0;
    const { high, low } = isShort === 1 ? hash64(words.join(' ')) : simhash(words);
    const most = isShort === 1 ? 0 : NEAR_BITS;
    const others = new Set<string>();
    let own = 0;
    for (let seen = 0; seen < this.#author.length; seen++) {
      if (this.#isShort[seen] !== isShort) continue;
      const apart = bits((this.#high[seen] ?? 0) ^ high) + bits((this.#low[seen] ?? 0) ^ low);
      if (apart > most || Math.abs(at - (this.#at[seen] ?? 0)) > REMEMBERED_MS) continue;
      if (this.#author[seen] === author) own++;
      else if (words.length >= ANYBODYS_WORDS && others.size < MOST_OTHERS) others.add(this.#author[seen] ?? '');
    }
    const place = this.#next;
    this.#next = (place + 1) % MOST_TEXTS;
    [this.#high[place], this.#low[place], this.#isShort[place], this.#at[place], this.#author[place]] = [high, low, isShort, at, author];
    return { others: others.size, own };
  }
}

function normalised(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replace(/https?:\/\/\S+|[@$#][\w.]+/g, ' ')
      .match(/\p{L}+|\p{Extended_Pictographic}/gu) ?? []
  );
}

function simhash(words: readonly string[]): { high: number; low: number } {
  const votes = new Int16Array(64);
  for (let at = 0; at < words.length; at++) {
    const pair = `${words[at] ?? ''} ${words[at + 1] ?? ''}`;
    const { high, low } = hash64(pair);
    for (let bit = 0; bit < 32; bit++) {
      votes[bit] = (votes[bit] ?? 0) + ((high >>> bit) & 1 ? 1 : -1);
      votes[bit + 32] = (votes[bit + 32] ?? 0) + ((low >>> bit) & 1 ? 1 : -1);
    }
  }
  let high = 0;
  let low = 0;
  for (let bit = 0; bit < 32; bit++) {
    if ((votes[bit] ?? 0) > 0) high |= 1 << bit;
    if ((votes[bit + 32] ?? 0) > 0) low |= 1 << bit;
  }
  return { high, low };
}

function hash64(text: string): { high: number; low: number } {
  return { high: fnv1a(text, SEEDS[0]), low: fnv1a(text, SEEDS[1]) };
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // FNV leaves its low bits too regular for votes; this is murmur3's last step.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function bits(word: number): number {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
