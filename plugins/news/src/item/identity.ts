import { createHash } from 'node:crypto';

/** Parameters that say where a reader came from, not what is read. */
const TRACKING =
  /^(?:utm_.*|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|ttclid|igshid|li_fat_id|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|vero_.*|oly_.*|s_cid|cmpid|ncid|ocid|cvid|icid|spm|xtor|at_medium|at_campaign|at_custom\d|__source|source_?id|wt\.mc_id|rss|ref|ref_src)$/i;

/** Longer ids, and those that are not plain ASCII, are hashed: so a key stays small wherever it is kept. */
const MAX_ID = 200;

/** The address without what changes from one reader to the next: tracking parameters, fragment, default port, case of the host. */
export function canonicalLink(link: string, keepFragment = false): string {
  const url = URL.parse(link.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) return link.trim();
  for (const name of new Set(url.searchParams.keys())) if (TRACKING.test(name)) url.searchParams.delete(name);
  if (!keepFragment) url.hash = '';
  url.username = '';
  url.password = '';
  return url.href;
}

export interface Identified {
  readonly id?: string | undefined;
  readonly link?: string | undefined;
  readonly title: string;
  /** As the source wrote it. */
  readonly date?: string | undefined;
}

/**
 * What an item is known by within its feed: its id, else its address, else what it says. An id that is an address may differ by its fragment; a link that only
 * differs by it is the same page.
 */
export function itemId({ id, link, title, date }: Identified): string {
  if (id !== undefined) return short(/^https?:\/\//i.test(id) ? canonicalLink(id, true) : id);
  if (link !== undefined) return short(canonicalLink(link));
  return `#${hash(`${title}\n${date ?? ''}`)}`;
}

const short = (id: string): string => (id.length > MAX_ID || !/^[\x21-\x7E]+$/.test(id) ? `#${hash(id)}` : id);

/** 96 bits of SHA-256: two of a billion items share it with a probability of less than 1e-10. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
