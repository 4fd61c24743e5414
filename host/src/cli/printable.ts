/** A text in one line without control characters: what a plugin says must not move a terminal's cursor, nor a log's reader. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
