/** Constants of the binary tick body, PROTOCOL.md section 5. */

/** Bits of the modes byte. */
export const Mode = { last: 1, volume: 2, rawTimes: 4, symbolRuns: 8 } as const;

/** Stands in the place of a number of digits: the values are f64. */
export const RAW = 255;

/** Prices are integers of 10^-digits up to this many digits. */
export const MAX_DIGITS = 15;
/** Volumes likewise. */
export const MAX_VOLUME_DIGITS = 9;

/** Integers and times beyond this go raw: a difference of two spreads of such prices is within 2^51, its zigzag within 2^53. */
export const MAX_EXACT = 2 ** 49;

/** 10^0 to 10^15; each is exact in a double. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => Number(`1e${digits}`));

/** The most slots that a symbol column of single bytes can name. */
export const MAX_BYTE_SLOTS = 256;
