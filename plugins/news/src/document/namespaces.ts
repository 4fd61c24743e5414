/**
 * XML names as the mapping knows them: RSS (none, 0.9, 1.0), Atom (0.3, 1.0) and RDF elements without a prefix, those of modules with their usual one,
 * whatever prefix the document declares.
 */

/** Namespace, without scheme, `www.` and a slash or hash at its end, in lower case -> usual prefix. */
const PREFIXES: Readonly<Record<string, string>> = {
  'purl.org/rss/1.0': '',
  'my.netscape.com/rdf/simple/0.9': '',
  'channel.netscape.com/rdf/simple/0.9': '',
  'my.netscape.com/publish/formats/rss-0.91.dtd': '',
  'backend.userland.com/rss': '',
  'backend.userland.com/rss2': '',
  'blogs.law.harvard.edu/tech/rss': '',
  'w3.org/2005/atom': '',
  'purl.org/atom/ns': '',
  'w3.org/1999/02/22-rdf-syntax-ns': 'rdf',
  'purl.org/dc/elements/1.0': 'dc',
  'purl.org/dc/elements/1.1': 'dc',
  'purl.org/dc/terms': 'dcterms',
  'purl.org/rss/1.0/modules/content': 'content',
  'purl.org/rss/1.0/modules/syndication': 'sy',
  'search.yahoo.com/mrss': 'media',
  'itunes.com/dtds/podcast-1.0.dtd': 'itunes',
  'w3.org/1999/xhtml': 'xhtml',
  'w3.org/xml/1998/namespace': 'xml',
};

/** Prefixes that mean what they always mean where a document forgets to declare them. */
const KNOWN = new Set([...Object.values(PREFIXES), 'atom', 'a10', 'rss']);
const OF_CORE = new Set(['atom', 'a10', 'atom10', 'rss', '']);

const DECLARED = /^https?:\/\/(?:www\.)?/;
const PURL_ATOM = /^purl\.org\/atom\/ns(?:$|#)/;

/** The usual prefix of a namespace; `?` for one that is not known. */
export function prefixOf(uri: string): string {
  const bare = uri.trim().toLowerCase().replace(DECLARED, '');
  if (PURL_ATOM.test(bare)) return '';
  return PREFIXES[bare.replace(/[/#]+$/, '')] ?? '?';
}

/** Declared prefix -> usual prefix, of one element and those within it. */
export type Scope = ReadonlyMap<string, string>;

export const NO_NAMESPACES: Scope = new Map();

/** The scope within an element: its parent's, unless it declares namespaces of its own. */
export function scopeWithin(parent: Scope, attributes: Readonly<Record<string, string>>): Scope {
  let scope: Map<string, string> | undefined;
  for (const name in attributes) {
    if (!name.startsWith('xmlns')) continue;
    const prefix = name === 'xmlns' ? '' : name.startsWith('xmlns:') ? name.slice(6) : undefined;
    if (prefix === undefined) continue;
    scope ??= new Map(parent);
    if (scope.size < 100) scope.set(prefix, prefixOf(attributes[name] ?? ''));
  }
  return scope ?? parent;
}

/** `creator` in the Dublin Core namespace -> `dc:creator`; RSS and Atom elements -> `title`; anything unknown -> `?:title`. */
export function usualName(name: string, scope: Scope): string {
  const colon = name.indexOf(':');
  const [written, local] = colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
  const declared = scope.get(written);
  if (declared !== undefined) return declared === '' ? local : `${declared}:${local}`;
  if (OF_CORE.has(written)) return local;
  return KNOWN.has(written) ? `${written}:${local}` : `?:${local}`;
}
