/** Control characters, and those that end a line or turn the direction of what follows (UAX 9). */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]+/gu;

/** A text in one line, as it is written: what a plugin or a feed says must not move a terminal's cursor, nor turn what stands beside it around. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, ' ');
}
