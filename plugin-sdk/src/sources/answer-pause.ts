/** What an answer's headers say of when to come again. Names in lower case; pauses in milliseconds. */
type Headers = Readonly<Record<string, string>>;

/** A pause that is asked for is believed up to a day: a feed that says "a year" by mistake is looked at again tomorrow. */
const LONGEST_PAUSE_MS = 86_400_000;
/** Below it a reset is seconds from now, above it seconds since 1970, above the second milliseconds since 1970. */
const EPOCH_SECONDS_FROM = 1e8;
const EPOCH_MS_FROM = 1e11;

/**
 * How long the answer stays fresh (RFC 9111, 4.2): `max-age` less `Age`, else `Expires` less `Date`; 0 where it says nothing, or `no-cache`.
 * @param now Unix epoch milliseconds, for an answer without a `Date`.
 */
export function freshnessMs(headers: Headers, now: number): number {
  const control = (headers['cache-control'] ?? '').toLowerCase();
  if (/\bno-(cache|store)\b/.test(control)) return 0;
  const maxAge = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})/.exec(control)?.[1];
  if (maxAge !== undefined) return bounded((Number(maxAge) - ageSeconds(headers)) * 1_000);
  const expires = headers['expires'];
  return expires === undefined ? 0 : (untilDate(expires, headers, now) ?? 0);
}

/** `Retry-After` (RFC 9110, 10.2.3), in seconds or as a date; null when there is none that can be read. */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return null;
  return /^\d+(\.\d+)?$/.test(text) ? bounded(Number(text) * 1_000) : untilDate(text, headers, now);
}

/**
 * How long until a used-up limit is reset; null while something of it is left. Reads `x-ratelimit-*`, `x-rate-limit-*` and `ratelimit-*`; the reset
 * may be seconds from now (Reddit), seconds since 1970 (X, GitHub) or an ISO time (Mastodon).
 */
export function rateLimitMs(headers: Headers, now: number): number | null {
  for (const prefix of ['x-ratelimit-', 'x-rate-limit-', 'ratelimit-']) {
    const remaining = headers[`${prefix}remaining`];
    if (remaining === undefined || !(Number.parseFloat(remaining) < 1)) continue;
    const reset = headers[`${prefix}reset`]?.trim() ?? '';
    const number = Number(reset);
    if (reset === '') continue;
    if (Number.isNaN(number)) {
      const pause = untilDate(reset, headers, now);
      if (pause !== null) return pause;
    } else if (number < EPOCH_SECONDS_FROM) return bounded(number * 1_000);
    else return bounded((number < EPOCH_MS_FROM ? number * 1_000 : number) - serverNow(headers, now));
  }
  return null;
}

/** Measured by the server's own clock where it tells it, since this machine's may be wrong. */
function untilDate(text: string, headers: Headers, now: number): number | null {
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : bounded(at - serverNow(headers, now));
}

function serverNow(headers: Headers, now: number): number {
  const date = Date.parse(headers['date'] ?? '');
  return Number.isNaN(date) ? now : date;
}

function ageSeconds(headers: Headers): number {
  const age = Number(headers['age'] ?? 0);
  return Number.isFinite(age) && age > 0 ? age : 0;
}

function bounded(ms: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(0, ms));
}
