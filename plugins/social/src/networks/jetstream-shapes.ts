import { z } from '@tickhub/plugin-sdk';
import type { NetworkEvent } from '../post.ts';

/**
 * A Jetstream message (github.com/bluesky-social/jetstream, `/subscribe`), in the fields that are used. `time_us` is when the relay saw it, microseconds since 1970;
 * `createdAt` is what the author's program says, and may be anything.
 */
const Commit = z.object({
  did: z.string().min(1).max(2_048),
  time_us: z.number().int().positive(),
  kind: z.literal('commit'),
  commit: z.discriminatedUnion('operation', [
    z.object({ operation: z.literal('delete'), collection: z.string(), rkey: z.string().min(1).max(512) }),
    z.object({
      operation: z.enum(['create', 'update']),
      collection: z.string(),
      rkey: z.string().min(1).max(512),
      record: z.object({ text: z.string(), createdAt: z.string().optional(), langs: z.array(z.string().max(35)).max(20).optional() }),
    }),
  ]),
});
const Account = z.object({
  did: z.string().min(1),
  kind: z.literal('account'),
  account: z.object({ active: z.boolean(), status: z.string().optional() }),
});

const POSTS = 'app.bsky.feed.post';
/** Older than this when the relay sees it: brought over from elsewhere, and not said now. */
const IMPORTED_MS = 3_600_000;

/**
 * Reads one message. Null for what is of no concern.
 * @param languages that are taken; empty: all.
 * @throws when it is no such message.
 */
export function parseMessage(message: string, languages: ReadonlySet<string>): NetworkEvent | null {
  const json: unknown = JSON.parse(message);
  const kind = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : undefined;
  if (kind === 'account') {
    const { did, account } = Account.parse(json);
    return !account.active && account.status === 'deleted' ? { kind: 'author-deleted', network: 'bluesky', author: did } : null;
  }
  if (kind === 'identity') return null;
  const { did, time_us: timeUs, commit } = Commit.parse(json);
  if (commit.collection !== POSTS) return null;
  const id = `${did}/${commit.rkey}`;
  if (commit.operation === 'delete') return { kind: 'deleted', network: 'bluesky', id };
  const { text, createdAt, langs = [] } = commit.record;
  if (languages.size > 0 && langs.length > 0 && !langs.some((lang) => languages.has(lang.split('-')[0]?.toLowerCase() ?? ''))) return null;
  const at = Math.floor(timeUs / 1_000);
  if (at - Date.parse(createdAt ?? '') > IMPORTED_MS) return null;
  return {
    kind: commit.operation === 'create' ? 'post' : 'edited',
    post: { network: 'bluesky', id, author: did, text, at, language: langs[0], marketPlace: false },
  };
}
