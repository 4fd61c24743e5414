/** Documents made to hurt whoever reads them. Each is below the 5 MB that are read; how it should end is beside it. */

export interface Hostile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The code it is refused with, or how many items can be read. */
  readonly ends: string | number;
}

const item = (title: string, more = ''): string => `<item><title>${title}</title><guid>${title}</guid>${more}</item>`;
const rss = (inner: string): string => `<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>${inner}</channel></rss>`;
const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

function of(name: string, text: string | Uint8Array, ends: string | number): Hostile {
  return { name, bytes: typeof text === 'string' ? utf8(text) : text, ends };
}

const LAUGHS = Array.from({ length: 10 }, (_, n) => `<!ENTITY lol${n + 1} "${`&lol${n};`.repeat(10)}">`).join('');

export function hostileDocuments(): Hostile[] {
  const one = item('One');
  return [
    of(
      'billion laughs',
      `<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY lol0 "lol">${LAUGHS}]><rss><channel>${item('&lol10;')}</channel></rss>`,
      'OWN_ENTITIES',
    ),
    of('entity from a file', `<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>${rss(item('&x;'))}`, 'OWN_ENTITIES'),
    of(
      'entity subset behind comments',
      `<!-- a --><?pi?><!-- b -->\n<!DOCTYPE rss SYSTEM "[" [<!ENTITY x "y">]>${rss(one)}`,
      'OWN_ENTITIES',
    ),
    of('DOCTYPE without an end', `<!DOCTYPE rss "${'x'.repeat(1_000_000)}`, 'OWN_ENTITIES'),
    of('DOCTYPE of a million brackets', `<!DOCTYPE ${'['.repeat(1_000_000)}${rss(one)}`, 'OWN_ENTITIES'),
    of('DOCTYPE without a subset', `<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x/[.dtd">${rss(one)}`, 1),
    of('20,000 nested elements', rss(`<item>${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}</item>`), 'TOO_DEEP'),
    of('a million nested elements without an end', rss(`<item>${'<a>'.repeat(1_000_000)}`), 'TOO_DEEP'),
    of('nested namespaces', rss(Array.from({ length: 50_000 }, (_, n) => `<x xmlns:a${n}="u${n}">`).join('')), 'TOO_DEEP'),
    of('items within items', rss('<item>'.repeat(300_000)), 'TOO_DEEP'),
    of('200,000 attributes', rss(`<item ${Array.from({ length: 200_000 }, (_, n) => `a${n}="x"`).join(' ')}><title>One</title></item>`), 1),
    of('an attribute of 4 MB', rss(`<item a="${'x'.repeat(4_000_000)}"><title>One</title></item>`), 1),
    of('an attribute without an end', rss('<item a="'.repeat(400_000)), 1),
    of('an element name of 4 MB', rss(`${one}<${'a'.repeat(4_000_000)}>`), 1),
    of('4 MB of <', rss(one + '<'.repeat(4_000_000)), 1),
    of('4 MB of &', rss(item('One', `<description>${'&'.repeat(4_000_000)}</description>`)), 1),
    of('a million entities', rss(item('One', `<description>${'&amp;'.repeat(900_000)}</description>`)), 1),
    of('numbers of characters', rss(item('One', `<description>${'&#x41;&#0;&#xD800;&#x110000;'.repeat(100_000)}</description>`)), 1),
    of('CDATA within CDATA', rss(`${one}<item><title>${'<![CDATA['.repeat(400_000)}</title></item>`), 2),
    of('300,000 CDATA sections', rss(item('One', `<description>${'<![CDATA[x]]>'.repeat(300_000)}</description>`)), 1),
    of('CDATA without an end', rss(`${one}<item><title><![CDATA[cut off`), 2),
    of('comments without an end', rss(one + '<!--'.repeat(1_000_000)), 1),
    of('400,000 comments', rss('<!-- x -->'.repeat(400_000) + one), 1),
    of('500,000 instructions', rss('<?a b?>'.repeat(500_000) + one), 1),
    of('600,000 end tags', rss('</item>'.repeat(600_000) + one), 1),
    of('200,000 categories', rss(item('One', '<category>x</category>'.repeat(200_000))), 1),
    of('an author of a million letters', rss(item('One', `<author>${'a'.repeat(1_000_000)}</author>`)), 1),
    of(
      'authors of @ and spaces',
      rss(item('One', `<author>${'@'.repeat(200_000)}</author>`) + item('Two', `<author>a${' '.repeat(200_000)}b</author>`)),
      2,
    ),
    of('50,000 items', rss(Array.from({ length: 50_000 }, (_, n) => item(`Item ${n}`)).join('')), 1_000),
    of('items without an end', `<rss><channel>${item('x').repeat(90_000)}`, 1_000),
    of(
      '1,000 items of 5 KB of markup',
      rss(
        Array.from({ length: 900 }, (_, n) =>
          item(`Item ${n}`, `<description>${'&lt;b&gt;x&lt;/b&gt;&lt;p&gt;'.repeat(180)}</description>`),
        ).join(''),
      ),
      900,
    ),
    of('nested markup in one item', rss(item('One', `<description><![CDATA[${'<div><b>'.repeat(200_000)}]]></description>`)), 1),
    of('markup of open brackets', rss(item('One', `<description><![CDATA[${'<a <b '.repeat(300_000)}<p>]]></description>`)), 1),
    of('a title of 2 MB', rss(item('x'.repeat(2_000_000))), 1),
    of('a title of blanks', rss(item(`One${' '.repeat(2_000_000)}two`)), 1),
    of('NUL bytes', rss(item('On\0e\0')).replace('<rss', '\0<rss'), 1),
    of('only NUL bytes', new Uint8Array(4_000_000), 'EMPTY'),
    of('nothing', '', 'EMPTY'),
    of('only a mark', Buffer.from([0xef, 0xbb, 0xbf]), 'EMPTY'),
    of('bytes of no encoding', Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => (n * 7919) % 256)), 'NOT_A_FEED'),
    of('UTF-16 that says UTF-8', Buffer.from(rss(one).replace('?>', ' encoding="utf-8"?>'), 'utf16le'), 1),
    of('UTF-8 that says UTF-16', rss(item('Ünë')).replace('"1.0"', '"1.0" encoding="utf-16"'), 1),
    of(
      'an odd number of UTF-16 bytes',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(rss(one), 'utf16le'), Buffer.from([0x41])]),
      1,
    ),
    of(
      'broken UTF-8',
      Buffer.concat([
        utf8('<rss><channel><item><title>'),
        Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x80]),
        utf8('</title></item></channel></rss>'),
      ]),
      1,
    ),
    of('an encoding that does not exist', rss(one).replace('"1.0"', '"1.0" encoding="x-nonsense"'), 1),
    of('cut off in a tag', rss(one + item('Two')).slice(0, -40), 2),
    of(
      'namespaces mixed',
      `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://www.w3.org/2005/Atom" xmlns:r="http://purl.org/rss/1.0/"><r:item><title>One</title><r:link>http://e.com/</r:link></r:item><entry><r:title>Two</r:title></entry></rdf:RDF>`,
      2,
    ),
    of(
      'addresses that are none',
      rss(
        item('One', '<link>javascript:alert(1)</link>') +
          item('Two', '<link>http://[::1</link>') +
          item('Three', '<link>file:///etc/passwd</link>'),
      ),
      3,
    ),
    of(
      'a base that is none',
      `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://["><entry><title>One</title><link href="a"/></entry></feed>`,
      1,
    ),
    of(
      'dates that are none',
      rss(
        ['0', '-1', '99999999999999999999', 'Wed, 99 Foo 20226 77:88:99 +9999', '2026-13-45T99:99:99Z', '\u0660/\u0661', 'now']
          .map((date, n) => item(`Item ${n}`, `<pubDate>${date}</pubDate>`))
          .join(''),
      ),
      7,
    ),
    of('a web page', '<!DOCTYPE html><html><head><title>404</title></head><body></body></html>', 'NOT_A_FEED'),
    of('words', 'Too many requests. Try again later.', 'NOT_A_FEED'),
    of('JSON of another kind', '{"status":"error"}', 'NOT_A_FEED'),
    of('JSON that is cut off', '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1"', 'BAD_JSON'),
    of('JSON nested a million deep', `{"items":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`, 'TOO_DEEP'),
    of(
      'JSON with items of other kinds',
      JSON.stringify({ items: [1, null, 'x', [], { id: 7, title: 'One' }, { id: {}, title: ['x'], authors: 'me', tags: [1] }] }),
      2,
    ),
    of(
      'JSON of 40,000 items',
      JSON.stringify({ items: Array.from({ length: 40_000 }, (_, n) => ({ id: String(n), content_html: '<p>x' })) }),
      1_000,
    ),
    of(
      'prototype pollution',
      '{"items":[{"id":"1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}],"__proto__":{"polluted":1}}',
      1,
    ),
    of(
      'elements named like properties',
      rss(`<item><__proto__ constructor="x"><toString/></__proto__><constructor>x</constructor><title>One</title></item>`),
      1,
    ),
  ];
}
