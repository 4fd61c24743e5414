const DOT = 46;
const MINUS = 45;
const ZERO = 48;
const POW10 = Array.from({ length: 16 }, (_, i) => 10 ** i);
/** Up to here a scaled value is a whole double, and its last digit is the one that was read. */
const EXACT = 2 ** 52;

/**
 * Writes `value` with `decimals` places at `at`; returns where it ended. Null: as many as it needs. What was read from so many decimals, up to 15
 * digits, comes out as it stood.
 */
export function writeDecimal(value: number, decimals: number | null, bytes: Uint8Array, at: number): number {
  const scaled = decimals === null ? NaN : Math.round(Math.abs(value) * (POW10[decimals] as number));
  if (!(scaled <= EXACT)) return writeText(decimals === null ? String(value) : value.toFixed(decimals), bytes, at);
  let start = at;
  if (value < 0 && scaled > 0) bytes[start++] = MINUS;
  const places = decimals as number;
  let width = places + 1;
  while (width < POW10.length && scaled >= (POW10[width] as number)) width++;
  let rest = scaled;
  let i = start + width + (places > 0 ? 1 : 0);
  const end = i;
  for (let n = 0; n < width; n++) {
    if (n === places && n > 0) bytes[--i] = DOT;
    const whole = Math.floor(rest / 10);
    bytes[--i] = ZERO + (rest - whole * 10);
    rest = whole;
  }
  return end;
}

/** Writes ASCII text; returns where it ended. */
export function writeText(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
