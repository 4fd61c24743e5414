import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';

const text = (encoding: string, words: string): string => `<?xml version="1.0" encoding="${encoding}"?><rss>${words}</rss>`;

describe('bytes', () => {
  it.each([
    [
      'a mark goes before all',
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text('iso-8859-1', 'é'))]),
      'text/xml; charset=big5',
      'utf-8',
    ],
    ['UTF-16 without a mark', Buffer.from(text('utf-16', 'é'), 'utf16le'), undefined, 'utf-16le'],
    [
      'what the document says',
      iconv.encode(text('windows-1251', 'Рубль é'.slice(0, 5)), 'windows-1251'),
      'text/xml; charset=utf-8',
      'windows-1251',
    ],
    [
      'what the server says, where the document says nothing',
      iconv.encode('<rss>é</rss>', 'windows-1252'),
      'text/xml; charset=iso-8859-1',
      'windows-1252',
    ],
    ['what they look like, where neither says it', Buffer.from('<rss>é</rss>'), undefined, 'utf-8'],
    ['a wrong label is not believed: it is UTF-8', Buffer.from(text('iso-8859-1', 'éàü')), undefined, 'utf-8'],
    [
      'a wrong label is not believed: it is not UTF-8',
      iconv.encode(text('utf-8', 'déjà vu'), 'windows-1252'),
      'text/xml; charset=windows-1252',
      'windows-1252',
    ],
    ['a label that does not exist', Buffer.from(text('x-nonsense', 'é')), undefined, 'utf-8'],
  ])('%s', (_, bytes, contentType, encoding) => {
    const decoded = decode(bytes, contentType);
    expect(decoded.encoding).toBe(encoding);
    expect(decoded.text).not.toMatch(/\uFFFD|Ã/);
  });

  it.each(['shift_jis', 'euc-jp', 'euc-kr', 'gb18030', 'big5'])('in %s are read as declared', (encoding) => {
    const words =
      encoding === 'euc-kr' ? '한국은행 금리' : encoding === 'shift_jis' || encoding === 'euc-jp' ? '日本銀行の金利' : '央行利率';
    expect(decode(iconv.encode(text(encoding, words), encoding)).text).toContain(words);
  });
});
