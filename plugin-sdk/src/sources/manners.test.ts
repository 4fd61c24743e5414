import fc from 'fast-check';
import { expect, it } from 'vitest';
import { failing, polling } from './poller.fixture.ts';

/** What a host may do, whenever it is asked. */
const behaviour = fc.oneof(
  fc.constant({ status: 429, headers: { 'retry-after': '30' } }),
  fc.constantFrom('ok', 'HTTP_TIMEOUT', 'HTTP_UNREACHABLE', 'HTTP_TOO_LARGE', 'HTTP_INCOMPLETE', 'HTTP_REDIRECTS', 'HTTP_FAILED', 'thrown'),
  fc.record({
    status: fc.constantFrom(200, 204, 304, 301, 400, 401, 404, 429, 500, 503),
    headers: fc.dictionary(
      fc.constantFrom('retry-after', 'cache-control', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'etag'),
      fc.constantFrom('0', '1', '30', 'max-age=20', 'nonsense'),
    ),
  }),
);
const actions = fc.array(fc.oneof(fc.constantFrom('wake', 'sleep', 'step', 'back'), fc.integer({ min: 1, max: 120_000 })), {
  maxLength: 12,
});

it('keeps its manners whatever hosts do, whatever the clocks do, and whoever wakes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(behaviour, { minLength: 1, maxLength: 12 }), actions, async (behaviours, doings) => {
      const open = new Map<string, number>();
      const pausedUntil = new Map<string, number>();
      const violations: string[] = [];
      let turn = 0;
      let monotonic = 0;
      const urls = ['http://a.example/1', 'http://a.example/2', 'http://a.example/3', 'http://b.example/1'];
      const { harness, poller } = await polling(
        urls.map((url, index) => ({
          url,
          everyMs: 5_000,
          take: () => {
            if (turn % 7 === index) throw new Error('no items');
          },
        })),
        async (url) => {
          const host = new URL(url).host;
          // One at a time, and not within a pause that the host asked for.
          if (open.get(host) === 1) violations.push(`a second request to ${host}`);
          // The time is known to half a second.
          if (monotonic + 500 < (pausedUntil.get(host) ?? 0))
            violations.push(`${host} asked at ${monotonic}, not before ${pausedUntil.get(host)}`);
          open.set(host, 1);
          await new Promise((resolve) => setImmediate(resolve));
          open.set(host, 0);
          const what = behaviours[turn++ % behaviours.length] ?? 'ok';
          if (typeof what === 'string') return what === 'ok' ? { body: 'x' } : failing(what);
          const seconds = Number(what.headers['retry-after']);
          if (what.status === 429 && seconds > 0) pausedUntil.set(host, monotonic + seconds * 1_000);
          return what;
        },
      );
      const move = async (ms: number): Promise<void> => {
        for (let left = ms; left > 0; left -= 500) {
          await harness.advance(Math.min(500, left));
          monotonic += Math.min(500, left);
        }
      };
      for (const doing of doings) {
        if (doing === 'wake') for (const name of poller.health().map(({ source }) => source)) poller.wake(name);
        else if (doing === 'sleep') await harness.sleepMachine(3_600_000);
        else if (doing === 'step') harness.stepClock(86_400_000);
        else if (doing === 'back') harness.stepClock(-86_400_000);
        else await move(doing);
      }
      await move(1_000);
      for (const { state, nextAttemptAt, detail } of poller.health()) {
        expect(detail).not.toBe('');
        expect(state === 'gone' || nextAttemptAt !== null || /being asked/.test(detail)).toBe(true);
      }
      expect([violations, harness.failure]).toEqual([[], null]);
      await harness.stop();
    }),
    { numRuns: 40 },
  );
});
