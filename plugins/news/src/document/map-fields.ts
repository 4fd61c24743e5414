/**
 * Fields of RSS 2.0, RSS 1.0 and Atom into one shape. Feeds mix the three (an `atom:link` in RSS, a `pubDate` in Atom), so what an element says is taken from
 * whichever of them it is written in, the format's own first.
 */
import type { Prose, RawFeed, RawItem } from './raw-feed.ts';
import { resolved } from './xml-fields.ts';
import type { Field, Fields, XmlFeed } from './xml-fields.ts';

const TITLES = ['title', 'dc:title', 'media:title'];
const SUMMARIES = ['description', 'summary', 'dc:description', 'tagline', 'abstract', 'media:description'];
const CONTENTS = ['content:encoded', 'content', 'xhtml:body', 'body', 'xhtml:div', 'fullitem'];
const PUBLISHED = ['pubdate', 'published', 'issued', 'dcterms:issued', 'dcterms:created', 'created', 'dc:date', 'date'];
const UPDATED = ['updated', 'modified', 'dcterms:modified', 'lastbuilddate'];
const AUTHORS = ['author', 'dc:creator', 'dc:author', 'itunes:author'];
const CATEGORIES = ['category', 'dc:subject', 'keywords', 'media:category'];

export function mapFeed({ root, feed, items, cut }: XmlFeed): RawFeed {
  const { fields } = feed;
  return {
    format: root,
    title: prose(fields, TITLES),
    language: text(fields, ['language', 'dc:language']) ?? feed.language,
    pace: {
      ttl: text(fields, ['ttl']),
      updatePeriod: text(fields, ['sy:updateperiod']),
      updateFrequency: text(fields, ['sy:updatefrequency']),
      skipHours: childTexts(fields, 'skiphours', 'hour'),
      skipDays: childTexts(fields, 'skipdays', 'day'),
    },
    items: items.map(mapItem),
    cut,
  };
}

function mapItem({ fields, language, about }: Fields): RawItem {
  return {
    id: text(fields, ['guid', 'id']) ?? nonEmpty(about),
    link: linkOf(fields) ?? (isAddress(about) ? about : undefined),
    title: prose(fields, TITLES),
    summary: prose(fields, SUMMARIES),
    content: prose(fields, CONTENTS),
    authors: unique(named(fields, AUTHORS).map(personOf)),
    categories: unique(
      named(fields, CATEGORIES).map((field) => field.attributes['term'] ?? nonEmpty(field.text) ?? field.attributes['label'] ?? ''),
    ),
    published: text(fields, PUBLISHED),
    updated: text(fields, UPDATED),
    language: text(fields, ['dc:language', 'language']) ?? language,
  };
}

/** Those with one of the names, in the order of the names. */
function named(fields: readonly Field[], names: readonly string[]): Field[] {
  return names.flatMap((name) => fields.filter((field) => field.name === name));
}

function text(fields: readonly Field[], names: readonly string[]): string | undefined {
  for (const field of named(fields, names)) {
    const value = nonEmpty(field.text);
    if (value !== undefined) return value;
  }
  return undefined;
}

function nonEmpty(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function prose(fields: readonly Field[], names: readonly string[]): Prose | undefined {
  for (const field of named(fields, names)) {
    const found = proseOf(field);
    if (found.value.trim() !== '') return found;
  }
  return undefined;
}

/** RFC 4287 section 3.1 (`type`), the drafts before it (`mode`), and RSS, where everything may be HTML. */
function proseOf({ attributes, text: characters, markup }: Field): Prose {
  const type = attributes['type']?.trim().toLowerCase();
  const mode = attributes['mode']?.trim().toLowerCase();
  if (mode === 'base64' || (type !== undefined && isBinary(type))) {
    const value = Buffer.from(characters, 'base64').toString('utf8');
    return { value, kind: type !== undefined && /^text\/plain$/.test(type) ? 'text' : 'html' };
  }
  if (markup !== '' && mode !== 'escaped') return { value: markup, kind: 'html' };
  return { value: characters, kind: type === 'text' || type === 'text/plain' ? 'text' : 'html' };
}

/** RFC 4287 section 4.1.3.3: what is neither text nor XML is in Base64. */
function isBinary(type: string): boolean {
  return type.includes('/') && !type.startsWith('text/') && !/[+/]xml\b/.test(type);
}

/** The item's page: `<link>` text, Atom's alternate, or a `guid` that is one. */
function linkOf(fields: readonly Field[]): string | undefined {
  const links = named(fields, ['link']);
  const alternate = links.find(
    ({ attributes: { href, rel } }) => href !== undefined && (rel === undefined || rel.trim().toLowerCase() === 'alternate'),
  );
  if (alternate !== undefined) return resolved(alternate.attributes['href'] ?? '', alternate.base);
  const isOther = ({ attributes: { rel } }: Field): boolean => rel !== undefined && rel.trim().toLowerCase() !== 'alternate';
  for (const link of [...links.filter((field) => !isOther(field)), ...links.filter(isOther)]) {
    const address = nonEmpty(link.text);
    if (address !== undefined) return resolved(address, link.base);
  }
  const guid = named(fields, ['guid'])[0];
  const address = nonEmpty(guid?.text);
  return address !== undefined && guid?.attributes['ispermalink']?.trim().toLowerCase() !== 'false' && isAddress(address)
    ? address
    : undefined;
}

const isAddress = (text: string | undefined): text is string => text !== undefined && /^https?:\/\//i.test(text.trim());

/** So much is looked at to find a name, which is short: what it is looked for with is slow on what is long. */
const MAX_WRITTEN = 500;

/** A name without its address: `me@example.com (A Name)`, `A Name <me@example.com>`. An address alone is nobody's name. */
function personOf({ children, text: characters }: Field): string {
  const whole = children.find(({ name }) => name.endsWith('name'))?.text ?? (children.length > 0 ? '' : characters);
  const written = whole.trim().slice(0, MAX_WRITTEN);
  const bracketed = /^\s*\S+@\S+\s*\(([^()]+)\)\s*$/.exec(written)?.[1];
  return bracketed ?? written.replaceAll(/[<(\s]*[^\s<>()@]+@[^\s<>()@]+[>)]?/g, '');
}

function childTexts(fields: readonly Field[], list: string, entry: string): string[] {
  return named(fields, [list]).flatMap(({ children }) => children.filter(({ name }) => name === entry).map((child) => child.text.trim()));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
