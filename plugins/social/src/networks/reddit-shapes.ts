import { SourceFault, z } from '@tickhub/plugin-sdk';
import { Parser } from 'htmlparser2';
import type { NetworkEvent, Post } from '../post.ts';
import { textOf } from '../text/markup.ts';
import { parseEach } from './network.ts';

/** In the year 5138; a number beyond it is no time. */
const LATEST_SECONDS = 1e11;

/**
 * A link post as `GET /r/{subreddit}/new` of oauth.reddit.com has it, in the fields that are used. `created_utc` is in seconds. With `raw_json=1` the text
 * is not HTML-escaped.
 */
const Child = z.object({
  kind: z.string(),
  data: z.object({
    name: z.string().min(1).max(32),
    title: z.string().default(''),
    selftext: z.string().default(''),
    author: z.string().min(1).max(64),
    author_fullname: z.string().max(64).optional(),
    created_utc: z.number().positive().max(LATEST_SECONDS),
    removed_by_category: z.string().nullish(),
  }),
});
const Listing = z.object({ kind: z.literal('Listing'), data: z.object({ children: z.array(z.unknown()).max(1_000) }) });

const TAKEN_BACK: ReadonlySet<string> = new Set(['[deleted]', '[removed]']);

/** What came of a page: events, and the times of all posts in it (Unix epoch milliseconds). */
export interface RedditPage {
  readonly events: readonly NetworkEvent[];
  readonly times: readonly number[];
}

/** @throws {SourceFault} `malformed` */
export function parseListing(json: unknown, onOdd: (reason: string) => void): RedditPage {
  const listing = Listing.safeParse(json);
  if (!listing.success) throw new SourceFault('malformed', 'answered with what is no listing of posts (kind "Listing", data.children)');
  const children = parseEach(Child, listing.data.data.children, onOdd).filter(({ kind }) => kind === 't3');
  return {
    times: children.map(({ data }) => data.created_utc * 1_000),
    events: children.map(({ data }): NetworkEvent => {
      const isGone = TAKEN_BACK.has(data.author) || TAKEN_BACK.has(data.selftext) || typeof data.removed_by_category === 'string';
      if (isGone) return { kind: 'deleted', network: 'reddit', id: data.name };
      return { kind: 'post', post: post(data.name, data.author, `${data.title}\n${data.selftext}`, data.created_utc * 1_000) };
    }),
  };
}

interface Entry {
  id: string;
  author: string;
  title: string;
  content: string;
  published: string;
  updated: string;
}
const FIELDS: Readonly<Record<string, keyof Entry>> = {
  id: 'id',
  name: 'author',
  title: 'title',
  content: 'content',
  published: 'published',
  updated: 'updated',
};
const MOST_ENTRIES = 200;
const LONGEST_FIELD = 200_000;

/**
 * The Atom feed at `https://www.reddit.com/r/{subreddit}/new/.rss`: entries with `id` (`t3_…`), `author/name` (`/u/…`), `title`, `content` (HTML),
 * `published`, `updated`. Read without a document tree and without a DTD, so nothing in it can grow.
 * @throws {SourceFault} `malformed`
 */
export function parseAtom(xml: string): RedditPage {
  const entries: Entry[] = [];
  let entry: Entry | null = null;
  let field: keyof Entry | null = null;
  let isFeed = false;
  const parser = new Parser(
    {
      onopentagname: (name) => {
        if (name === 'feed') isFeed = true;
        else if (name === 'entry') entry = { id: '', author: '', title: '', content: '', published: '', updated: '' };
        else if (entry !== null) field = FIELDS[name] ?? null;
      },
      ontext: (text) => {
        if (entry !== null && field !== null && entry[field].length < LONGEST_FIELD) entry[field] += text;
      },
      onclosetag: (name) => {
        field = null;
        if (name !== 'entry' || entry === null) return;
        if (entries.length < MOST_ENTRIES) entries.push(entry);
        entry = null;
      },
    },
    { xmlMode: true },
  );
  parser.end(xml);
  if (!isFeed) throw new SourceFault('malformed', 'answered with what is no Atom feed');
  const posts = entries.flatMap(({ id, author, title, content, published, updated }) => {
    const at = Date.parse(published === '' ? updated : published);
    if (!/^t3_\w+$/.test(id.trim()) || Number.isNaN(at) || author.trim() === '') return [];
    // What Reddit puts under each post: "submitted by /u/… [link] [comments]".
    const text = textOf(content).replace(/\s*submitted by\s+\/u\/[^]*$/, '');
    return [post(id.trim(), author.trim().replace(/^\/?u\//, ''), `${title}\n${text}`, at)];
  });
  return { events: posts.map((found) => ({ kind: 'post', post: found })), times: posts.map(({ at }) => at) };
}

function post(id: string, author: string, text: string, at: number): Post {
  return { network: 'reddit', id, author, text: text.trim(), at, marketPlace: true };
}

/** The answer of `POST /api/v1/access_token`; `expires_in` is in seconds. */
export const AccessToken = z.object({ access_token: z.string().min(1), token_type: z.string(), expires_in: z.number().positive() });
