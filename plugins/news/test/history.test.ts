import '../src/feed-reader.ts';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import plugin from '../src/index.ts';
import { rss } from './feed.fixture.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const FEEDS = ['one', 'two'] as const;
const TOPICS = [
  'US payrolls rise more than expected in October',
  'Gold falls to a low of three weeks on dollar',
  'Bank of Japan leaves its rates unchanged',
];
/** Dates that are known, not known, and wrong. */
const DATES = [new Date(NOW - 3_600_000).toUTCString(), undefined, new Date(NOW + 5 * 3_600_000).toUTCString()];

interface Item {
  readonly guid: string;
  title: string;
  readonly date: string | undefined;
}

const Step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), feed: fc.nat(1), topic: fc.nat(2), date: fc.nat(2) }),
  fc.record({ do: fc.constant('change' as const), feed: fc.nat(1), item: fc.nat(5), topic: fc.nat(2) }),
  fc.record({ do: fc.constant('remove' as const), feed: fc.nat(1), item: fc.nat(5) }),
  fc.record({ do: fc.constant('restart' as const), hours: fc.nat(8) }),
  fc.record({ do: fc.constant('fail' as const), feed: fc.nat(1) }),
);

it('tells each version of each item once, and always the same way, whatever feeds do and however often it is restarted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const items: Record<string, Item[]> = { one: [], two: [] };
      const failing = new Set<string>();
      /** Record key -> titles, in the order in which they were there to be read. */
      const expected = new Map<string, string[]>();
      const harness = createHarness(plugin, {
        plugin: { id: 'news' },
        now: NOW,
        config: { publicFeeds: false, feeds: FEEDS.map((name) => ({ name, url: `https://${name}.example/`, everyMs: 60_000 })) },
        http: (url) => {
          const name = new URL(url).host.split('.')[0] ?? '';
          if (failing.delete(name)) return { status: 500 };
          for (const { guid, title } of items[name] ?? []) {
            const versions = expected.get(`${name}:${guid}`) ?? [];
            if (versions.at(-1) !== title) expected.set(`${name}:${guid}`, [...versions, title]);
          }
          return { body: rss((items[name] ?? []).map(({ guid, title, date }) => ({ guid, title, ...(date !== undefined && { date }) }))) };
        },
      });
      await harness.start();
      let made = 0;
      for (const step of steps) {
        const name = 'feed' in step ? (FEEDS[step.feed] ?? 'one') : 'one';
        const own = items[name] ?? [];
        const item = 'item' in step ? own[step.item] : undefined;
        if (step.do === 'add') own.push({ guid: `g${made++}`, title: TOPICS[step.topic] ?? '', date: DATES[step.date] });
        else if (step.do === 'change' && item !== undefined) item.title = `${TOPICS[step.topic] ?? ''} (corrected)`;
        else if (step.do === 'remove' && item !== undefined) own.splice(own.indexOf(item), 1);
        else if (step.do === 'fail') failing.add(name);
        else if (step.do === 'restart') {
          await harness.stop();
          await harness.advance(step.hours * 3_600_000);
          await harness.start();
        }
        await harness.advance(200_000);
      }
      await harness.stop();

      const told = new Map<string, (typeof harness.records)[number][]>();
      for (const record of harness.records) told.set(record.key ?? '', [...(told.get(record.key ?? '') ?? []), record]);
      expect([...told.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, records] of told) {
        expect(records.map(({ body }) => body['title'])).toEqual(expected.get(key));
        // A change of words changes neither its time, nor how that is known.
        expect(new Set(records.map(({ time, body }) => `${time} ${String(body['timeQuality'])}`)).size).toBe(1);
        for (const { body } of records) {
          const first = body['duplicateOf'];
          expect(first === undefined || (told.has(String(first)) && String(first).split(':')[0] !== key.split(':')[0])).toBe(true);
        }
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);
