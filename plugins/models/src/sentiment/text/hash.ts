/**
 * 32-bit FNV-1a over the UTF-16 code units of a text, low byte first (Fowler, Noll, Vo: offset 2166136261, prime 16777619), followed by MurmurHash3's
 * 32-bit finaliser (Appleby), because FNV's low bits of short texts are not mixed well enough to be cut to a table's size.
 * @param seed is xored into the offset: one text has another hash in each table.
 * @returns an integer from 0 to 2^32 - 1.
 */
export function hash32(text: string, seed = 0): number {
  let hash = 2_166_136_261 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 16_777_619);
    hash = Math.imul(hash ^ (unit >>> 8), 16_777_619);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
