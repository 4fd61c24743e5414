import { readFile } from 'node:fs/promises';

/**
 * Reads a text file as editors and shells leave it: UTF-8, or UTF-16 where a byte order mark says so (`>` in Windows PowerShell writes
 * that). The mark is no part of the text.
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
