import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

const waits = (backoff: Backoff, local: boolean): number[] => Array.from({ length: 8 }, () => backoff.next(local));

describe('Backoff', () => {
  it('doubles from 50 ms to 2 s, and to 0.4 s on this machine', () => {
    expect(waits(new Backoff(() => 1), false)).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
    expect(waits(new Backoff(() => 1), true)).toEqual([50, 100, 200, 400, 400, 400, 400, 400]);
  });

  it('waits between half and all of it', () => {
    expect(waits(new Backoff(() => 0), false)).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000]);
  });

  it('begins again when it is told that things went well', () => {
    const backoff = new Backoff(() => 1);
    waits(backoff, false);
    backoff.reset();
    expect(backoff.next(false)).toBe(50);
  });

  it('is slow where only a person can help', () => {
    expect(new Backoff(() => 1).slow()).toBe(30_000);
    expect(new Backoff(() => 0).slow()).toBe(15_000);
  });
});
