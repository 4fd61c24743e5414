import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backpressure } from './backpressure.ts';
import { ManualSpool, RecordedLink } from './streams.fixture.ts';

const MIB = 1_048_576;

function setUp() {
  const spool = new ManualSpool();
  const backpressure = new Backpressure(spool);
  const link = new RecordedLink();
  const remove = backpressure.add(link);
  const appended = (bytes: number): void => {
    spool.appendTicks(new Uint8Array(0), 1);
    spool.pendingBytes += bytes;
    backpressure.appended();
  };
  return { spool, backpressure, link, remove, appended };
}

describe('Backpressure', () => {
  it('holds the sources above 8 MiB that are not durable, and lets them go on below 4 MiB', () => {
    const { spool, link, appended } = setUp();
    appended(8 * MIB);
    expect(link.reading).toBe(true);
    appended(1);
    expect(link.reading).toBe(false);
    spool.commit();
    expect(link.reading).toBe(true);
  });

  it('holds them while the disk refuses, however little waits, and until it takes writes again', () => {
    const { spool, link } = setUp();
    spool.becomes({ state: 'stalled', reason: 'the disk is full' });
    expect(link.reading).toBe(false);
    spool.commit();
    expect(link.reading).toBe(false);
    spool.becomes({ state: 'ok' });
    expect(link.reading).toBe(true);
  });

  it('holds a source that comes while the others are held', () => {
    const { backpressure, spool } = setUp();
    spool.becomes({ state: 'stalled', reason: 'x' });
    const late = new RecordedLink();
    backpressure.add(late);
    expect(late.reading).toBe(false);
    spool.becomes({ state: 'ok' });
    expect(late.reading).toBe(true);
  });

  it('leaves no isolate held that it no longer minds: one that was drained may be started again', () => {
    const { spool, link, remove } = setUp();
    spool.becomes({ state: 'stalled', reason: 'x' });
    remove();
    expect(link.reading).toBe(true);
  });

  it('follows the marks and the health in any order of events', () => {
    const event = fc.oneof(fc.record({ append: fc.nat(6 * MIB) }), fc.constant('commit' as const), fc.boolean());
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { spool, backpressure, link, appended } = setUp();
        let held = false;
        for (const one of events) {
          if (one === 'commit') {
            spool.commit();
            if (spool.health.state === 'ok') held = false;
          } else if (typeof one === 'boolean') {
            spool.becomes(one ? { state: 'ok' } : { state: 'stalled', reason: 'x' });
            if (!one) held = true;
            else if (spool.pendingBytes < 4 * MIB) held = false;
          } else {
            appended(one.append);
            if (spool.pendingBytes > 8 * MIB) held = true;
          }
          expect(backpressure.holding).toBe(held);
          expect(link.reading).toBe(!held);
        }
      }),
    );
  });
});
