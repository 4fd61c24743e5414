/**
 * Text by its byte order mark, by the encoding that an XML declaration names, or as UTF-8. The export's XML is windows-1252, and says so; its server does
 * not.
 */
export function decodeText(body: Uint8Array): string {
  const head = new TextDecoder('latin1').decode(body.subarray(0, 200));
  const declared = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/i.exec(head)?.[1];
  return decoderFor(body, declared).decode(body);
}

function decoderFor(body: Uint8Array, declared: string | undefined): TextDecoder {
  if (body[0] === 0xff && body[1] === 0xfe) return new TextDecoder('utf-16le');
  if (body[0] === 0xfe && body[1] === 0xff) return new TextDecoder('utf-16be');
  const marked = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  if (declared === undefined || marked) return new TextDecoder();
  try {
    return new TextDecoder(declared);
  } catch {
    return new TextDecoder();
  }
}
