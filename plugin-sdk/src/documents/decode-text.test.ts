import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const XML = '<?xml version="1.0" encoding="windows-1251"?>';

describe('the text of a document', () => {
  it.each([
    ['UTF-8', Buffer.from('déficit €'), {}, 'déficit €'],
    ['UTF-8 with its mark', Buffer.from('\uFEFFdéficit'), {}, 'déficit'],
    ['UTF-8 under a wrong label', Buffer.from('déficit'), { contentType: 'text/plain; charset=iso-8859-1' }, 'déficit'],
    ['UTF-16 by its mark', Buffer.from('\uFEFFd\u00E9ficit', 'utf16le'), {}, 'déficit'],
    ['what is known of the source', latin('\xC4\xC0'), { encoding: 'windows-1251', contentType: 'a/b; charset=latin1' }, 'ДА'],
    ['what the server says', latin('\xC4\xC0'), { contentType: 'text/xml; charset="windows-1251"' }, 'ДА'],
    ['what the document says', latin(`${XML}\xC4\xC0`), {}, `${XML}ДА`],
    ['windows-1252 at last', latin('\x80 \xE9'), { contentType: 'a/b; charset=none-such' }, '€ é'],
  ])('is read as %s', (_what, bytes, labels, text) => {
    expect(decodeText(bytes, labels)).toBe(text);
  });

  it('can be made of whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.option(fc.string(), { nil: undefined }), (bytes, contentType, encoding) => {
        expect(typeof decodeText(bytes, { contentType, encoding })).toBe('string');
      }),
    );
  });
});
