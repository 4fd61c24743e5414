import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { TickFlag } from '@tickhub/plugin-sdk';
import { TestGate, TestPublish, type TestSymbol } from '../../test/doubles.ts';
import { ticksFrame, type EaTick } from '../../test/scripted-ea.ts';
import { decodeTicks } from '../link/decode.ts';
import { emptyTicksFrame } from '../link/frames.ts';
import { TicksFlag } from '../link/wire.ts';
import { Feed, type FeedContext } from './feed.ts';

const T = 1_398_902_400_000;
let publish: TestPublish;
let symbol: TestSymbol;
let feed: Feed;
let context: FeedContext;

beforeEach(() => {
  publish = new TestPublish(new TestGate());
  symbol = publish.source({ name: 'mt5:demo-1' }).symbol('EURUSD');
  feed = new Feed(symbol, 'EURUSD.x');
  context = { marks: 0, staleBefore: -Infinity, offsetFrom: -Infinity, offsetUntil: Infinity, moveOffset: () => undefined };
});

function take(firstSeq: number, ticks: readonly EaTick[], flags = 0): string {
  const bytes = ticksFrame(1, firstSeq, ticks, flags);
  const frame = emptyTicksFrame();
  decodeTicks(new DataView(bytes.buffer, bytes.byteOffset), 8, bytes.byteLength, 1, flags, 65_535, frame);
  return feed.take(frame, context);
}

const seen = (): [number, number][] => publish.ticks.map(({ time, ordinal }) => [time, ordinal]);

describe('ordinals', () => {
  it('count from the cursor in its millisecond, and from 0 in every other', () => {
    symbol.cursor = { time: T, same: 2 };
    feed.subscribed({ time: T, same: 2 }, 0n);
    take(1, [{ time: T }, { time: T }, { time: T + 1 }, { time: T + 1 }, { time: T + 5 }]);
    expect(seen()).toEqual([
      [T, 2],
      [T, 3],
      [T + 1, 0],
      [T + 1, 1],
      [T + 5, 0],
    ]);
  });

  it('go on from frame to frame', () => {
    feed.subscribed({ time: 0, same: 0 }, 0n);
    take(1, [{ time: T }, { time: T }]);
    take(3, [{ time: T }]);
    expect(seen()).toEqual([
      [T, 0],
      [T, 1],
      [T, 2],
    ]);
  });

  it('count ticks that are not published, so that the identity of the others stays', () => {
    feed.subscribed({ time: 0, same: 0 }, 0n);
    take(1, [{ time: T }, { time: T, bid: NaN }, { time: T }]);
    expect(seen()).toEqual([
      [T, 0],
      [T, 2],
    ]);
    expect(feed.quality).toMatchObject({ taken: 2, invalid: 1 });
  });

  it('begin at 0 where a terminal begins before the cursor; what was taken is dropped and counted', () => {
    symbol.cursor = { time: T + 1, same: 1 };
    feed.subscribed({ time: T + 1, same: 1 }, 0n);
    take(1, [{ time: T }, { time: T }, { time: T + 1 }, { time: T + 1 }, { time: T + 2 }]);
    expect(seen()).toEqual([
      [T + 1, 1],
      [T + 2, 0],
    ]);
    expect(feed.quality).toMatchObject({ taken: 2, duplicates: 3, outOfOrder: 0 });
  });

  it('make the stream the same however it was cut, resubscribed and repeated', () => {
    const times = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, fc.array(fc.nat(60), { maxLength: 6 }), (steps, breaks) => {
        let t = T;
        const all = steps.map((step) => ({ time: (t += step) }));
        publish = new TestPublish(new TestGate());
        symbol = publish.source().symbol('EURUSD');
        feed = new Feed(symbol, 'EURUSD');
        // The terminal's side of LINK.md: from the cursor's millisecond on, `same` ticks of it skipped.
        const after = (): EaTick[] => {
          const { time, same } = symbol.cursor;
          const from = all.findIndex((it) => it.time >= time);
          if (from === -1) return [];
          let skip = from;
          while (skip < all.length && skip - from < same && all[skip]?.time === time) skip++;
          return all.slice(skip);
        };
        for (const length of [...breaks, Infinity]) {
          feed.subscribed({ ...symbol.cursor }, 0n);
          const ticks = after().slice(0, length);
          if (ticks.length > 0) take(1, ticks);
        }
        expect(publish.ticks.map((it) => it.time)).toEqual(all.map((it) => it.time));
        expect(feed.quality.taken).toBe(all.length);
      }),
    );
  });
});

describe('bad ticks', () => {
  beforeEach(() => feed.subscribed({ time: 0, same: 0 }, 0n));

  it.each<[string, EaTick]>([
    ['a NaN bid', { time: T, bid: NaN }],
    ['a NaN ask', { time: T, ask: NaN }],
    ['an infinite bid', { time: T, bid: Infinity }],
    ['two infinities', { time: T, bid: Infinity, ask: Infinity }],
    ['a NaN last', { time: T, last: NaN }],
    ['an infinite volume', { time: T, volume: Infinity }],
    ['a negative volume', { time: T, volume: -1 }],
    ['no time', { time: 0 }],
    ['a negative time', { time: -5 }],
    ['a time after all time', { time: 9e15 }],
  ])('with %s are dropped and counted, and the rest goes on', (_name, bad) => {
    // The writer cannot put an infinite volume into the integer field, so the f64 behind it carries it.
    expect(take(1, [{ time: T - 1 }, bad, { time: T + 1 }])).toBe('taken');
    expect(seen()).toEqual([
      [T - 1, 0],
      [T + 1, 0],
    ]);
    expect(feed.quality).toMatchObject({ taken: 2, invalid: 1 });
  });

  it('out of order are dropped and counted', () => {
    take(1, [{ time: T + 5 }, { time: T }, { time: T + 4 }, { time: T + 6 }]);
    expect(seen()).toEqual([
      [T + 5, 0],
      [T + 6, 0],
    ]);
    expect(feed.quality).toMatchObject({ taken: 2, outOfOrder: 2 });
  });

  it('crossed are published and counted', () => {
    take(1, [{ time: T, bid: 1.2, ask: 1.1 }]);
    expect(publish.ticks).toHaveLength(1);
    expect(feed.quality).toMatchObject({ taken: 1, crossed: 1 });
  });

  it('an empty book is no quote; a trade without quotes is one, and so is a negative price', () => {
    take(1, [
      { time: T, bid: 0, ask: 0 },
      { time: T, bid: 0, ask: 0, last: 5, volume: 2, flags: 24 },
      { time: T, bid: -37.63, ask: -36.98 },
    ]);
    expect(publish.ticks.map(({ bid, last, volume, ordinal }) => ({ bid, last, volume, ordinal }))).toEqual([
      { bid: 0, last: 5, volume: 2, ordinal: 1 },
      { bid: -37.63, last: 0, volume: 0, ordinal: 2 },
    ]);
    expect(feed.quality.noQuote).toBe(1);
  });

  it('flags lose their undocumented bits; backfilled ticks are late', () => {
    take(1, [{ time: T, flags: 0xffff_ffff }], TicksFlag.backfill);
    take(2, [{ time: T + 1, flags: 6 }]);
    expect(publish.ticks.map((it) => it.flags)).toEqual([126 | TickFlag.late, 6]);
    expect(feed.quality.late).toBe(1);
  });

  it('the integer volume counts where the real one is 0', () => {
    const bytes = ticksFrame(1, 1, [{ time: T, volume: 0 }]);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setBigUint64(18 + 32, 2n ** 33n + 7n, true);
    const frame = emptyTicksFrame();
    decodeTicks(view, 8, bytes.byteLength, 1, 0, 512, frame);
    feed.take(frame, context);
    expect(publish.ticks[0]?.volume).toBe(2 ** 33 + 7);
  });

  it('live ticks that are old by the broker’s clock are stale, backfilled ones are not', () => {
    context.staleBefore = T + 10;
    take(1, [{ time: T }], TicksFlag.backfill);
    take(2, [{ time: T + 9 }, { time: T + 10 }]);
    expect(feed.quality).toMatchObject({ taken: 3, stale: 1, late: 1 });
  });

  it('the UTC offset is moved before the tick that needs it', () => {
    const moved: number[] = [];
    context.offsetUntil = T + 2;
    context.moveOffset = (time) => {
      moved.push(time, publish.ticks.length);
      context.offsetUntil = Infinity;
    };
    take(1, [{ time: T }, { time: T + 1 }, { time: T + 2 }, { time: T + 3 }]);
    expect(moved).toEqual([T + 2, 2]);
  });
});

describe('numbers', () => {
  beforeEach(() => feed.subscribed({ time: 0, same: 0 }, 0n));

  it('a hole is told, and nothing behind it taken', () => {
    expect(take(1, [{ time: T }])).toBe('taken');
    expect(take(4, [{ time: T + 3 }])).toBe('gap');
    expect(publish.ticks).toHaveLength(1);
    expect(feed.quality).toMatchObject({ gaps: 1, missing: 2 });
  });

  it('what comes again under the same numbers is dropped, whole or in part', () => {
    take(1, [{ time: T }, { time: T + 1 }]);
    take(1, [{ time: T }, { time: T + 1 }]);
    take(2, [{ time: T + 1 }, { time: T + 2 }]);
    expect(seen()).toEqual([
      [T, 0],
      [T + 1, 0],
      [T + 2, 0],
    ]);
    expect(feed.quality).toMatchObject({ taken: 3, duplicates: 3, gaps: 0 });
  });

  it('may begin anywhere after a SUB', () => {
    take(1, [{ time: T }]);
    feed.subscribed({ ...symbol.cursor }, 0n);
    expect(take(900, [{ time: T + 1 }])).toBe('taken');
    expect(take(901, [{ time: T + 2 }])).toBe('taken');
    expect(feed.quality.gaps).toBe(0);
  });

  it('are not wanted from a peer that does not count', () => {
    // LINK.md allows q to be absent on a line: the codec gives 0.
    const frame = emptyTicksFrame();
    for (const time of [T, T + 1]) {
      const bytes = ticksFrame(1, 1, [{ time }]);
      decodeTicks(new DataView(bytes.buffer, bytes.byteOffset), 8, bytes.byteLength, 1, 0, 512, frame);
      frame.firstSeq = 0;
      expect(feed.take(frame, context)).toBe('taken');
    }
    expect(feed.quality).toMatchObject({ taken: 2, gaps: 0, duplicates: 0 });
  });
});

describe('subscriptions', () => {
  it('without one nothing is taken', () => {
    expect(take(1, [{ time: T }])).toBe('unasked');
    expect(feed.quality).toMatchObject({ taken: 0, unasked: 1 });
  });

  it('frames of the one before are not taken until the fence is passed', () => {
    feed.subscribed({ time: 0, same: 0 }, 5n);
    expect(take(1, [{ time: T }])).toBe('unasked');
    feed.passed(4n);
    expect(take(2, [{ time: T }])).toBe('unasked');
    feed.passed(5n);
    expect(feed.awaitsAnswer).toBe(true);
    expect(take(3, [{ time: T }])).toBe('taken');
    expect(feed.awaitsAnswer).toBe(false);
  });

  it('ticks of a symbol that the tier closes meanwhile are counted as held back', () => {
    feed.subscribed({ time: 0, same: 0 }, 0n);
    publish.gate.set('EURUSD', false);
    take(1, [{ time: T }]);
    expect(feed.quality).toMatchObject({ taken: 0, heldBack: 1 });
  });
});
