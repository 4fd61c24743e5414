import { PipeFrame } from '@tickhub/plugin-sdk/host';
import type { SymbolTable } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckBook } from './ack-book.ts';
import { DeliveryLane } from './lane.ts';
import type { LaneTerms } from './lane.ts';
import { MemorySpool, RecordingLink } from './lane.fixture.ts';
import type { Spool } from './spool.ts';

interface Bench {
  spool: MemorySpool;
  book: AckBook;
  link: RecordingLink;
  lane: DeliveryLane;
  logged: string[];
  epochs: number[];
}

function bench(spool = new MemorySpool(), book = new AckBook(spool), transport = 'websocket'): Bench {
  const link = new RecordingLink();
  const logged: string[] = [];
  const epochs: number[] = [];
  const log = (message: string): void => void logged.push(message);
  const terms: LaneTerms = {
    spool: spool as unknown as Spool,
    book,
    transport,
    link,
    log: { info: log, warn: log, error: log },
    onNewEpoch: () => void epochs.push(1),
  };
  return { spool, book, link, lane: new DeliveryLane(terms), logged, epochs };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('DeliveryLane', () => {
  it('marks in the channel where the frames of a resumed link begin', () => {
    const { spool, lane, link } = bench();
    spool.append(3);
    spool.commit();
    lane.resume(0);
    lane.suspend('gone');
    lane.resume(1);
    // Symbols, where they are sent, come after the mark as the frames do.
    const before = (mark: number): number[] => link.sent.slice(0, link.resumed[mark]?.at).map(({ seq }) => seq);
    expect(link.resumed.map(({ lastSeq }) => lastSeq)).toEqual([0, 1]);
    expect(before(0)).toEqual([]);
    expect(link.seqs).toEqual([1, 2, 3, 2, 3]);
    expect(before(1).filter((seq) => seq > 0)).toEqual([1, 2, 3]);
  });

  it('sends nothing before the transport says that its link is up', () => {
    const { spool, link, lane } = bench();
    spool.append(3);
    spool.commit();
    expect(link.sent).toEqual([]);
    expect(lane.status.state).toBe('suspended');
    lane.resume(0);
    expect(link.seqs).toEqual([1, 2, 3]);
  });

  it('sends what becomes durable, ticks and records each as their frame, bodies uncopied', () => {
    const { spool, link, lane } = bench();
    lane.resume(0);
    spool.append(4);
    expect(link.sent).toEqual([]);
    spool.commit();
    expect(link.sent.map(({ type }) => type)).toEqual([
      PipeFrame.deliverTicks,
      PipeFrame.deliverTicks,
      PipeFrame.deliverTicks,
      PipeFrame.deliverRecords,
    ]);
    link.sent.forEach(({ body }, i) => expect(body).toBe(spool.frames[i]?.body));
    expect(lane.status).toMatchObject({ framesSent: 4, bytesSent: 40, itemsSent: 8, inFlightFrames: 4, inFlightBytes: 40 });
  });

  it('announces new names before the frames that may use them, each once', () => {
    const { spool, link, lane } = bench();
    const entry = (id: number): SymbolTable['symbols'][number] => ({ id, sourceId: 1, name: `S${id}`, rawName: `S${id}`, digits: 2 });
    spool.addSymbols({ sources: [{ id: 1, name: 'a' }], symbols: [entry(1)] });
    spool.append(1);
    spool.commit();
    lane.resume(0);
    spool.addSymbols({ sources: [], symbols: [entry(2)] });
    spool.append(1);
    spool.commit();
    const names = link.sent.filter(({ type }) => type === PipeFrame.symbols).map(({ body }) => JSON.parse(Buffer.from(body).toString()));
    expect(names).toEqual([
      { sources: [{ id: 1, name: 'a' }], symbols: [entry(1)] },
      { sources: [], symbols: [entry(2)] },
    ]);
    expect(link.sent.map(({ type }) => type)).toEqual([
      PipeFrame.symbols,
      PipeFrame.deliverTicks,
      PipeFrame.symbols,
      PipeFrame.deliverTicks,
    ]);
  });

  it('announces a symbol again when it is described anew, and only that one', () => {
    const { spool, link, lane } = bench();
    const entry = (id: number, digits: number): SymbolTable['symbols'][number] => ({
      id,
      sourceId: 1,
      name: `S${id}`,
      rawName: `S${id}`,
      digits,
    });
    spool.addSymbols({ sources: [{ id: 1, name: 'a' }], symbols: [entry(1, 5), entry(2, 5)] });
    spool.append(1);
    spool.commit();
    lane.resume(0);
    spool.addSymbols({ sources: [], symbols: [entry(1, 4)] });
    spool.append(2);
    spool.commit();
    const names = link.sent.filter(({ type }) => type === PipeFrame.symbols).map(({ body }) => JSON.parse(Buffer.from(body).toString()));
    expect(names.slice(1)).toEqual([{ sources: [], symbols: [entry(1, 4)] }]);
  });

  it('stays within its window of frames, and goes on with the acks', () => {
    const { spool, link, lane } = bench();
    lane.resume(0);
    spool.append(25);
    spool.commit();
    expect(link.seqs).toEqual(upTo(1, 10));
    lane.acked(4);
    expect(link.seqs).toEqual(upTo(1, 14));
    expect(spool.ackedSeq).toBe(4);
  });

  it('stays within its window of bytes, except for one frame', () => {
    const { spool, link, lane } = bench();
    lane.resume(0);
    spool.append(10, 300);
    spool.commit();
    expect(link.seqs).toEqual(upTo(1, 4));
    lane.acked(1);
    expect(link.seqs).toEqual(upTo(1, 5));
  });

  it('waits while the isolate is slow', () => {
    const { spool, link, lane } = bench();
    link.capacity = 3;
    lane.resume(0);
    spool.append(8);
    spool.commit();
    expect(link.seqs).toEqual([1, 2, 3]);
    lane.acked(2);
    expect(link.seqs).toEqual([1, 2, 3]);
    link.drain(2);
    expect(link.seqs).toEqual(upTo(1, 5));
    link.drain();
    expect(link.seqs).toEqual(upTo(1, 8));
  });

  it('resumes where the backend is, and takes that as an ack', () => {
    const { spool, link, lane } = bench();
    spool.openedSeq = 20;
    spool.frames = upTo(1, 20).map((seq) => ({ seq, stream: 'ticks', count: 1, body: new Uint8Array(1) }));
    spool.durableSeq = 20;
    lane.resume(17);
    expect(link.seqs).toEqual([18, 19, 20]);
    expect(spool.ackedSeq).toBe(17);
  });

  it('sends again after a resume what was not taken', () => {
    const { spool, link, lane } = bench();
    lane.resume(0);
    spool.append(5);
    spool.commit();
    lane.suspend('the link broke');
    expect(lane.status).toMatchObject({ state: 'suspended', reason: 'the link broke' });
    spool.append(2);
    spool.commit();
    expect(link.seqs).toEqual(upTo(1, 5));
    lane.resume(3);
    expect(link.seqs).toEqual([...upTo(1, 5), 4, 5, 6, 7]);
    expect(lane.status.inFlightFrames).toBe(4);
  });

  it('goes on from what is left when the backend has lost what it had acknowledged', () => {
    const { spool, link, lane, logged } = bench();
    lane.resume(0);
    spool.append(6);
    spool.commit();
    lane.acked(5);
    lane.resume(2);
    expect(link.seqs.slice(6)).toEqual([6]);
    expect(logged).toMatchObject([expect.stringMatching(/has frames up to 2 but had acknowledged up to 5/)]);
    lane.acked(6);
    expect(spool.ackedSeq).toBe(6);
  });

  it('has the spool take a new epoch when the backend knows frames that were never sent', async () => {
    const { spool, link, lane, logged, epochs } = bench();
    spool.append(5);
    spool.commit();
    lane.resume(9);
    lane.resume(9);
    expect(link.sent).toEqual([]);
    expect(lane.status.state).toBe('suspended');
    await settled();
    expect(spool.renewals).toHaveLength(1);
    expect(epochs).toEqual([1]);
    expect(logged).toHaveLength(1);
    expect(spool.ackedSeq).toBe(0);
  });

  it('does so, too, when the number is one given out since, but not sent: it means other frames there', async () => {
    const { spool, lane } = bench();
    spool.openedSeq = 3;
    spool.frames = upTo(1, 12).map((seq) => ({ seq, stream: 'ticks', count: 1, body: new Uint8Array(1) }));
    spool.durableSeq = 12;
    lane.resume(7);
    await settled();
    expect(spool.renewals).toHaveLength(1);
    expect(spool.ackedSeq).toBe(0);
  });

  it.each([-1, 1.5, Number.NaN, Infinity])('does not resume at %d', (seq) => {
    const { spool, link, lane, logged } = bench();
    spool.append(1);
    spool.commit();
    lane.resume(seq);
    expect(link.sent).toEqual([]);
    expect(logged).toHaveLength(1);
  });

  it('reads from disk what is not in memory, then goes over to memory', async () => {
    const { spool, link, lane } = bench();
    spool.append(30);
    spool.commit();
    spool.recentFrom = 20;
    lane.resume(0);
    for (let acked = 0; acked < 30; acked++) {
      await settled();
      if (lane.status.sentSeq > acked) lane.acked(lane.status.sentSeq);
    }
    expect(link.seqs).toEqual(upTo(1, 30));
  });

  it('throws away what it reads for a link that is gone', async () => {
    const { spool, link, lane } = bench();
    spool.append(5);
    spool.commit();
    spool.recentFrom = 6;
    // As after a restart: the backend may have some of them.
    spool.openedSeq = 5;
    lane.resume(0);
    lane.suspend('gone');
    await settled();
    expect(link.sent).toEqual([]);
    lane.resume(2);
    await settled();
    expect(link.seqs).toEqual([3, 4, 5]);
  });

  it('steps over a hole', () => {
    const { spool, link, lane } = bench();
    spool.append(10);
    spool.frames = spool.frames.filter(({ seq }) => seq < 4 || seq > 7);
    spool.commit();
    lane.resume(0);
    expect(link.seqs).toEqual([1, 2, 3, 8, 9, 10]);
    lane.acked(10);
    expect(spool.ackedSeq).toBe(10);
  });

  it('ignores acks that move back, or beyond what was sent; says so once in a row', () => {
    const { spool, lane, logged } = bench();
    lane.resume(0);
    spool.append(8);
    spool.commit();
    lane.acked(5);
    for (const seq of [4, 9, Number.NaN, -3, 2.5]) lane.acked(seq);
    expect(spool.ackedSeq).toBe(5);
    expect(lane.status.acksIgnored).toBe(5);
    expect(logged).toHaveLength(1);
    lane.acked(6);
    lane.acked(1);
    expect(logged).toHaveLength(2);
    expect(spool.ackedSeq).toBe(6);
  });

  it('takes acks from the pipe, and refuses what is none', () => {
    const { spool, lane } = bench();
    lane.resume(0);
    spool.append(3);
    spool.commit();
    lane.takeAckFrame(new Uint8Array(new Float64Array([2]).buffer));
    expect(spool.ackedSeq).toBe(2);
    expect(() => lane.takeAckFrame(new Uint8Array(4))).toThrow(/8 bytes/);
  });

  it('does nothing after it was detached', () => {
    const { spool, link, lane } = bench();
    lane.resume(0);
    spool.append(2);
    spool.commit();
    lane.detach();
    spool.append(2);
    spool.commit();
    lane.acked(2);
    lane.resume(0);
    link.drain();
    expect(link.seqs).toEqual([1, 2]);
    expect(spool.ackedSeq).toBe(0);
    expect(lane.status.state).toBe('detached');
  });

  it('row 6: whatever acks come, the spool’s never moves back, nor beyond what was sent', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ do: fc.constant('ack' as const), n: fc.oneof(fc.integer({ min: -5, max: 60 }), fc.double(), fc.constant(2 ** 60)) }),
      fc.record({ do: fc.constant('resume' as const), n: fc.nat({ max: 60 }) }),
      fc.record({ do: fc.constant('suspend' as const), n: fc.constant(0) }),
      fc.record({ do: fc.constant('crash' as const), n: fc.constant(0) }),
      fc.record({ do: fc.constant('drain' as const), n: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const spool = new MemorySpool();
        const book = new AckBook(spool);
        let { link, lane } = bench(spool, book);
        let everSent = 0;
        for (const { do: what, n } of steps) {
          const acked = spool.ackedSeq;
          if (what === 'append') {
            spool.append(n);
            spool.commit();
          } else if (what === 'ack') lane.acked(n);
          // A backend that is ahead is another test's.
          else if (what === 'resume') lane.resume(Math.min(n, everSent));
          else if (what === 'suspend') lane.suspend('test');
          else if (what === 'drain') link.drain(n);
          else {
            lane.detach();
            ({ link, lane } = bench(spool, book));
          }
          everSent = Math.max(everSent, ...link.seqs);
          expect(spool.ackedSeq).toBeGreaterThanOrEqual(acked);
          expect(spool.ackedSeq).toBeLessThanOrEqual(everSent);
          expect(lane.status.inFlightFrames).toBeLessThanOrEqual(10);
          expect(spool.renewals).toEqual([]);
        }
        // And in the end everything arrives, in order, once since the last resume.
        const from = spool.ackedSeq;
        link.drain();
        lane.resume(from);
        link.sent.length = 0;
        link.drain();
        lane.suspend('again');
        lane.resume(from);
        while (spool.ackedSeq < spool.lastSeq) lane.acked(lane.status.sentSeq);
        expect(link.seqs).toEqual(upTo(from + 1, spool.lastSeq));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('AckBook', () => {
  it('trims to what all transports have', () => {
    const spool = new MemorySpool();
    const book = new AckBook(spool);
    const one = bench(spool, book, 'one');
    const two = bench(spool, book, 'two');
    spool.append(8);
    spool.commit();
    one.lane.resume(0);
    two.lane.resume(0);
    one.lane.acked(6);
    expect(spool.ackedSeq).toBe(0);
    two.lane.acked(4);
    expect(spool.ackedSeq).toBe(4);
    expect(book.ackedBy('one')).toBe(6);
  });

  it('keeps the place of a transport that crashed, until it is forgotten', () => {
    const spool = new MemorySpool();
    const book = new AckBook(spool);
    const one = bench(spool, book, 'one');
    const two = bench(spool, book, 'two');
    spool.append(8);
    spool.commit();
    one.lane.resume(0);
    two.lane.detach();
    one.lane.acked(8);
    expect(spool.ackedSeq).toBe(0);
    book.forget('two');
    expect(spool.ackedSeq).toBe(8);
  });

  it('gives a backend again what it lost and another has not taken yet', () => {
    const spool = new MemorySpool();
    const book = new AckBook(spool);
    const one = bench(spool, book, 'one');
    bench(spool, book, 'two');
    spool.append(8);
    spool.commit();
    one.lane.resume(0);
    one.lane.acked(8);
    one.lane.resume(5);
    expect(one.link.seqs.slice(8)).toEqual([6, 7, 8]);
    one.lane.acked(7);
    expect(one.lane.status).toMatchObject({ ackedSeq: 7, inFlightFrames: 1, acksIgnored: 0 });
    expect(book.ackedBy('one')).toBe(8);
  });
});
