import { createHarness } from '@tickhub/plugin-sdk/testing';
import { definePlugin, Log, Store } from '@tickhub/plugin-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFigure } from '../figures/read-figure.ts';
import { weeksOf } from '../providers/forex-factory/entry.ts';
import { EventBook, SuspiciousListing } from './event-book.ts';
import type { ListedEvent, Listing } from './listing.ts';
import { MOVES_WITHIN_MS } from './match.ts';
import type { TrackedEvent } from './tracked-event.ts';

const HOUR = 3_600_000;
const MONDAY = Date.parse('2026-08-10T12:00:00Z');

/** A book on a store that a harness answers. */
async function opened(
  kept = new Map<string, unknown>(),
): Promise<{ book: EventBook; kept: Map<string, unknown>; end: () => Promise<void> }> {
  const { promise, resolve, reject } = Promise.withResolvers<EventBook>();
  const holder = definePlugin({
    kind: 'data-source',
    inject: { store: Store, log: Log },
    start({ store, log }) {
      EventBook.open('ff', 'ff', store, log).then(resolve, reject);
    },
  });
  const harness = createHarness(holder, { store: kept });
  await harness.start();
  return { book: await promise, kept, end: () => harness.stop() };
}

function event(title: string, at: number, previous = '', currency = 'USD'): ListedEvent {
  return { title, currency, impact: 'low', at, timed: true, sourceTime: '', forecast: null, previous: readFigure(previous) };
}
const listing = (...events: ListedEvent[]): Listing => ({ events, covers: weeksOf(events), skipped: 0 });

/** An answer that lacks ten events is believed when it is given again. */
function taken(book: EventBook, answer: Listing): readonly TrackedEvent[] {
  try {
    return book.take(answer, MONDAY);
  } catch (error) {
    expect(error).toBeInstanceOf(SuspiciousListing);
    return book.take(answer, MONDAY);
  }
}

const events = fc.array(
  fc
    .record({
      title: fc.constantFrom('CPI m/m', 'GDP q/q', 'Governor Speaks', 'Trade Balance'),
      currency: fc.constantFrom('USD', 'EUR'),
      hour: fc.integer({ min: 0, max: 100 }),
      previous: fc.constantFrom('', '0.1%', '0.2%'),
    })
    .map(({ title, currency, hour, previous }) => event(title, MONDAY + hour * HOUR, previous, currency)),
  { maxLength: 12 },
);

describe('a book of events', () => {
  it('has each listed event once, in whatever order answers come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(events, { minLength: 1, maxLength: 5 }), async (answers) => {
        const { book, end } = await opened();
        for (const answer of answers) {
          const touched = taken(book, listing(...answer));
          expect(new Set(touched.map(({ id }) => id)).size).toBe(touched.length);
          const listed = touched.filter(({ withdrawn }) => !withdrawn).map(({ currency, title, at }) => `${currency} ${title} ${at}`);
          expect(listed.sort()).toEqual(answer.map(({ currency, title, at }) => `${currency} ${title} ${at}`).sort());
          // The same answer again changes nothing.
          const before = JSON.stringify(book.events);
          book.take(listing(...answer.toReversed()), MONDAY);
          expect(JSON.stringify(book.events)).toBe(before);
        }
        const ids = book.events.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        await end();
      }),
      {
        numRuns: 60,
        examples: [[[Array.from({ length: 10 }, () => event('CPI m/m', MONDAY)), [event('CPI m/m', MONDAY + 37 * HOUR)]]]],
      },
    );
  });

  it('knows an event again wherever it moves within its reach, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -MOVES_WITHIN_MS, max: MOVES_WITHIN_MS }), { maxLength: 6 }), async (moves) => {
        const { book, end } = await opened();
        let at = MONDAY + 48 * HOUR;
        // Two others hold the week open, so that the answer covers where the event was.
        const week = [event('First', MONDAY - 24 * HOUR), event('Last', MONDAY + 100 * HOUR)];
        book.take(listing(...week, event('CPI m/m', at)), MONDAY);
        for (const move of moves) {
          const to = at + move;
          if (to < MONDAY - 24 * HOUR || to > MONDAY + 100 * HOUR) continue;
          at = to;
          book.take(listing(...week, event('CPI m/m', at)), MONDAY);
        }
        expect(book.find('USD', 'cpi-m-m').map((it) => [it.id, it.at, it.withdrawn])).toEqual([['ff:USD:cpi-m-m:2026-08-12', at, false]]);
        await end();
      }),
      { numRuns: 60 },
    );
  });

  it('is the same when it is opened again', async () => {
    await fc.assert(
      fc.asyncProperty(events, events, async (first, second) => {
        const one = await opened();
        one.book.take(listing(...first), MONDAY);
        await one.book.save();
        await one.end();
        const two = await opened(one.kept);
        expect(two.book.events).toEqual(one.book.events);
        expect(taken(two.book, listing(...second))).toEqual(taken(one.book, listing(...second)));
        await two.end();
      }),
      { numRuns: 40 },
    );
  });

  it('follows the ids of a provider that has some, however far an event moves and whatever its title becomes', async () => {
    const { book, end } = await opened();
    book.take(listing({ ...event('CPI', MONDAY), id: '17' }, { ...event('CPI', MONDAY), id: '18' }), MONDAY);
    book.take(listing({ ...event('CPI (delayed)', MONDAY + 90 * HOUR), id: '17' }, { ...event('CPI', MONDAY), id: '18' }), MONDAY);
    expect(book.events.map(({ id, title, at }) => [id, title, at])).toEqual([
      ['ff:USD:cpi:2026-08-10', 'CPI (delayed)', MONDAY + 90 * HOUR],
      ['ff:USD:cpi:2026-08-10:2', 'CPI', MONDAY],
    ]);
    await end();
  });

  it('keeps an actual that an answer has lost, and what an answer says nothing of', async () => {
    const { book, end } = await opened();
    book.take(listing({ ...event('CPI', MONDAY, '0.1%'), actual: readFigure('0.3%'), forecast: readFigure('0.2%') }), MONDAY);
    const { forecast: _forecast, previous: _previous, ...bare } = event('CPI', MONDAY);
    book.take(listing({ ...bare, actual: null }), MONDAY);
    expect(book.events).toMatchObject([{ actual: { text: '0.3%' }, forecast: { text: '0.2%' }, previous: { text: '0.1%' } }]);
    await end();
  });

  it('holds no more than it may of a currency', async () => {
    const { book, end } = await opened();
    const many = Array.from({ length: 2_500 }, (_, i) => event(`Release ${i}`, MONDAY + i * 60_000));
    book.take(listing(...many), MONDAY);
    expect(book.events).toHaveLength(2_000);
    expect(book.find('USD', 'release-2499')).toHaveLength(1);
    await end();
  });
});
