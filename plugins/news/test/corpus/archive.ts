/** Reads feedparser-corpus.tar.gz: documents of the tests of kurtmckee/feedparser (BSD-2-Clause, see LICENSE beside it). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface CorpusDocument {
  /** Path within the archive. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/** All documents of the corpus, in the archive's order. The archive is POSIX ustar: 512 bytes of header, then the content, padded. */
export function corpus(): CorpusDocument[] {
  const tar = gunzipSync(readFileSync(new URL('./feedparser-corpus.tar.gz', import.meta.url)));
  const documents: CorpusDocument[] = [];
  let at = 0;
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const field = (from: number, length: number): string =>
      tar
        .toString('latin1', at + from, at + from + length)
        .replace(/\0[^]*$/, '')
        .trim();
    const size = Number.parseInt(field(124, 12), 8);
    const prefix = field(345, 155);
    const path = prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`;
    const isFile = ['0', ''].includes(field(156, 1));
    if (isFile && path.includes('tests/'))
      documents.push({ path: path.replace(/^\.\//, ''), bytes: tar.subarray(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return documents;
}
