const LEFT_BRACE = 0x7b;
const NEEDED = 4;

/**
 * Tells the two languages of LINK.md apart. A frame begins with its length. That of a HELLO is below 65,536, so the fourth byte is 0, which no
 * JSON text contains; its first byte may well be `{`.
 */
export class FirstBytes {
  #bytes = new Uint8Array(0);

  /** @returns the language and all bytes so far, once there are enough. */
  push(chunk: Uint8Array): { readonly language: 'frames' | 'lines'; readonly bytes: Uint8Array } | null {
    const bytes = this.#bytes.byteLength === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (bytes.byteLength < NEEDED) {
      // The chunk's buffer may be used again by whoever gave it.
      this.#bytes = Uint8Array.from(bytes);
      return null;
    }
    this.#bytes = new Uint8Array(0);
    return { language: bytes[0] === LEFT_BRACE && bytes[3] !== 0 ? 'lines' : 'frames', bytes };
  }
}
