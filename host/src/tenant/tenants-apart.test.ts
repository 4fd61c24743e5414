/** Row 16 of the reliability tests, in small: tenants on one hub never see anything of each other's. */
import { PipeFrame, TickBatch } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfigSchema } from '../config/schema.ts';
import { ModelAttachment } from '../streams/model-attachment.ts';
import { jsonOf, RecordedLink } from '../streams/streams.fixture.ts';
import { scratchDir } from './tenant.fixture.ts';
import { attachFeed, hubWith, openTenant } from './tenants.fixture.ts';

const TENANTS = ['one', 'two', 'three'] as const;
/** Names that all tenants have, and that only one has. */
const SHARED = ['EURUSD', 'XAUUSD', 'GBPUSD'];

const step = fc.record({
  tenant: fc.constantFrom(...TENANTS),
  symbol: fc.nat(4),
  time: fc.integer({ min: 1, max: 20 }),
  ordinal: fc.nat(2),
  next: fc.constantFrom('nothing', 'commit', 'reload'),
});

it('shows no tenant a symbol, tick, cursor, verdict or event of another', async () => {
  const config = ConfigSchema.parse({});
  const dir = await scratchDir();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const hub = hubWith(config);
      const tenants = new Map(
        await Promise.all(
          TENANTS.map(async (id, at) => {
            const opened = await openTenant({ config, hub, id, dir: `${dir}/${run}` });
            const { streams, spool } = opened;
            spool.onDurable((seq) => streams.durable.durableUpTo(seq));
            const names = [...SHARED, `OF-${id}`, `ALSO-OF-${id}`];
            // Another order each, so that the same local id is another symbol in each tenant.
            const symbols = [...names.slice(at), ...names.slice(0, at)];
            const seen: { bid: number; count: number }[] = [];
            streams.bus.on('market_data_received', ({ batch }) => seen.push({ bid: batch.bid[0] as number, count: batch.count }));
            const model = new RecordedLink({ id: 'model', kind: 'model' });
            expect(new ModelAttachment(model, streams).startTerms().cursors).toEqual([]);
            const tenant = {
              ...opened,
              symbols,
              seen,
              model,
              taken: new Map<string, number>(),
              feed: attachFeed(streams, 'feed', symbols),
              sent: 0,
            };
            return [id, tenant] as const;
          }),
        ),
      );
      run++;
      for (const { tenant: id, symbol, time, ordinal, next } of steps) {
        const tenant = tenants.get(id);
        if (tenant === undefined) throw new Error('a tenant of the list');
        tenant.feed.send([{ symbol, time, ordinal }]);
        const name = tenant.symbols[symbol] as string;
        const place = time * 10 + ordinal;
        if (place > (tenant.taken.get(name) ?? 0)) {
          tenant.taken.set(name, place);
          tenant.sent++;
        }
        if (next === 'commit') tenant.spool.commit();
        if (next === 'reload') {
          tenant.feed.attachment.detach();
          tenant.feed = attachFeed(tenant.streams, 'feed', tenant.symbols);
        }
      }
      for (const [id, { streams, spool, symbols, seen, model, taken, feed, sent }] of tenants) {
        const own = new Set(symbols);
        expect(streams.tenant).toBe(id);
        expect(spool.frames).toHaveLength(sent);
        expect(seen).toHaveLength(sent);
        expect(streams.flow.takenTicks).toBe(sent);
        expect(model.bodies(PipeFrame.ticks)).toHaveLength(sent);
        expect(new Set(streams.directory.all().map(({ name }) => name))).toEqual(own);
        expect(new Set(streams.gate.announced)).toEqual(own);
        for (const body of model.bodies(PipeFrame.symbols)) {
          for (const { name } of (jsonOf(body) as { symbols: { name: string }[] }).symbols) expect(own).toContain(name);
        }
        for (const message of feed.link.told) {
          if (message.type === 'gate') for (const { symbol } of message.verdicts) expect(own).toContain(symbol);
        }
        // What is durable is what this tenant's own ticks say, whatever the others did under the same names and ids.
        spool.commit();
        const cursors = new Map(feed.attachment.startTerms().cursors.map(({ symbol, time, same }) => [symbol, time * 10 + same - 1]));
        expect(cursors).toEqual(taken);
        for (const { body } of spool.frames) {
          const symbolId = TickBatch.view(body).symbol[0] as number;
          expect(own).toContain(streams.directory.entry(symbolId)?.name);
        }
      }
    }),
    { numRuns: 60 },
  );
});

it('closes one tenant without a word to the others', async () => {
  const config = ConfigSchema.parse({});
  const hub = hubWith(config);
  const [one, two] = await Promise.all(['one', 'two'].map((id) => openTenant({ config, hub, id })));
  if (one === undefined || two === undefined) throw new Error('two tenants');
  const feed = attachFeed(two.streams, 'feed', ['A']);
  await one.scope.close();
  feed.send([{ symbol: 0, time: 1, ordinal: 0 }]);
  expect([one.spool.frames.length, two.spool.frames.length]).toEqual([0, 1]);
  expect(hub.tenant('two')).toBe(two.scope);
  expect(hub.tenant('one')).not.toBe(one.scope);
});
