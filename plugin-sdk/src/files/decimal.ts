const DOT = 46;
const MINUS = 45;
const ZERO = 48;

/** Powers of ten that a double holds exactly. */
const POW10 = Array.from({ length: 23 }, (_, i) => 10 ** i);

/**
 * The number written in `bytes[from, to)`, or NaN. Up to 15 digits with at most one dot are read in place: the digits and the power of ten are
 * exact doubles then, so one division gives the nearest double, as `Number` does. Anything else is left to `Number`.
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  let digits = 0;
  let mantissa = 0;
  let decimals = -1;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === DOT && decimals < 0) {
      decimals = digits;
      continue;
    }
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9 || ++digits > 15) return parseSlowly(bytes, from, to);
    mantissa = mantissa * 10 + digit;
  }
  if (digits === 0) return NaN;
  const value = decimals < 0 ? mantissa : mantissa / (POW10[digits - decimals] ?? NaN);
  return negative ? -value : value;
}

function parseSlowly(bytes: Uint8Array, from: number, to: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
    .toString('latin1')
    .trim();
  return text === '' ? NaN : Number(text);
}
