import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tailText } from './tail-text.ts';

const at = Date.UTC(2026, 10, 25, 12, 30, 0, 5);

describe('tailText', () => {
  it('shows a tick with as many digits as its symbol has, and what is odd about it', () => {
    const tick = { stream: 'ticks', source: 'mt5:demo', symbol: 'EURUSD', digits: 5, time: at, receivedAt: at, bid: 1.1, ask: 1.10012 };
    expect(tailText(JSON.stringify({ ...tick, flags: ['bid', 'ask'] }))).toBe(
      '2026-11-25 12:30:00.005  EURUSD   1.10000 1.10012  mt5:demo',
    );
    expect(tailText(JSON.stringify({ ...tick, flags: ['bid', 'late', 'crossed'] }))).toMatch(/mt5:demo {2}late crossed$/);
  });

  it('shows what a record says', () => {
    const line = (more: object): string => tailText(JSON.stringify({ stream: 'news', source: 'news:fed', seq: 1, time: at, ...more }));
    expect(line({ body: { title: 'Rates stay' } })).toBe('2026-11-25 12:30:00.005  news     news:fed  Rates stay');
    expect(line({ revision: 2, body: { title: 'CPI', currency: 'USD', impact: 'high', kind: 'result' } })).toContain(
      'USD high result: CPI (revision 2)',
    );
    expect(line({ symbol: 'EURUSD', body: { n: 1 } })).toContain('EURUSD: {"n":1}');
  });

  it('says how much was missed', () => {
    expect(tailText('{"missed":12}')).toBe('... 12 lines went by while this was read');
  });

  it('shows what it does not understand as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(tailText(`x${text}`)).toBe(`x${text}`);
      }),
    );
    expect(tailText('{"stream":"ticks"}')).toBe('{"stream":"ticks"}');
  });
});
