import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ManualClock, TestLog, TestPublish } from '../../test/doubles.ts';
import { QuoteLink } from './quote-link.ts';
import type { SymbolSpec, TicksFrame } from '../link/frames.ts';
import type { LinkSession } from '../link/link.ts';

interface Tick {
  readonly symIdx: number;
  readonly time: number;
  readonly bid: number;
  readonly ask: number;
}

/** A session that lets everything through, and keeps what it was told. */
class TestSession implements Pick<LinkSession, 'welcomed' | 'symbol' | 'ticks' | 'closed' | 'noSymbol'> {
  readonly specs: SymbolSpec[] = [];
  readonly ticked: Tick[] = [];
  closedWith = '';

  welcomed(): void {}
  symbol(spec: SymbolSpec): void {
    this.specs.push({ ...spec });
  }
  ticks({ symIdx, view, at, count }: TicksFrame): void {
    expect(count).toBe(1);
    this.ticked.push({
      symIdx,
      time: Number(view.getBigInt64(at + 40, true)),
      bid: view.getFloat64(at + 8, true),
      ask: view.getFloat64(at + 16, true),
    });
  }
  noSymbol(): void {}
  closed(reason: string): void {
    this.closedWith = reason;
  }
}

function linked(snapshots: boolean) {
  const clock = new ManualClock();
  const publish = new TestPublish();
  const sessions: TestSession[] = [];
  const link = new QuoteLink(
    {
      id: 'test',
      clock,
      log: new TestLog(),
      publish,
      canonical: (name) => name,
      admit: () => {
        const session = new TestSession();
        sessions.push(session);
        return session as unknown as LinkSession;
      },
    },
    { server: 'test', snapshots },
  );
  link.open();
  const session = (): TestSession => sessions.at(-1) ?? new TestSession();
  const subscribe = (symIdx: number, time = 0): void => link.subscribe({ symIdx, cursor: { time, same: 0 }, maxBackfillMs: 0, wants: 1 });
  return { clock, publish, link, session, sessions, subscribe };
}

it('gives a change of a snapshot once, in order, and never the first look', () => {
  const Step = fc.record({
    symbol: fc.constantFrom('A', 'B'),
    bid: fc.integer({ min: 1, max: 3 }),
    ask: fc.integer({ min: 1, max: 3 }),
    wait: fc.nat(3),
    back: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(Step, { maxLength: 60 }), (steps) => {
      const { clock, link, session, subscribe } = linked(true);
      const last = new Map<string, string>();
      const expected: string[] = [];
      for (const { symbol, bid, ask, wait, back } of steps) {
        clock.advance(wait);
        if (back && session().ticked.length > 0) clock.setWall(clock.now() - 1_000);
        const quote = `${symbol} ${bid} ${ask}`;
        link.quote(symbol, bid, ask, 0, 0, 0);
        if (!last.has(symbol)) subscribe([...last.keys()].length + 1);
        else if (last.get(symbol) !== quote) expected.push(quote);
        last.set(symbol, quote);
      }
      const names = [...last.keys()];
      expect(session().ticked.map(({ symIdx, bid, ask }) => `${names[symIdx - 1]} ${bid} ${ask}`)).toEqual(expected);
      for (const index of [1, 2]) {
        const times = session().ticked.flatMap(({ symIdx, time }) => (symIdx === index ? [time] : []));
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }
    }),
  );
});

it('keeps the quote that came before the tier had spoken, and forgets it when that took long', () => {
  const { clock, link, session, subscribe } = linked(false);
  link.quote('A', 1, 2, 0, 0, 0);
  const at = clock.now();
  clock.advance(50);
  subscribe(1);
  expect(session().ticked).toEqual([{ symIdx: 1, time: at, bid: 1, ask: 2 }]);
  link.quote('B', 1, 2, 0, 0, 0);
  clock.advance(5_000);
  subscribe(2);
  expect(session().ticked).toHaveLength(1);
});

it('describes a symbol anew when its prices have more decimals than were thought', () => {
  const { link, session, subscribe } = linked(false);
  link.quote('A', 1.1, 1.2, 0, 0, 0);
  subscribe(1);
  link.quote('A', 0.1234567, 0.1234568, 0, 0, 0);
  link.quote('A', 150.123, 150.125, 0, 0, 0);
  expect(session().specs.map(({ digits }) => digits)).toEqual([5, 7]);
});

it('lets quotes go while the host is congested, and goes on with the newest', () => {
  const { link, session, subscribe, publish } = linked(false);
  link.quote('A', 1, 2, 0, 0, 0);
  subscribe(1);
  publish.congested = true;
  link.quote('A', 2, 3, 0, 0, 0);
  expect(link.paused).toBe(true);
  publish.congested = false;
  link.quote('A', 3, 4, 0, 0, 0);
  expect(session().ticked.map(({ bid }) => bid)).toEqual([1, 3]);
  expect(link.skipped).toBe(1);
});

it('tells once for how long nobody looked, also while Tickhub was off', () => {
  const { clock, link, subscribe, publish } = linked(true);
  const start = clock.now();
  link.quote('A', 1, 2, 0, 0, 0);
  subscribe(1, start - 60_000);
  expect(publish.records).toMatchObject([{ stream: 'gap', record: { body: { from: start - 60_000, to: start, reason: 'bridge-away' } } }]);
  clock.advance(5_000);
  link.interrupted(clock.now());
  link.interrupted(clock.now());
  clock.advance(4_000);
  link.quote('A', 5, 6, 0, 0, 0);
  link.quote('A', 5, 7, 0, 0, 0);
  expect(publish.records).toHaveLength(2);
  expect(publish.records[1]).toMatchObject({ record: { body: { from: start + 5_000, to: start + 9_000 } } });
  link.interrupted(clock.now());
  clock.advance(500);
  link.quote('A', 5, 8, 0, 0, 0);
  expect(publish.records).toHaveLength(2);
});

it('shows itself anew when the session layer wants a new connection, until it is closed', () => {
  const { clock, link, sessions, session, subscribe } = linked(false);
  link.quote('A', 1, 2, 0, 0, 0);
  subscribe(1);
  link.destroy('it fell silent');
  expect(sessions[0]?.closedWith).toBe('it fell silent');
  link.quote('A', 2, 3, 0, 0, 0);
  clock.advance(100);
  expect(sessions).toHaveLength(2);
  expect(session().specs.map(({ name }) => name)).toEqual(['A']);
  subscribe(1);
  link.quote('A', 3, 4, 0, 0, 0);
  expect(session().ticked.map(({ bid }) => bid)).toEqual([3]);
  link.destroy('again');
  link.close('the end');
  clock.advance(1_000);
  expect(sessions).toHaveLength(2);
});
