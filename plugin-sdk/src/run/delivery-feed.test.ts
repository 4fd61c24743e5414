import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TickBatch } from '../batch/tick-batch.ts';
import type { Outgoing } from '../capabilities/delivery.ts';
import { PipeFrame } from '../protocol/pipe.ts';
import type { SymbolTable } from '../protocol/records.ts';
import { MemoryChannel } from '../testing/memory-channel.ts';
import { DeliveryFeed } from './delivery-feed.ts';
import { encodeJson } from './json-frame.ts';

const f64 = (value: number): Uint8Array => new Uint8Array(new Float64Array([value]).buffer);
const ticks = (seq: number): Uint8Array => new Uint8Array([...f64(seq), ...TickBatch.create(2).bytes]);

function bench(): { feed: DeliveryFeed; got: number[]; frames: Outgoing[]; told: unknown[]; acks: number[] } {
  const acks: number[] = [];
  const told: unknown[] = [];
  const frames: Outgoing[] = [];
  const got: number[] = [];
  const channel = new MemoryChannel((type, body) => {
    expect(type).toBe(PipeFrame.acked);
    acks.push(new DataView(body.buffer).getFloat64(0, true));
  });
  const feed = new DeliveryFeed({ epoch: 'e', tenant: 'local', channel, tell: (message) => told.push(message) });
  feed.onFrame((frame) => {
    frames.push(frame);
    got.push(frame.seq);
  });
  return { feed, got, frames, told, acks };
}

describe('delivery', () => {
  it('gives frames of ticks and of records, from where the link resumed', () => {
    const { feed, frames, told } = bench();
    feed.resume(4);
    feed.takeResumed(f64(4));
    feed.takeFrame(PipeFrame.deliverTicks, ticks(5));
    const records = { stream: 'news', source: 'demo', records: [{ seq: 1, time: 2, body: { a: 1 } }] };
    feed.takeFrame(PipeFrame.deliverRecords, new Uint8Array([...f64(6), ...encodeJson(records)]));
    expect(told).toEqual([{ type: 'resume', lastSeq: 4 }]);
    expect(frames[0]).toMatchObject({ seq: 5, records: null });
    expect(frames[0]?.ticks?.count).toBe(2);
    expect(frames[1]).toEqual({ seq: 6, ticks: null, records });
  });

  it('drops what was on its way when the link went, until the host has answered the resume', () => {
    const { feed, got } = bench();
    feed.takeFrame(PipeFrame.deliverTicks, ticks(1));
    feed.resume(0);
    feed.takeResumed(f64(0));
    for (const seq of [1, 2, 3]) feed.takeFrame(PipeFrame.deliverTicks, ticks(seq));
    feed.suspend('gone');
    feed.takeFrame(PipeFrame.deliverTicks, ticks(4));
    feed.resume(1);
    feed.takeFrame(PipeFrame.deliverTicks, ticks(5));
    feed.takeResumed(f64(1));
    for (const seq of [2, 3, 4, 5]) feed.takeFrame(PipeFrame.deliverTicks, ticks(seq));
    expect(got).toEqual([1, 2, 3, 2, 3, 4, 5]);
  });

  it('takes the answer to an older resume for that one’s', () => {
    const { feed, got } = bench();
    feed.resume(7);
    feed.suspend('gone');
    feed.resume(3);
    feed.takeResumed(f64(7));
    feed.takeFrame(PipeFrame.deliverTicks, ticks(8));
    feed.takeResumed(f64(3));
    feed.takeFrame(PipeFrame.deliverTicks, ticks(4));
    expect(got).toEqual([4]);
  });

  it('never gives a frame twice within a link, nor steps back', () => {
    const { feed, got } = bench();
    feed.resume(0);
    feed.takeResumed(f64(0));
    for (const seq of [1, 2]) feed.takeFrame(PipeFrame.deliverTicks, ticks(seq));
    feed.takeResumed(f64(0));
    feed.takeFrame(PipeFrame.deliverTicks, ticks(9));
    expect(got).toEqual([1, 2, 9]);
  });

  it('sends one ack for those of a turn, and none that is lower', async () => {
    const { feed, acks } = bench();
    for (const seq of [1, 2, 5, 3]) feed.acked(seq);
    expect(acks).toEqual([]);
    await turn();
    feed.acked(5);
    await turn();
    expect(acks).toEqual([5]);
    feed.acked(6);
    feed.flush();
    expect(acks).toEqual([5, 6]);
  });

  it('acknowledges anew after a resume of a backend that has lost frames', async () => {
    const { feed, acks } = bench();
    feed.acked(9);
    feed.resume(4);
    feed.acked(5);
    await turn();
    expect(acks).toEqual([9, 5]);
  });

  it('has all names so far, and tells of new ones', () => {
    const { feed } = bench();
    const added: SymbolTable[] = [];
    feed.onSymbols((table) => added.push(table));
    const entry = { id: 3, sourceId: 1, name: 'EURUSD', rawName: 'EURUSD', digits: 5 };
    feed.takeSymbols(encodeJson({ sources: [{ id: 1, name: 'demo' }], symbols: [] }));
    feed.takeSymbols(encodeJson({ sources: [], symbols: [entry] }));
    expect(feed.symbols()).toEqual({ sources: [{ id: 1, name: 'demo' }], symbols: [entry] });
    expect(added).toHaveLength(2);
    expect(() => feed.takeSymbols(encodeJson({ sources: 5 }))).toThrow(/symbols frame does not fit/);
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53])('refuses %d for a seq', (seq) => {
    const { feed } = bench();
    expect(() => feed.acked(seq)).toThrow(/whole number/);
    expect(() => feed.resume(seq)).toThrow(expect.objectContaining({ code: 'BAD_SEQ' }) as Error);
  });
});
