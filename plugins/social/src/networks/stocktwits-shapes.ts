import { SourceFault, z } from '@tickhub/plugin-sdk';
import type { Post, Stance } from '../post.ts';
import { parseEach } from './network.ts';

/** One message of `GET /api/2/streams/symbol/{SYMBOL}.json`, in the fields that are used. `id` rises with time; `created_at` is ISO 8601, UTC. */
const Message = z.object({
  id: z.number().int().positive(),
  body: z.string(),
  created_at: z.iso.datetime({ offset: true }),
  user: z.object({ id: z.number().int(), join_date: z.string().nullish(), official: z.boolean().nullish() }),
  symbols: z.array(z.object({ symbol: z.string().min(1).max(32) })).nullish(),
  entities: z.object({ sentiment: z.object({ basic: z.string().nullish() }).nullish() }).nullish(),
});
const Stream = z.object({
  response: z.object({ status: z.number() }).optional(),
  cursor: z.object({ more: z.boolean(), since: z.number().nullish(), max: z.number().nullish() }).nullish(),
  messages: z.array(z.unknown()).max(1_000),
});
const Refusal = z.object({ response: z.object({ status: z.number() }), errors: z.array(z.object({ message: z.string() })).optional() });

const STANCES: Readonly<Record<string, Stance>> = { Bullish: 'bullish', Bearish: 'bearish' };

export interface StockTwitsPage {
  readonly posts: readonly Post[];
  /** The highest id, to ask for what is newer; 0 when there is nothing. */
  readonly newest: number;
  /** There are older ones that were asked for and are not here. */
  readonly more: boolean;
}

/** @throws {SourceFault} `rate-limited`, `refused` or `malformed` */
export function parseStream(json: unknown, onOdd: (reason: string) => void): StockTwitsPage {
  const stream = Stream.safeParse(json);
  const status = stream.success ? stream.data.response?.status : Refusal.safeParse(json).data?.response.status;
  if (status !== undefined && status !== 200) {
    throw new SourceFault(status === 429 ? 'rate-limited' : 'refused', `says status ${status} in its answer`);
  }
  if (!stream.success) throw new SourceFault('malformed', 'answered with what is no stream of messages');
  const messages = parseEach(Message, stream.data.messages, onOdd);
  return {
    newest: Math.max(0, ...messages.map(({ id }) => id)),
    more: stream.data.cursor?.more ?? false,
    posts: messages.map((message): Post => {
      const joined = Date.parse(message.user.join_date ?? '');
      return {
        network: 'stocktwits',
        id: String(message.id),
        author: String(message.user.id),
        text: message.body,
        at: Date.parse(message.created_at),
        stance: STANCES[message.entities?.sentiment?.basic ?? ''],
        tags: message.symbols?.map(({ symbol }) => symbol) ?? [],
        marketPlace: true,
        accountCreatedAt: Number.isNaN(joined) ? undefined : joined,
      };
    }),
  };
}
