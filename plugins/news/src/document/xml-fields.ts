/**
 * XML into fields: the elements directly within a feed and within each item, with their attributes, text and inner markup. It reads the tokens of
 * htmlparser2, so an ill-formed document gives what can be made out of it; nothing is expanded and nothing is fetched. What is kept is bounded.
 */
import { Parser } from 'htmlparser2';
import { DocumentError } from './errors.ts';
import type { DocumentLimits } from './limits.ts';
import { NO_NAMESPACES, scopeWithin, usualName } from './namespaces.ts';
import type { Scope } from './namespaces.ts';

export interface Child {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

export interface Field {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** All character data within it. */
  text: string;
  /** Its content as markup, with prefixes cut off; only where it has elements. */
  markup: string;
  /** The elements directly within it. */
  readonly children: Child[];
  /** What relative addresses within it are relative to. */
  readonly base: string | undefined;
}

export interface Fields {
  readonly language: string | undefined;
  readonly about: string | undefined;
  readonly fields: Field[];
}

export interface XmlFeed {
  readonly root: 'rss' | 'rdf' | 'atom';
  readonly feed: Fields;
  readonly items: Fields[];
  readonly cut: boolean;
}

interface Open {
  readonly scope: Scope;
  readonly base: string | undefined;
  readonly language: string | undefined;
  /** What ends with it. */
  readonly holds: 'item' | 'field' | 'child' | null;
}

const ROOTS: Readonly<Record<string, XmlFeed['root']>> = { rss: 'rss', 'rdf:rdf': 'rdf', rdf: 'rdf', feed: 'atom', channel: 'rss' };
const CONTAINERS = new Set(['rss', 'rdf:rdf', 'rdf', 'feed', 'channel']);
/** Within an item what they hold counts as the item's own. */
const GROUPS = new Set(['media:group', 'media:content']);
const ITEMS = new Set(['item', 'entry']);

/** Takes a document in pieces. `take` throws a {@link DocumentError}; `done` says that the rest need not be given. */
export class XmlFields {
  done = false;
  readonly #limits: DocumentLimits;
  readonly #parser: Parser;
  readonly #open: Open[] = [];
  readonly #items: Fields[] = [];
  readonly #feed: Field[] = [];
  #root: XmlFeed['root'] | undefined;
  #feedLanguage: string | undefined;
  #item: Fields | undefined;
  #field: Field | undefined;
  #child: Child | undefined;
  #hasMarkup = false;
  #kept = 0;
  #cut = false;

  constructor(base: string | undefined, limits: DocumentLimits) {
    this.#limits = limits;
    this.#open.push({ scope: NO_NAMESPACES, base, language: undefined, holds: null });
    this.#parser = new Parser(
      {
        onopentag: (name, attributes) => this.#begin(name, attributes),
        ontext: (text) => this.#text(text),
        onclosetag: (name) => this.#end(name),
      },
      { xmlMode: true, lowerCaseTags: true, lowerCaseAttributeNames: true, decodeEntities: true },
    );
  }

  take(piece: string): void {
    this.#parser.write(piece);
  }

  end(): XmlFeed {
    if (!this.done) this.#parser.end();
    if (this.#root === undefined) throw new DocumentError('NOT_A_FEED', 'it has no element of a feed');
    return {
      root: this.#root,
      feed: { language: this.#feedLanguage, about: undefined, fields: this.#feed },
      items: this.#items,
      cut: this.#cut,
    };
  }

  #begin(written: string, given: Record<string, string>): void {
    if (this.done) return;
    const outer = this.#open.at(-1) ?? { scope: NO_NAMESPACES, base: undefined, language: undefined, holds: null };
    if (this.#open.length > this.#limits.maxDepth) {
      throw new DocumentError('TOO_DEEP', `it has elements ${this.#limits.maxDepth} deep within each other`);
    }
    const scope = this.#root === undefined ? rootScope(written, given) : scopeWithin(outer.scope, given);
    const name = usualName(written, scope);
    const language = given['xml:lang'] ?? outer.language;
    const base = given['xml:base'] === undefined ? outer.base : resolved(given['xml:base'], outer.base);
    const holds = this.#beginAs(name, given, base, language);
    this.#open.push({ scope, base, language, holds });
  }

  #beginAs(name: string, given: Record<string, string>, base: string | undefined, language: string | undefined): Open['holds'] {
    if (this.#field !== undefined) return this.#beginWithin(this.#field, name, given);
    if (this.#root === undefined) {
      this.#root = ROOTS[name];
      if (this.#root === undefined) throw new DocumentError('NOT_A_FEED', notAFeed(name));
    }
    if (CONTAINERS.has(name)) {
      this.#feedLanguage ??= language;
      return null;
    }
    if (this.#item !== undefined && GROUPS.has(name)) return null;
    if (ITEMS.has(name)) return this.#beginItem(given, language);
    const fields = this.#item?.fields ?? this.#feed;
    if (fields.length >= this.#limits.maxFields) return null;
    this.#field = { name, attributes: this.#attributes(given), text: '', markup: '', children: [], base };
    this.#hasMarkup = false;
    fields.push(this.#field);
    return 'field';
  }

  #beginItem(given: Record<string, string>, language: string | undefined): Open['holds'] {
    if (this.#items.length >= this.#limits.maxItems || this.#kept > this.#limits.maxKeptLength) {
      this.#cut = true;
      this.done = true;
      return null;
    }
    const about = given['rdf:about'] ?? given['about'];
    this.#item = { language, about: about?.slice(0, this.#limits.maxAttributeLength), fields: [] };
    this.#items.push(this.#item);
    return 'item';
  }

  #beginWithin(field: Field, name: string, given: Record<string, string>): Open['holds'] {
    if (!this.#hasMarkup) {
      this.#hasMarkup = true;
      field.markup = escaped(field.text);
    }
    const attributes = this.#attributes(given);
    const local = name.slice(name.indexOf(':') + 1);
    this.#addMarkup(field, `<${local}${written(attributes)}>`);
    if (this.#child !== undefined || field.children.length >= this.#limits.maxChildren) return null;
    this.#child = { name, attributes, text: '' };
    field.children.push(this.#child);
    return 'child';
  }

  #text(text: string): void {
    const field = this.#field;
    if (field === undefined || this.done) return;
    const room = this.#limits.maxFieldLength - field.text.length;
    if (room > 0) {
      const part = text.length > room ? text.slice(0, room) : text;
      this.#kept += part.length;
      field.text += part;
      if (this.#child !== undefined) this.#child.text += part;
    }
    if (this.#hasMarkup) this.#addMarkup(field, escaped(text));
  }

  #addMarkup(field: Field, markup: string): void {
    if (field.markup.length + markup.length > this.#limits.maxFieldLength) return;
    this.#kept += markup.length;
    field.markup += markup;
  }

  #end(written: string): void {
    const { holds, scope } = this.#open.length > 1 ? (this.#open.pop() as Open) : { holds: null, scope: NO_NAMESPACES };
    if (this.done) return;
    if (holds === 'item') this.#item = undefined;
    else if (holds === 'field') this.#field = undefined;
    else if (this.#field !== undefined) {
      if (holds === 'child') this.#child = undefined;
      const name = usualName(written, scope);
      this.#addMarkup(this.#field, `</${name.slice(name.indexOf(':') + 1)}>`);
    }
  }

  #attributes(given: Record<string, string>): Record<string, string> {
    const kept: Record<string, string> = {};
    let left = 20;
    for (const name in given) {
      if (left-- === 0) break;
      const value = given[name] ?? '';
      if (value.length > this.#limits.maxAttributeLength) continue;
      kept[name] = value;
      this.#kept += name.length + value.length;
    }
    return kept;
  }
}

/** A feed is one by its root element, whatever namespace of its own it declares as the default. */
function rootScope(name: string, given: Record<string, string>): Scope {
  const scope = scopeWithin(NO_NAMESPACES, given);
  return scope.get('') === '?' && ROOTS[name] !== undefined ? new Map([...scope, ['', '']]) : scope;
}

function notAFeed(name: string): string {
  const local = name.slice(name.indexOf(':') + 1).slice(0, 40);
  return local === 'html' ? 'it is a web page, not a feed' : `it begins with <${local}>, which is no feed`;
}

/** The address as the document means it; undefined where it cannot be one. */
export function resolved(address: string, base: string | undefined): string | undefined {
  const bare = address.trim();
  if (bare === '') return base;
  // BEA's feed, among others, leaves out the scheme.
  if (/^www\.[a-z\d-]+\.[a-z.]+(?:\/|$)/i.test(bare)) return URL.parse(`https://${bare}`)?.href;
  return URL.parse(bare, base)?.href ?? (base === undefined ? bare : undefined);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign);

function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .filter(([name]) => !name.startsWith('xmlns'))
    .map(([name, value]) => ` ${name.slice(name.indexOf(':') + 1)}="${value.replace(/["&<>]/g, (sign) => ESCAPES[sign] ?? sign)}"`)
    .join('');
}
