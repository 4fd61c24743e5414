/**
 * Bytes into text. First what cannot lie (a byte order mark), then what the document says (its XML declaration), then what the server says, then what the
 * bytes look like. A label that the bytes contradict is not believed.
 */
import chardet from 'chardet';
import iconv from 'iconv-lite';

const MARKS: readonly (readonly [readonly number[], string])[] = [
  [[0x00, 0x00, 0xfe, 0xff], 'utf-32be'],
  [[0xff, 0xfe, 0x00, 0x00], 'utf-32le'],
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0xff, 0xfe], 'utf-16le'],
];

/** How `<?` or `<` and a letter look without a mark; XML 1.0 appendix F. */
const SHAPES: readonly (readonly [readonly (number | null)[], string])[] = [
  [[0x00, 0x00, 0x00, 0x3c], 'utf-32be'],
  [[0x3c, 0x00, 0x00, 0x00], 'utf-32le'],
  [[0x00, 0x3c, 0x00, null], 'utf-16be'],
  [[0x3c, 0x00, null, 0x00], 'utf-16le'],
];

/** Labels that are older, or narrower, than what is sent under them; as browsers take them (WHATWG Encoding). */
const BETTER: Readonly<Record<string, string>> = {
  'us-ascii': 'windows-1252',
  ascii: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  gb_2312: 'gb18030',
  'x-gbk': 'gb18030',
  ks_c_5601: 'euc-kr',
  'ks_c_5601-1987': 'euc-kr',
  'iso-8859-8': 'windows-1255',
  'iso-8859-9': 'windows-1254',
  'iso-8859-11': 'windows-874',
};

const DECLARATION = /^[\s\uFEFF]*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/;
const CHARSET = /;\s*charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})/i;
/** So much is looked at to guess. */
const SAMPLE = 16_384;
/** So many multi-byte sequences, and none that is wrong, are no accident. */
const CERTAIN = 3;

export interface Decoded {
  readonly text: string;
  readonly encoding: string;
}

/** @param contentType the header, as the server sent it. */
export function decode(bytes: Uint8Array, contentType?: string): Decoded {
  const mark = MARKS.find(([start]) => start.every((byte, at) => bytes[at] === byte))?.[1];
  if (mark !== undefined) return decodedAs(bytes, mark);
  const shape = SHAPES.find(([start]) => bytes.length >= 4 && start.every((byte, at) => byte === null || bytes[at] === byte))?.[1];
  if (shape !== undefined) return decodedAs(bytes, shape);

  const utf8 = utf8Of(bytes);
  const declared = DECLARATION.exec(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 400)).toString('latin1'))?.[1];
  const labels = [declared, CHARSET.exec(contentType ?? '')?.[1]].map((label) => usable(label)).filter((label) => label !== undefined);
  if (utf8 !== undefined && (labels.length === 0 || multiByteSequences(bytes) >= CERTAIN || multiByteSequences(bytes) === 0)) {
    const label = labels[0];
    if (label === undefined || isAsciiAlike(label)) return { text: cleaned(utf8), encoding: 'utf-8' };
  }
  for (const label of labels) {
    if (label === 'utf-8') {
      if (utf8 !== undefined) return { text: cleaned(utf8), encoding: label };
      continue;
    }
    // A document that could be read up to its declaration is not in two-byte units, whatever it says.
    if (!/^(utf-?16|utf-?32|ucs)/.test(label)) return decodedAs(bytes, label);
  }
  if (utf8 !== undefined) return { text: cleaned(utf8), encoding: 'utf-8' };
  const guess = usable(chardet.detect(bytes.subarray(0, SAMPLE)) ?? undefined);
  return decodedAs(bytes, guess === undefined || guess === 'utf-8' ? 'windows-1252' : guess);
}

function decodedAs(bytes: Uint8Array, encoding: string): Decoded {
  return { text: cleaned(iconv.decode(bytes, encoding)), encoding };
}

function usable(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  const lower = label.toLowerCase();
  const better = BETTER[lower] ?? (lower === 'utf8' ? 'utf-8' : lower);
  return iconv.encodingExists(better) ? better : undefined;
}

/** Encodings in which UTF-8 could be taken for letters: one byte a letter, and ASCII below. */
const isAsciiAlike = (label: string): boolean => /^(utf-8|windows-|iso-8859-|cp125|koi8|mac)/.test(label);

function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function multiByteSequences(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte >= 0xc2 && byte <= 0xf4 && ++count >= CERTAIN) break;
  return count;
}

/** What XML may not contain is left out: NUL bytes in the middle of a title are more common than one would think. */
const cleaned = (text: string): string => text.replace(/(?![\t\n\r\u0080-\u009F])[\p{Cc}\uFFFE\uFFFF]/gu, '').replace(/^\uFEFF/, '');
