import type { FileDialect } from './dialect.ts';

export type TextEncoding = FileDialect['encoding'];

/** How a file's text is coded, from its first bytes: two at least, unless the file is shorter. */
export interface TextStart {
  readonly encoding: TextEncoding;
  /** Bytes of the byte order mark. */
  readonly markBytes: number;
}

/** MetaTrader writes UTF-16LE or UTF-8, both with and without a mark; without one, digits and letters give UTF-16 away by their zeros. */
export function detectEncoding(start: Uint8Array): TextStart {
  const [a, b, c] = start;
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', markBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', markBytes: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', markBytes: 3 };
  if (b === 0 && a !== 0 && a !== undefined) return { encoding: 'utf-16le', markBytes: 0 };
  if (a === 0 && b !== 0 && b !== undefined) return { encoding: 'utf-16be', markBytes: 0 };
  return { encoding: 'utf-8', markBytes: 0 };
}

/** Narrows UTF-16 to a byte a character, over pieces of any length; what is no Latin character becomes `?`, which no cell has. */
export class Utf16Narrower {
  readonly #highFirst: boolean;
  #held = -1;

  constructor(encoding: TextEncoding) {
    this.#highFirst = encoding === 'utf-16be';
  }

  push(piece: Uint8Array): Uint8Array {
    const odd = this.#held >= 0 ? 1 : 0;
    const units = (piece.byteLength + odd) >> 1;
    const out = Buffer.allocUnsafe(units);
    let at = -odd;
    for (let i = 0; i < units; i++, at += 2) {
      const first = at < 0 ? this.#held : (piece[at] as number);
      const second = piece[at + 1] as number;
      const [high, low] = this.#highFirst ? [first, second] : [second, first];
      out[i] = high === 0 ? low : 63;
    }
    this.#held = at < piece.byteLength ? (piece[at] as number) : -1;
    return out;
  }
}

/** The byte order mark of a dialect, or nothing. */
export function byteOrderMark({ encoding, bom }: FileDialect): Uint8Array {
  if (!bom) return new Uint8Array(0);
  return Uint8Array.from(encoding === 'utf-8' ? [0xef, 0xbb, 0xbf] : encoding === 'utf-16le' ? [0xff, 0xfe] : [0xfe, 0xff]);
}

/** Bytes of a character each as the file has them. The answer may be `text` itself. */
export function encodeText(text: Uint8Array, encoding: TextEncoding): Uint8Array {
  if (encoding === 'utf-8') return text;
  const out = Buffer.alloc(text.byteLength * 2);
  const low = encoding === 'utf-16le' ? 0 : 1;
  for (let i = 0; i < text.byteLength; i++) out[2 * i + low] = text[i] as number;
  return out;
}
