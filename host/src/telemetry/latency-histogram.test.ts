import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

describe('LatencyHistogram', () => {
  it('has no quantiles before the first event', () => {
    expect(new LatencyHistogram().quantile(0.5)).toBeNull();
  });

  it('is within 10 % above the true quantile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, q) => {
          const histogram = new LatencyHistogram();
          for (const value of values) histogram.record(value);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1))] as number;
          const got = histogram.quantile(q) as number;
          expect(got).toBeGreaterThanOrEqual(exact * 0.999);
          expect(got).toBeLessThanOrEqual(exact * 1.1);
        },
      ),
    );
  });

  it('weighs a batch by its ticks', () => {
    const histogram = new LatencyHistogram();
    histogram.record(1, 99);
    histogram.record(1_000, 1);
    expect(histogram.quantile(0.5)).toBeLessThan(1.1);
    expect(histogram.quantile(1)).toBeGreaterThan(999);
  });

  it('forgets with decay', () => {
    const histogram = new LatencyHistogram();
    histogram.record(1_000, 100);
    for (let i = 0; i < 20; i++) histogram.decay(0.5);
    histogram.record(1, 10);
    expect(histogram.quantile(0.99)).toBeLessThan(1.1);
  });
});
