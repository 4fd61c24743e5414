import { SourceFault, z } from '@tickhub/plugin-sdk';
import type { NetworkEvent, Post } from '../post.ts';
import { textOf } from '../text/markup.ts';
import { parseEach } from './network.ts';

/** A status (Mastodon API, entities/Status), in the fields that are used; `content` is HTML, times are ISO 8601, UTC. */
const Status = z.object({
  id: z.string().min(1).max(64),
  uri: z.string().min(1).max(2_000),
  created_at: z.iso.datetime({ offset: true }),
  content: z.string(),
  spoiler_text: z.string().nullish(),
  visibility: z.string(),
  language: z.string().max(35).nullish(),
  reblog: z.unknown(),
  account: z.object({
    acct: z.string().min(1).max(500),
    bot: z.boolean().nullish(),
    created_at: z.iso.datetime({ offset: true }).nullish(),
  }),
});
type Status = z.infer<typeof Status>;

/** A frame of the stream. `payload` is a string in each of them: JSON for a status, the bare number for a deletion. */
const Frame = z.object({ event: z.string(), payload: z.string().optional(), stream: z.array(z.string()).optional() });
const Refusal = z.object({ error: z.string(), status: z.number().optional() });

const STATUS_EVENTS: Readonly<Record<string, 'post' | 'edited'>> = { update: 'post', 'status.update': 'edited' };

/**
 * Reads one frame of `/api/v1/streaming`: parsed twice, since its payload is a string. Null for what is of no concern (notifications, boosts).
 * @throws when it is no such frame, or one that says an error.
 */
export function parseFrame(text: string, instance: string): NetworkEvent | null {
  const json: unknown = JSON.parse(text);
  const refusal = Refusal.safeParse(json);
  if (refusal.success) throw new SourceFault('refused', `the instance says: ${refusal.data.error.slice(0, 100)}`);
  const { event, payload } = Frame.parse(json);
  if (event === 'delete' && payload !== undefined) return { kind: 'deleted', network: 'mastodon', id: aliasOf(instance, payload) };
  const kind = STATUS_EVENTS[event];
  if (kind === undefined || payload === undefined) return null;
  const post = toPost(Status.parse(JSON.parse(payload)), instance);
  return post === null ? null : { kind, post };
}

/** Reads the answer of `/api/v1/timelines/…`: statuses, newest first. @throws {SourceFault} `malformed` */
export function parseTimeline(
  json: unknown,
  instance: string,
  onOdd: (reason: string) => void,
): { posts: Post[]; times: number[]; size: number } {
  if (!Array.isArray(json)) throw new SourceFault('malformed', 'answered with what is no list of statuses');
  const statuses = parseEach(Status, json.slice(0, 100), onOdd);
  return {
    posts: statuses.flatMap((status) => toPost(status, instance) ?? []),
    times: statuses.map((status) => Date.parse(status.created_at)),
    size: json.length,
  };
}

/** Null for boosts, and for what is not for everybody. */
function toPost(status: Status, instance: string): Post | null {
  if ((status.reblog !== null && status.reblog !== undefined) || status.visibility !== 'public') return null;
  const { acct, bot, created_at: joined } = status.account;
  const warning = status.spoiler_text ?? '';
  const created = Date.parse(joined ?? '');
  return {
    network: 'mastodon',
    // The same everywhere, where the number is the instance's own.
    id: status.uri,
    alias: aliasOf(instance, status.id),
    author: acct.includes('@') ? acct : `${acct}@${instance}`,
    text: `${warning}${warning === '' ? '' : '\n'}${textOf(status.content)}`,
    at: Date.parse(status.created_at),
    language: status.language ?? undefined,
    marketPlace: false,
    automated: bot ?? undefined,
    accountCreatedAt: Number.isNaN(created) ? undefined : created,
  };
}

function aliasOf(instance: string, id: string): string {
  return `${instance}/${id}`;
}
