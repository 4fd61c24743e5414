/** Doubles of decimal figures leave dust (0.4 - 0.1 is 0.30000000000000004); no figure has more digits than these. */
const DIGITS = 12;

export function difference(actual: number, forecast: number): number {
  return Number((actual - forecast).toPrecision(DIGITS)) + 0;
}

/**
 * The sample standard deviation (divided by n - 1) of past surprises, the measure by which announcement studies standardise them (Balduzzi, Elton and Green,
 * "Economic News and Bond Prices", 2001). By Welford's method, which does not lose small spreads between large figures.
 * @returns null for fewer than two, or where all are the same.
 */
export function standardDeviation(surprises: readonly number[]): number | null {
  let [mean, squares, count] = [0, 0, 0];
  for (const surprise of surprises) {
    count++;
    const off = surprise - mean;
    mean += off / count;
    squares += off * (surprise - mean);
  }
  if (count < 2) return null;
  const deviation = Math.sqrt(squares / (count - 1));
  return deviation > 0 && Number.isFinite(deviation) ? deviation : null;
}
