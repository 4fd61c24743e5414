import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as shapes from './shapes.ts';
import { aggregates, BLUESKY, harness, make, MINUTE } from './social.fixture.ts';

/** What may come, in any order and any number: few posts, so that much comes again. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('create' as const), id: fc.nat(9), symbol: fc.constantFrom('EURUSD', 'GBPUSD') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), id: fc.nat(9), symbol: fc.constantFrom('EURUSD', 'GBPUSD') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

it('counts each post as it was last, once, whatever comes again, is changed or taken back, and whatever is restarted: against a plain model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      make(BLUESKY);
      await harness.start();
      const at = harness.now();
      const model = new Map<number, string>();
      for (const happening of happenings) {
        if (happening.kind === 'restart') {
          await harness.stop();
          await harness.start();
        } else if (happening.kind === 'reconnect') {
          harness.sockets.last.drop();
          await harness.advance(2_000);
        } else {
          const { kind: operation, id } = happening;
          const text = operation === 'delete' ? '' : `watching $${happening.symbol} ${'abcdefghij'[id] ?? ''}`;
          if (harness.sockets.open.length === 0) await harness.advance(60_000);
          harness.sockets.last.send(shapes.jetstreamCommit({ id: `3k${id}`, author: `did:plc:${id}`, text, at, operation }));
          if (happening.kind === 'delete') model.delete(id);
          else if (happening.kind === 'update' || !model.has(id)) model.set(id, happening.symbol);
        }
      }
      await harness.advance(8 * MINUTE);
      const counted = Object.fromEntries(aggregates().map(({ symbol, posts, spam }) => [symbol, posts + spam]));
      const expected = Object.fromEntries(
        [...Map.groupBy(model.values(), (symbol) => symbol)].map(([symbol, posts]) => [symbol, posts.length]),
      );
      expect(counted).toEqual(expected);
      expect(new Set(aggregates().map(({ key }) => key)).size).toBe(aggregates().length);
      await harness.stop();
    }),
    { numRuns: 60 },
  );
}, 120_000);
