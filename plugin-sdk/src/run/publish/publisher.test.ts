import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { TickBatch } from '../../batch/tick-batch.ts';
import type { NamedCursor } from '../../protocol/control.ts';
import { PipeFrame } from '../../protocol/pipe.ts';
import type { PublishedBatch, SymbolTable } from '../../protocol/records.ts';
import type { FrameChannel } from '../frame-channel.ts';
import { PluginFault } from '../fault.ts';
import { Publisher } from './publisher.ts';
import type { PublisherTerms } from './publisher.ts';
import { SymbolIds } from './symbol-ids.ts';

class RecordingChannel implements FrameChannel {
  readonly frames: { type: number; body: Uint8Array }[] = [];
  congested = false;
  backlogBytes = 0;
  readonly #drained = new Set<() => void>();

  send(type: number, _head: Uint8Array | null, body: Uint8Array): void {
    this.frames.push({ type, body });
  }
  onDrained(listener: () => void): () => void {
    this.#drained.add(listener);
    return () => this.#drained.delete(listener);
  }
  drain(): void {
    this.congested = false;
    for (const listener of this.#drained) listener();
  }
  flushed = async (): Promise<void> => undefined;
  resume = (): void => undefined;
  pause = (): void => undefined;

  get types(): number[] {
    return this.frames.map(({ type }) => type);
  }
  get tables(): SymbolTable[] {
    return this.#json(PipeFrame.symbols) as SymbolTable[];
  }
  get records(): PublishedBatch[] {
    return this.#json(PipeFrame.records) as PublishedBatch[];
  }
  get batches(): TickBatch[] {
    return this.frames.filter(({ type }) => type === PipeFrame.ticks).map(({ body }) => TickBatch.view(body));
  }
  #json(of: number): unknown[] {
    return this.frames.filter(({ type }) => type === of).map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as unknown);
  }
}

interface Bench {
  channel: RecordingChannel;
  ids: SymbolIds;
  publisher: Publisher;
  held: Set<string>;
  crashes: unknown[];
}

const open: Publisher[] = [];
afterEach(() => {
  for (const publisher of open.splice(0)) publisher.close();
});

function bench(terms: Partial<PublisherTerms> = {}, held = new Set<string>()): Bench {
  const channel = new RecordingChannel();
  const ids = new SymbolIds();
  const crashes: unknown[] = [];
  const publisher = new Publisher({
    plugin: 'demo',
    cursors: [],
    channel,
    ids,
    allows: (symbol) => !held.has(symbol),
    epoch: () => 1_700_000_000_000.5,
    crash: (error) => crashes.push(error),
    ...terms,
  });
  open.push(publisher);
  return { channel: (terms.channel as RecordingChannel | undefined) ?? channel, ids: terms.ids ?? ids, publisher, held, crashes };
}

const quote = (symbol: string, time: number) => ({ symbol, time, bid: 1, ask: 2 });

describe('what is published', () => {
  it('goes out at the end of the turn: names first, then one batch for the burst', async () => {
    const { publisher, channel } = bench();
    for (let i = 1; i <= 100; i++) expect(publisher.tick(quote(i % 2 ? 'EURUSD' : 'XAUUSD', i))).toBe('taken');
    expect(channel.frames).toEqual([]);
    await turn();
    expect(channel.types).toEqual([PipeFrame.symbols, PipeFrame.ticks]);
    expect(channel.tables[0]).toEqual({
      sources: [{ id: 0, name: 'demo' }],
      symbols: [
        { id: 0, sourceId: 0, name: 'EURUSD', rawName: 'EURUSD', digits: 5 },
        { id: 1, sourceId: 0, name: 'XAUUSD', rawName: 'XAUUSD', digits: 5 },
      ],
    });
    expect(channel.batches[0]).toMatchObject({ count: 100, sourceId: 0, utcOffsetMs: 0, receivedAt: 1_700_000_000_000.5 });
  });

  it('goes out a millisecond later when something just went, so that single ticks become a batch', async () => {
    const { publisher, channel } = bench();
    publisher.tick(quote('EURUSD', 1));
    publisher.flush();
    publisher.tick(quote('EURUSD', 2));
    publisher.tick(quote('EURUSD', 3));
    const from = performance.now();
    while (channel.batches.length < 2) await turn();
    expect(performance.now() - from).toBeLessThan(500);
    expect(channel.batches.map((batch) => batch.count)).toEqual([1, 2]);
  });

  it('goes out at once when a batch is full', () => {
    const { publisher, channel } = bench();
    const symbol = publisher.source().symbol('EURUSD');
    for (let i = 1; i <= 4_096; i++) symbol.push(i, -1, 1, 2, 0, 0, 6);
    expect(channel.types).toEqual([PipeFrame.symbols, PipeFrame.ticks]);
    symbol.push(5_000, -1, 1, 2, 0, 0, 6);
    publisher.flush();
    expect(channel.batches.map((batch) => batch.count)).toEqual([4_096, 1]);
  });

  it('waits and fills up while the host is behind, and goes out when it has caught up', async () => {
    const { publisher, channel } = bench();
    channel.congested = true;
    expect(publisher.congested).toBe(true);
    publisher.tick(quote('EURUSD', 1));
    await turn();
    await turn();
    publisher.tick(quote('EURUSD', 2));
    expect(channel.frames).toEqual([]);
    const drained = publisher.drained();
    channel.drain();
    await drained;
    expect(channel.batches.map((batch) => batch.count)).toEqual([2]);
    await publisher.drained();
  });

  it('is the end of a plugin that never looks whether the host is behind', () => {
    const { publisher, channel, crashes } = bench();
    channel.congested = true;
    channel.backlogBytes = 64 * 1_048_576 + 1;
    const symbol = publisher.source().symbol('EURUSD');
    const verdicts = new Set(Array.from({ length: 4_100 }, (_, i) => symbol.push(i + 1, -1, 1, 2, 0, 0, 6)));
    expect(crashes).toHaveLength(1);
    expect(crashes[0]).toMatchObject({ code: 'PUBLISH_OVERFLOW', message: expect.stringContaining('publish.drained()') as string });
    expect(verdicts).toEqual(new Set(['taken', 'held-back']));
  });

  it('keeps apart what different sources sent, and the offsets they had', () => {
    const { publisher, channel } = bench();
    const one = publisher.source({ name: 'demo:one', utcOffsetMs: 7_200_000 });
    const two = publisher.source({ name: 'demo:two' });
    one.symbol('EURUSD').push(1, -1, 1, 2, 0, 0, 6);
    two.symbol('EURUSD').push(1, -1, 1, 2, 0, 0, 6);
    one.setUtcOffset(10_800_000);
    one.symbol('EURUSD').push(2, -1, 1, 2, 0, 0, 6);
    publisher.flush();
    expect(channel.batches.map(({ sourceId, utcOffsetMs, count }) => ({ sourceId, utcOffsetMs, count }))).toEqual([
      { sourceId: 0, utcOffsetMs: 7_200_000, count: 1 },
      { sourceId: 1, utcOffsetMs: 0, count: 1 },
      { sourceId: 0, utcOffsetMs: 10_800_000, count: 1 },
    ]);
    expect(publisher.source({ name: 'demo:one' })).toBe(one);
  });
});

describe('names', () => {
  it('are announced without a tick, so that the host can judge them', async () => {
    const { publisher, channel } = bench({}, new Set(['GBPUSD']));
    const symbol = publisher.source().symbol('GBPUSD', { rawName: 'GBPUSD.x', digits: 3 });
    expect([symbol.allowed, symbol.push(1, -1, 1, 2, 0, 0, 6)]).toEqual([false, 'held-back']);
    await turn();
    expect(channel.types).toEqual([PipeFrame.symbols]);
    expect(channel.tables[0]?.symbols).toEqual([{ id: 0, sourceId: 0, name: 'GBPUSD', rawName: 'GBPUSD.x', digits: 3 }]);
  });

  it('are announced again when they are described anew, and only then', () => {
    const { publisher, channel } = bench();
    const source = publisher.source();
    const symbol = source.symbol('EURUSD');
    publisher.flush();
    expect(source.symbol('EURUSD')).toBe(symbol);
    expect(source.symbol('EURUSD', { digits: 5 })).toBe(symbol);
    publisher.flush();
    expect(source.symbol('EURUSD', { digits: 3 })).toBe(symbol);
    publisher.flush();
    expect(channel.tables.map(({ symbols }) => symbols.map(({ id, digits }) => [id, digits]))).toEqual([[[0, 5]], [[0, 3]]]);
  });

  it('come in tables that fit a frame', () => {
    const { publisher, channel } = bench();
    for (let i = 0; i < 25_000; i++) publisher.source().symbol(`S${i}`);
    publisher.flush();
    expect(channel.tables.map(({ sources, symbols }) => [sources.length, symbols.length])).toEqual([
      [1, 10_000],
      [0, 10_000],
      [0, 5_000],
    ]);
  });

  it.each([
    ['', /name/],
    ['x'.repeat(65), /name/],
    [undefined, /name/],
  ])('like %j are refused', (name, message) => {
    const { publisher } = bench();
    expect(() => publisher.source().symbol(name as string)).toThrow(PluginFault);
    expect(() => publisher.source().symbol(name as string)).toThrow(message);
    expect(publisher.tick({ ...quote('', 1), symbol: name as string })).toBe('invalid');
  });

  it('of sources are the plugin id, or begin with it', () => {
    const { publisher } = bench();
    expect(publisher.source().name).toBe('demo');
    expect(publisher.source({ name: 'demo:a' }).name).toBe('demo:a');
    for (const name of ['other', 'demo:', 'demo2', '', `demo:${'x'.repeat(128)}`]) {
      expect(() => publisher.source({ name })).toThrow(expect.objectContaining({ code: 'BAD_SOURCE' }) as Error);
    }
    expect(() => publisher.source({ utcOffsetMs: 0.5 })).toThrow(/whole milliseconds/);
    expect(() => publisher.source().symbol('X', { digits: 16 })).toThrow(expect.objectContaining({ code: 'BAD_SYMBOL' }) as Error);
  });

  it('are at most 65,535', () => {
    const { publisher } = bench();
    const one = publisher.source({ name: 'demo:one' });
    for (let i = 0; i < 65_535; i++) one.symbol(`S${i}`);
    expect(one.symbol('S7').name).toBe('S7');
    expect(() => publisher.source().symbol('ONE-MORE')).toThrow(expect.objectContaining({ code: 'TOO_MANY_SYMBOLS' }) as Error);
  });

  it('keep their numbers when the plugin is started again on the same channel', () => {
    const first = bench();
    first.publisher.source().symbol('EURUSD');
    first.publisher.source().symbol('XAUUSD');
    first.publisher.close();
    const second = bench({ ids: first.ids });
    second.publisher.source().symbol('XAUUSD');
    second.publisher.source().symbol('GBPUSD');
    second.publisher.flush();
    expect(second.channel.tables[0]?.symbols.map(({ id, name }) => [name, id])).toEqual([
      ['XAUUSD', 1],
      ['GBPUSD', 2],
    ]);
  });
});

describe('cursors', () => {
  const cursors: NamedCursor[] = [
    { source: 'demo', symbol: 'EURUSD', time: 500, same: 2 },
    { source: 'demo:b', symbol: 'EURUSD', time: 900, same: 1 },
  ];

  it('are where a symbol goes on, by source and name', () => {
    const { publisher } = bench({ cursors });
    const symbol = publisher.source().symbol('EURUSD');
    expect([symbol.cursor, symbol.durable]).toEqual([
      { time: 500, same: 2 },
      { time: 500, same: 2 },
    ]);
    expect(publisher.source({ name: 'demo:b' }).symbol('EURUSD').cursor).toEqual({ time: 900, same: 1 });
    expect(publisher.source().symbol('XAUUSD').cursor).toEqual({ time: 0, same: 0 });
    expect(publisher.tick({ ...quote('EURUSD', 500), ordinal: 1 })).toBe('duplicate');
  });

  it('become durable as the host says, and each source hears of its own symbols that moved', () => {
    const { publisher } = bench();
    const one = publisher.source();
    const two = publisher.source({ name: 'demo:two' });
    const [a, b, c] = [one.symbol('A'), one.symbol('B'), two.symbol('C')];
    const heard: string[] = [];
    one.onDurable((moved) => heard.push(`one ${moved.map((s) => `${s.name}@${s.durable.time}/${s.durable.same}`).join(' ')}`));
    two.onDurable((moved) => heard.push(`two ${moved.map((s) => s.name).join(' ')}`));
    publisher.onDurable(durable([0, a.entry.id, 2, 100], [0, b.entry.id, 1, 50], [1, c.entry.id, 1, 7], [0, 999, 1, 1]));
    publisher.onDurable(durable([0, a.entry.id, 2, 100]));
    publisher.onDurable(durable([0, a.entry.id, 1, 90], [0, b.entry.id, 2, 50]));
    expect(heard).toEqual(['one A@100/2 B@50/1', 'two C', 'one B@50/2']);
    expect(() => publisher.onDurable(new Uint8Array(15))).toThrow(/no multiple of 16/);
  });
});

describe('the gate', () => {
  it('holds back and lets go by canonical name, in every source', () => {
    const { publisher } = bench({}, new Set(['EURUSD']));
    const symbols = ['demo', 'demo:two'].map((name) => publisher.source({ name }).symbol('EURUSD', { rawName: `EURUSD.${name}` }));
    expect(symbols.map((symbol) => symbol.allowed)).toEqual([false, false]);
    publisher.onGate([{ symbol: 'EURUSD', allowed: true }]);
    expect(symbols.map((symbol) => symbol.push(1, -1, 1, 2, 0, 0, 6))).toEqual(['taken', 'taken']);
    publisher.onGate([{ symbol: 'EURUSD', allowed: false, reason: 'the free tier has 5 symbols' }]);
    expect(symbols.map((symbol) => symbol.push(2, -1, 1, 2, 0, 0, 6))).toEqual(['held-back', 'held-back']);
  });
});

describe('records', () => {
  it('go out by stream and source, with their keys', () => {
    const { publisher, channel } = bench();
    publisher.record('notice', { time: 1, symbol: 'EURUSD', key: 'a', sourceTime: 'noon', body: { title: 'a' } });
    publisher.record('custom', { time: 2, body: {} });
    publisher.record('notice', { time: 3, body: { title: 'b' } });
    publisher.record('notice', { time: 4, source: 'demo:wire', body: {} });
    publisher.flush();
    expect(channel.records).toEqual([
      {
        stream: 'notice',
        source: 'demo',
        records: [
          { time: 1, symbol: 'EURUSD', key: 'a', sourceTime: 'noon', body: { title: 'a' } },
          { time: 3, body: { title: 'b' } },
        ],
      },
      { stream: 'custom', source: 'demo', records: [{ time: 2, body: {} }] },
      { stream: 'notice', source: 'demo:wire', records: [{ time: 4, body: {} }] },
    ]);
  });

  it("of another plugin's source are refused", () => {
    const { publisher } = bench();
    expect(() => publisher.record('custom', { time: 1, source: 'demo2', body: {} })).toThrow(
      expect.objectContaining({ code: 'BAD_SOURCE' }) as Error,
    );
  });

  it('are taken as they are when they are published', () => {
    const { publisher, channel } = bench();
    const body = { n: 1 };
    publisher.record('custom', { time: 1, body });
    body.n = 2;
    publisher.flush();
    expect(channel.records[0]?.records[0]?.body).toEqual({ n: 1 });
  });

  it('go out in frames of at most 128 KiB and 256 records, so that the host is never busy with one for long', () => {
    const { publisher, channel } = bench();
    publisher.record('custom', { time: 1, body: { text: 'x'.repeat(400_000) } });
    for (let i = 0; i < 4; i++) publisher.record('custom', { time: 1, body: { text: 'x'.repeat(50_000) } });
    for (let i = 0; i < 257; i++) publisher.record('notice', { time: 1, body: {} });
    publisher.flush();
    expect(channel.records.map(({ stream, records }) => [stream, records.length])).toEqual([
      ['custom', 1],
      ['custom', 2],
      ['notice', 256],
      ['custom', 2],
      ['notice', 1],
    ]);
  });

  it.each([
    ['a stream that there is not', 'ticks', { time: 1, body: {} }, /there is no such stream; there are bars, book/],
    ['no time', 'news', { body: {} }, /time/],
    ['a time that is none', 'news', { time: NaN, body: {} }, /time/],
    ['an empty symbol', 'news', { time: 1, symbol: '', body: {} }, /symbol/],
    ['no body', 'custom', { time: 1 }, /body: .*received undefined/],
    ['a body that is an array', 'custom', { time: 1, body: [] }, /received array/],
    ['a body that is no JSON', 'custom', { time: 1, body: { n: 1n } }, /BigInt/],
    ['nothing', 'news', null, /record/],
    ['a body that its stream has not', 'book', { time: 1, body: { bids: [[1]], asks: [] } }, /body\.bids\.0/],
    ['a member that its stream has not', 'book', { time: 1, body: { bids: [], asks: [], depth: 1 } }, /depth/],
  ])('with %s are refused', (_what, stream, record, message) => {
    const { publisher, channel } = bench();
    const publish = (): void => publisher.record(stream as 'news', record as Parameters<typeof publisher.record>[1]);
    expect(publish).toThrow(message);
    expect(publish).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }) as Error);
    publisher.record('custom', { time: 1, body: {} });
    publisher.flush();
    expect(channel.records).toHaveLength(1);
  });

  it('of lists within lists are refused from the 65th on', () => {
    const { publisher } = bench();
    const nested = (depth: number): Record<string, unknown> => ({ x: JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown });
    publisher.record('custom', { time: 1, body: nested(63) });
    expect(() => publisher.record('custom', { time: 1, body: nested(64) })).toThrow('more than 64 deep');
    expect(() => publisher.record('custom', { time: 1, body: nested(100_000) })).toThrow('more than 64 deep');
  });

  it('over a mebibyte are refused', () => {
    const { publisher } = bench();
    expect(() => publisher.record('custom', { time: 1, body: { text: 'ä'.repeat(600_000) } })).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE' }) as Error,
    );
  });
});

describe('a publisher that is closed', () => {
  it('has sent what it had, and takes nothing more', async () => {
    const { publisher, channel } = bench();
    const symbol = publisher.source().symbol('EURUSD');
    channel.congested = true;
    symbol.push(1, -1, 1, 2, 0, 0, 6);
    publisher.record('custom', { time: 1, body: {} });
    const drained = publisher.drained();
    publisher.close();
    await drained;
    expect(channel.types).toEqual([PipeFrame.symbols, PipeFrame.ticks, PipeFrame.records]);
    expect(symbol.push(2, -1, 1, 2, 0, 0, 6)).toBe('held-back');
    expect(publisher.tick(quote('XAUUSD', 1))).toBe('held-back');
    publisher.record('custom', { time: 1, body: {} });
    publisher.onGate([{ symbol: 'EURUSD', allowed: true }]);
    expect(symbol.allowed).toBe(false);
    await turn();
    await turn();
    expect(channel.frames).toHaveLength(3);
    expect(symbol.cursor).toEqual({ time: 1, same: 1 });
  });
});

function durable(...entries: readonly [source: number, symbol: number, same: number, time: number][]): Uint8Array {
  const body = new Uint8Array(entries.length * 16);
  const view = new DataView(body.buffer);
  entries.forEach(([source, symbol, same, time], i) => {
    view.setUint16(i * 16, source, true);
    view.setUint16(i * 16 + 2, symbol, true);
    view.setUint32(i * 16 + 4, same, true);
    view.setFloat64(i * 16 + 8, time, true);
  });
  return body;
}
