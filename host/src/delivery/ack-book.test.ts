import { describe, expect, it } from 'vitest';
import { AckBook } from './ack-book.ts';
import { MemorySpool } from './lane.fixture.ts';

/** A spool of 100 durable frames, of which each transport has been sent all and has acknowledged what is given. */
function bookOf(acked: Readonly<Record<string, number>>) {
  const spool = new MemorySpool();
  spool.append(100);
  spool.commit();
  const book = new AckBook(spool);
  for (const transport of Object.keys(acked)) {
    book.require(transport);
    book.sent(transport, 100);
  }
  for (const [transport, seq] of Object.entries(acked)) book.acked(transport, seq);
  return { spool, book };
}

describe('a transport that was removed for good', () => {
  it('is not waited for any more where others deliver', () => {
    const { spool, book } = bookOf({ ws: 90, file: 20 });
    expect(spool.ackedSeq).toBe(20);
    expect(book.forget('file')).toBe(true);
    expect([spool.ackedSeq, book.deliveredSeq]).toEqual([90, 90]);
    book.acked('ws', 95);
    expect(spool.ackedSeq).toBe(95);
  });

  it('keeps its place where it is the only one: what it has not delivered nobody else has', () => {
    const { spool, book } = bookOf({ file: 20 });
    expect(book.forget('file')).toBe(false);
    expect([spool.ackedSeq, book.deliveredSeq]).toEqual([20, 20]);
    // A new one begins there, and from then on it is the one that is waited for.
    book.require('ws');
    expect(book.ackedBy('ws')).toBe(20);
    book.sent('ws', 100);
    book.acked('ws', 60);
    expect(spool.ackedSeq).toBe(60);
  });

  it('keeps its place beside others that were removed, however much those delivered', () => {
    const { spool, book } = bookOf({ ws: 90, file: 20 });
    book.forget('file');
    book.forget('ws');
    expect(spool.ackedSeq).toBe(90);
    const both = bookOf({ ws: 90, file: 20 });
    both.book.forget('ws');
    both.book.forget('file');
    expect(both.spool.ackedSeq).toBe(20);
  });

  it('has its place again when it comes back while it was kept', () => {
    const { spool, book } = bookOf({ file: 20 });
    book.forget('file');
    book.require('file');
    book.require('ws');
    book.sent('ws', 100);
    book.acked('ws', 70);
    expect([spool.ackedSeq, book.ackedBy('file')]).toEqual([20, 20]);
  });

  it('is not taken for one whose spool was replaced when it comes back later', () => {
    const { spool, book } = bookOf({ ws: 90, file: 20 });
    book.forget('file');
    book.require('file');
    expect([book.sentBy('file'), book.ackedBy('file')]).toEqual([100, 90]);
    book.acked('ws', 99);
    expect(spool.ackedSeq).toBe(90);
  });

  it('may be any plugin: one that never was a transport changes nothing', () => {
    const { spool, book } = bookOf({ ws: 90 });
    book.forget('feed');
    expect([spool.ackedSeq, book.deliveredSeq]).toEqual([90, 90]);
  });

  it('lets a holder hold on', () => {
    const { spool, book } = bookOf({ ws: 0, file: 0 });
    book.hold('history', 10);
    book.acked('ws', 90);
    book.forget('file');
    expect([spool.ackedSeq, book.deliveredSeq]).toEqual([10, 90]);
  });
});
