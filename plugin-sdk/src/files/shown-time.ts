/** A time of a file for a message: as ISO where it is a day of our age, else as the number it is. */
export function shownTime(ms: number): string {
  return ms >= 1e11 && ms <= 8.64e15 ? new Date(ms).toISOString().replace('T', ' ').replace('Z', '') : String(ms);
}
