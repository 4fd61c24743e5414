import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshnessMs, rateLimitMs, retryAfterMs } from './answer-pause.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const http = (ms: number): string => new Date(ms).toUTCString();

describe('how long an answer asks to be left alone', () => {
  it.each([
    [{ 'cache-control': 'public, max-age=300' }, 300_000],
    [{ 'cache-control': 'max-age=300', age: '120' }, 180_000],
    [{ 'cache-control': 'max-age=60, no-cache' }, 0],
    [{ 'cache-control': 's-maxage=600' }, 0],
    [{ 'cache-control': 'max-age=31536000' }, 86_400_000],
    [{ 'cache-control': 'max-age=60', expires: http(NOW + 600_000) }, 60_000],
    [{ expires: http(NOW + 600_000) }, 600_000],
    [{ expires: http(NOW + 600_000), date: http(NOW + 590_000) }, 10_000],
    [{ expires: '0' }, 0],
    [{ expires: http(NOW - 1) }, 0],
    [{}, 0],
  ])('%j is fresh for %i ms', (headers, ms) => {
    expect(freshnessMs(headers as Record<string, string>, NOW)).toBe(ms);
  });

  it.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': http(NOW + 90_000) }, 90_000],
    // This machine's clock is an hour behind the server's.
    [{ 'retry-after': http(NOW + 3_690_000), date: http(NOW + 3_600_000) }, 90_000],
    [{ 'retry-after': http(NOW - 90_000) }, 0],
    [{ 'retry-after': '999999999' }, 86_400_000],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('%j says to retry after %s ms', (headers, ms) => {
    expect(retryAfterMs(headers as Record<string, string>, NOW)).toBe(ms);
  });

  it.each([
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1_000 + 60) }, 60_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': new Date(NOW + 60_000).toISOString() }, 60_000],
    [{ 'x-ratelimit-remaining': '0.0', 'x-ratelimit-reset': '42' }, 42_000],
    [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(NOW / 1_000 + 900) }, 900_000],
    [{ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '42' }, null],
    [{ 'x-ratelimit-remaining': '0' }, null],
    [{ 'x-ratelimit-reset': '42' }, null],
  ])('%j gives its limit back in %s ms', (headers, ms) => {
    expect(rateLimitMs(headers as Record<string, string>, NOW)).toBe(ms);
  });

  it('makes of whatever a server says a pause from 0 to a day', () => {
    const name = fc.constantFrom('cache-control', 'expires', 'retry-after', 'date', 'age', 'x-ratelimit-remaining', 'x-ratelimit-reset');
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map((n) => `max-age=${n}`),
      fc.date().map(String),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (headers) => {
        for (const ms of [freshnessMs(headers, NOW), retryAfterMs(headers, NOW) ?? 0, rateLimitMs(headers, NOW) ?? 0]) {
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(86_400_000);
        }
      }),
    );
  });
});
