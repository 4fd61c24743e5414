import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HostStatus } from '../../host/src/control/status.ts';
import { WebServer } from '../counterparts/web/index.ts';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import type { DemoRecording } from '../system/market.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';

/** The host and all its isolates stand still for so long, as a plugin takes more than 35 s for a sleep; market time runs so much faster that it is an hour of the market. */
const SLEEP_MS = 40_000;
const HOUR_MS = 3_600_000;
const SPEED = HOUR_MS / SLEEP_MS;

const today = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

const rss = (...titles: readonly string[]): string =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>Desk</title><link>http://127.0.0.1/</link>${titles
    .map((title, i) => `<item><title>${title}</title><guid>item-${i}</guid><pubDate>${new Date(today).toUTCString()}</pubDate></item>`)
    .join('')}</channel></rss>`;

const event = (title: string, inHours: number, forecast: string): object => ({
  title,
  at: new Date(today + inHours * HOUR_MS).toISOString(),
  forecast,
});
const calendar = (forecast: string): string => JSON.stringify([event('CPI m/m', 6, forecast), event('Retail Sales m/m', 7, '')]);

const CALENDAR = (url: string): object => ({
  type: 'mapped',
  name: 'bureau',
  url,
  everyMinutes: 1,
  currency: 'USD',
  fields: { title: '/title', time: '/at', forecast: '/forecast' },
});

/**
 * A laptop that sleeps: the host's process group is stopped and goes on, while the terminal, the backend and the web do not wait. (Only the plugins' clocks can be moved
 * by a whole hour; that is tested with each plugin.)
 */
describe.skipIf('missing' in compiledEa)(`a laptop that sleeps mid-stream${eaTitle}`, () => {
  let deployment: Deployment;
  let desk: WebServer;
  let bureau: WebServer;
  let recordings: string;

  beforeAll(async () => {
    recordings = await scratchDir('sleep-recordings');
  });
  beforeEach(async () => {
    [deployment, desk, bureau] = await Promise.all([Deployment.create('sleep'), WebServer.start(), WebServer.start()]);
  });
  afterEach(async () => {
    await deployment.end();
    await Promise.all([desk.close(), bureau.close()]);
  });
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('has every source resumed, the ticks of the hour backfilled, and no news doubled', async () => {
    const gold = await hourOf(recordings);
    desk.put('/rss.xml', { body: rss('Rates stay', 'Gold rises'), type: 'application/rss+xml' });
    bureau.put('/calendar.json', { body: calendar('0.3%') });
    const host = deployment.startHost({
      ownGroup: true,
      set: [
        'disabled=["social","models"]',
        'plugins.news.publicFeeds=false',
        `plugins.news.feeds=${JSON.stringify([{ name: 'desk', url: desk.url('/rss.xml'), everyMs: 1_000 }])}`,
        `plugins.economic.providers=${JSON.stringify([CALENDAR(bureau.url('/calendar.json'))])}`,
      ],
    });
    await host.ready(60_000);
    await deployment.startTerminal('sleeper', [gold], Date.now() + 500, { speed: SPEED });
    const before = await host.statusWhen(
      'every source to flow',
      ({ sources, ticks }) => ticks.taken > 20 && taken(sources, 'news:desk') === 2 && taken(sources, 'economic:bureau') === 2,
      60_000,
    );
    const asked = bureau.to('/calendar.json').length;

    process.kill(-host.pid, 'SIGSTOP');
    desk.put('/rss.xml', { body: rss('Rates stay', 'Gold rises', 'While you slept'), type: 'application/rss+xml' });
    bureau.put('/calendar.json', { body: calendar('0.4%') });
    await delay(SLEEP_MS);
    process.kill(-host.pid, 'SIGCONT');
    const awake = performance.now();

    await bureau.asked('/calendar.json', asked + 1, 60_000);
    const after = await host.statusWhen(
      'every source to have resumed',
      ({ sources, ticks, host: { clock } }) =>
        clock !== null &&
        taken(sources, 'news:desk') === 3 &&
        taken(sources, 'economic:bureau') === 3 &&
        sources.every(({ state }) => state === 'ok' || state === 'closed') &&
        ticks.taken > before.ticks.taken,
      60_000,
    );
    const resumedMs = performance.now() - awake;
    expect(after.host.clock?.words).toMatch(/the machine slept/);
    const end = await deployment.delivered(gold.ticks);
    expect(end.plugins.map(({ restarts }) => restarts).every((restarts) => restarts === 0)).toBe(true);
    const { late } = end.symbols.find(({ symbol }) => symbol === 'XAUUSD') ?? { late: 0 };
    // What was missed came by a backfill, and that was most of it.
    expect(late).toBeGreaterThan(gold.ticks / 3);
    expect(await host.stop()).toBe(0);
    await deployment.gateway.stop();

    const recorded = await readRecordedTicks(gold.file);
    deployment.readLedger((ledger) => {
      expect(compare('XAUUSD', recorded, ledger.ticks({ user: USER, symbol: 'XAUUSD' })).difference).toBeNull();
      const said = (stream: string) =>
        [...ledger.records({ user: USER, stream })].flatMap(({ records }) =>
          records.map(
            ({ body, revision }) => `${(body as { title: string }).title}${typeof revision === 'number' ? ` (${revision})` : ''}`,
          ),
        );
      expect(said('news').sort()).toEqual(['Gold rises', 'Rates stay', 'While you slept']);
      expect(said('calendar').filter((title) => title.startsWith('CPI'))).toEqual(['CPI m/m', 'CPI m/m (1)']);
    });
    console.log(
      `sleep: ${SLEEP_MS / 1_000} s asleep, an hour of the market; ${gold.ticks} ticks, ${late} of them backfilled, 0 lost, 0 doubled; every source resumed ${(resumedMs / 1_000).toFixed(1)} s after`,
    );
  }, 180_000);
});

/** How many records were taken from a source that is well. */
function taken(sources: HostStatus['sources'], name: string): number {
  const from = sources.find(({ source, state }) => source === name && state === 'ok');
  return Object.values(from?.records ?? {}).reduce((sum, count) => sum + count, 0);
}

/** A piece of the gold recording that is a little longer than the hour that is slept through. */
async function hourOf(dir: string): Promise<DemoRecording> {
  let limit = 3_000;
  for (;;) {
    const piece = await demoRecording('XAUUSD', dir, { limit });
    if (piece.lastMsc - piece.firstMsc > 1.2 * HOUR_MS) return piece;
    if (piece.ticks < limit) throw new Error('the demo recording is too short');
    limit += 1_000;
  }
}
