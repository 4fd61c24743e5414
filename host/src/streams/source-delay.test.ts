import { describe, expect, it } from 'vitest';
import { SourceDelay } from './source-delay.ts';

describe('SourceDelay', () => {
  it('knows nothing at first, and then the least of the last minute or two', () => {
    const delay = new SourceDelay();
    expect(delay.usual(3)).toBe(Infinity);
    delay.note(3, 500, 0);
    delay.note(3, 20, 10_000);
    delay.note(3, 900, 20_000);
    expect(delay.usual(3)).toBe(20);
    delay.note(3, 700, 70_000);
    expect(delay.usual(3)).toBe(20);
    delay.note(3, 800, 140_000);
    expect(delay.usual(3)).toBe(700);
  });

  it('learns anew after a silence, and after the clock was set', () => {
    const delay = new SourceDelay();
    delay.note(0, 5, 0);
    delay.note(0, 3_600_005, 3_600_000);
    expect(delay.usual(0)).toBe(3_600_005);
    delay.note(0, 7, 10);
    expect(delay.usual(0)).toBe(7);
  });

  it('keeps sources apart, however many', () => {
    const delay = new SourceDelay();
    for (let source = 0; source < 100; source++) delay.note(source, source, 0);
    expect([0, 17, 99].map((source) => delay.usual(source))).toEqual([0, 17, 99]);
  });
});
