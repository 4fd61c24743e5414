const CHARSET = /;\s*charset\s*=\s*"?([A-Za-z0-9._:-]{1,40})/i;
const DECLARATION = /^[\s\uFEFF]*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/;

export interface TextLabels {
  /** The header, as the server sent it. */
  readonly contentType?: string | undefined;
  /** What is known of this source; it goes before what documents and servers say. */
  readonly encoding?: string | undefined;
}

/**
 * Bytes that are UTF-8 are taken for it, whatever the label says: nothing else of any length looks like it. Otherwise what the feed says, the server, the
 * document; and at last windows-1252, in which everything is some letter.
 */
export function decodeText(body: Uint8Array, { contentType = '', encoding }: TextLabels = {}): string {
  const head = new TextDecoder('latin1').decode(body.subarray(0, 400));
  const labels = [CHARSET.exec(contentType)?.[1], DECLARATION.exec(head)?.[1]];
  const mark = body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : undefined;
  const tries = [mark, encoding, 'utf-8', ...labels].filter((label) => label !== undefined);
  for (const label of tries) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(body);
    } catch {
      // A label that is none, or that the bytes are not in.
    }
  }
  return new TextDecoder('windows-1252').decode(body);
}
