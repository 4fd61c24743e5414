import { Clock, Log, Publish, Socket, createFollower, definePlugin, z } from '@tickhub/plugin-sdk';

const Levels = z.array(z.tuple([z.string(), z.string()]).rest(z.string()));
const Message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), bids: Levels, asks: Levels }),
  z.object({ type: z.literal('l2update'), time: z.string(), changes: z.array(z.tuple([z.enum(['buy', 'sell']), z.string(), z.string()])) }),
  z.object({ type: z.literal('subscriptions') }),
]);

/** Price to size, as text: what the exchange calls a level is the text of its price. */
type Side = Map<string, number>;

/** A feed that no mapping can make: each message is a change to what was before, and a book is what they come to. */
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, socket: Socket, clock: Clock, log: Log },
  config: z.object({
    url: z.string(),
    product: z.string(),
    levels: z.number().int().min(1).max(1_000).default(20),
    everyMs: z.number().int().min(100).default(1_000),
  }),
  start({ publish, socket, clock, log, config, plugin }) {
    const symbol = config.product.replaceAll('-', '');
    const bids: Side = new Map();
    const asks: Side = new Map();
    let time: number | null = null;

    const follower = createFollower({ socket, clock, log });
    follower.add({
      name: plugin.id,
      staleAfterMs: 30_000,
      request: () => ({ url: config.url, maxMessageBytes: 8 * 1_048_576 }),
      opened(connection) {
        // What was known is of the connection before; the snapshot begins anew.
        time = null;
        connection.send(JSON.stringify({ type: 'subscribe', product_ids: [config.product], channels: ['level2_batch'] }));
      },
      take(data) {
        const message = Message.parse(JSON.parse(String(data)));
        if (message.type === 'snapshot') {
          replace(bids, message.bids);
          replace(asks, message.asks);
          time = clock.now();
        } else if (message.type === 'l2update' && time !== null) {
          for (const [side, price, size] of message.changes) change(side === 'buy' ? bids : asks, price, Number(size));
          time = Date.parse(message.time);
        }
      },
    });
    let published: number | null = null;
    clock.every(config.everyMs, () => {
      if (time === null || time === published) return;
      published = time;
      const body = { bids: best(bids, config.levels, -1), asks: best(asks, config.levels, 1) };
      publish.record('book', { time, symbol, body });
    });
    return {
      status: () => ({ status: 'ok', detail: `${bids.size} bids, ${asks.size} asks`, counters: {}, sources: follower.health() }),
      stop: () => follower.stop(),
    };
  },
});

function replace(side: Side, levels: z.infer<typeof Levels>): void {
  side.clear();
  for (const [price, size] of levels) change(side, price, Number(size));
}

function change(side: Side, price: string, size: number): void {
  if (size === 0) side.delete(price);
  else side.set(price, size);
}

/** @param order -1 for the highest prices first, 1 for the lowest. */
function best(side: Side, levels: number, order: -1 | 1): [number, number][] {
  const all = [...side].map(([price, size]): [number, number] => [Number(price), size]);
  return all.sort(([a], [b]) => order * (a - b)).slice(0, levels);
}
