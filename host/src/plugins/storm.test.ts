import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSdk, HostUnderTest } from './host-under-test.ts';

let sdk: string;
beforeAll(async () => {
  sdk = await buildSdk();
});
afterAll(() => rmSync(sdk, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

/** What befalls one plugin, with real processes. Each is followed by a wait, shorter and longer than a start. */
const event = fc.record({
  what: fc.constantFrom('edit', 'break code', 'break manifest', 'kill', 'pro', 'free', 'remove', 'retry', 'config', 'reload'),
  waitMs: fc.integer({ min: 0, max: 180 }),
});

it(
  'any storm of edits, crashes and tiers ends where it should, with one process and every transition allowed',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 12, maxLength: 12 }), fc.boolean(), async (events, overlap) => {
        const t = new HostUnderTest(sdk, {
          timings: { backoffFirstMs: 10, backoffMostMs: 30, crashLimit: 100, removalMs: 30, probationMs: 100 },
        });
        const away = path.join(t.dir, 'away');
        const fresh = (version: string): void => {
          const folder = t.drop('ok-feed', 'storm');
          t.edit('storm', 'plugin.json', (text) =>
            text.replace(
              '"id": "ok-feed", "version": "1.0.0"',
              `"id": "storm", "version": "${version}", "overlap": ${overlap}, "tier": "pro"`,
            ),
          );
          expect(existsSync(folder)).toBe(true);
        };
        fresh('1.0.0');
        t.host.setTier('pro');
        await t.host.start();
        let edits = 0;
        for (const { what, waitMs } of events) {
          const info = t.host.list().find(({ id }) => id === 'storm');
          if (what === 'edit') fresh(`1.${++edits}.0`);
          if (what === 'break code' && existsSync(path.join(t.root, 'storm')))
            t.edit('storm', 'index.js', () => `throw new Error('${++edits}');`);
          if (what === 'break manifest' && existsSync(path.join(t.root, 'storm'))) t.edit('storm', 'plugin.json', (text) => text.slice(1));
          if (what === 'kill' && info?.pid) process.kill(info.pid, 'SIGKILL');
          if (what === 'pro' || what === 'free') t.host.setTier(what);
          if (what === 'remove' && existsSync(path.join(t.root, 'storm'))) {
            rmSync(away, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
            renameSync(path.join(t.root, 'storm'), away);
          }
          if (what === 'retry' && info) t.host.retry('storm');
          if (what === 'config' && info) t.host.reconfigure('storm', { everyMs: 5 + (edits % 5) });
          if (what === 'reload' && info) await t.host.reload('storm');
          await delay(waitMs);
        }
        t.host.setTier('pro');
        fresh('9.0.0');
        await t.until(
          () => t.host.list().some(({ id, version, state }) => id === 'storm' && version === '9.0.0' && state === 'running'),
          'the last version to run',
        );
        await t.host.settled();
        const last = t.info('storm');
        expect(last).toMatchObject({ state: 'running', version: '9.0.0', held: null });
        const before = t.received.length;
        await t.until(() => t.received.length > before + 2, 'it to publish');
        expect(t.records('storm').at(-1)?.body).toMatchObject({ version: '9.0.0' });
        await t.close();
        expect(() => process.kill(last.pid ?? 0, 0)).toThrow();
        expect(t.logged.filter(({ message }) => /no way from|which is a bug|TypeError/.test(message))).toEqual([]);
        // Every isolate that was attached was let go of, the one that was woken after a failed reload once more.
        expect(t.attached).toBe(t.detached.length);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  },
);
