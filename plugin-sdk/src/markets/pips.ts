/**
 * The pip of an instrument, in units of its price: its last digit, or the last but one where it is quoted with 3 or 5, as brokers then quote tenths of a pip.
 * That is the convention of MetaTrader's own code ("3/5-digit brokers"), for pairs; metals, indices and coins have no other that brokers agree on, so a person
 * finds the same there as in the terminal.
 * @param digits decimal digits of the price, 0 or more.
 */
export function pipOf(digits: number): number {
  return 10 ** -(digits === 3 || digits === 5 ? digits - 1 : digits);
}
