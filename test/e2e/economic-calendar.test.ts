import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalName } from '../../plugins/mt5/src/session/symbol-map.ts';
import { SYMBOL_TABLE } from '../../plugins/economic/src/symbols/affected-symbols.ts';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { WebServer } from '../counterparts/web/index.ts';
import type { HttpFault } from '../counterparts/web/index.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const MINUTE = 60_000;
const PATH = '/calendar.json';
/** So many events of a calendar are nobody's business here; half of a body is no whole calendar. */
const FILLING = Array.from({ length: 20 }, (_, i) => ({ title: `Filling ${i}`, at: '2020-01-01T00:00:00', currency: 'XXX' }));

interface Entry {
  readonly title: string;
  readonly at: string;
  readonly currency: string;
  readonly impact?: number;
  readonly forecast?: string;
  readonly previous?: string;
  readonly actual?: string;
}

/** A provider whose times lack their Z, and whose currencies are a part of what it has. */
function provider(name: string, server: WebServer): object {
  const fields = {
    title: '/title',
    time: '/at',
    currency: '/currency',
    impact: '/impact',
    forecast: '/forecast',
    previous: '/previous',
    actual: '/actual',
  };
  return {
    type: 'mapped',
    name,
    url: server.url(PATH),
    everyMinutes: 1,
    minGapSeconds: 10,
    currencies: { USD: 'USD', EUR: 'EUR' },
    fields,
  };
}

describe('the economic calendar of a running host', () => {
  let dataDir: string;
  let host: HostProcess;
  const servers: WebServer[] = [];

  async function serve(...entries: Entry[]): Promise<WebServer> {
    const server = await WebServer.start();
    servers.push(server);
    put(server, ...entries);
    return server;
  }
  const put = (server: WebServer, ...entries: Entry[]): void => server.put(PATH, { body: JSON.stringify([...entries, ...FILLING]) });
  const start = (...providers: object[]): HostProcess =>
    HostProcess.start({
      dataDir,
      set: ['plugins.mt5.port=0', 'disabled=["mt5","news","social","models"]', `plugins.economic=${JSON.stringify({ providers })}`],
    });
  const sources = async () => (await host.status()).plugins.find(({ id }) => id === 'economic')?.sources ?? [];
  const acknowledged = () => host.statusWhen('all to be acknowledged', ({ spool }) => spool.ackedSeq === spool.lastSeq);

  /** What the backend has, in the order in which it came. */
  function ledger(): { key: string; revision: number; body: Record<string, unknown> }[] {
    const open = openLedger(path.join(dataDir, 'gateway'));
    try {
      const batches = [...open.records({ stream: 'calendar' })];
      return batches.flatMap(({ records }) =>
        records.map(({ key, revision, body }) => ({
          key: String(key),
          revision: Number(revision ?? 0),
          body: body as Record<string, unknown>,
        })),
      );
    } finally {
      open.close();
    }
  }

  beforeEach(async () => {
    dataDir = await scratchDir('economic');
  });
  afterEach(async () => {
    host.kill();
    await host.exited;
    for (const server of servers.splice(0)) await server.close();
  });

  it('reaches the backend once, each change as one revision, over a kill -9 in between', async () => {
    // A whole minute, as calendars have them, half an hour and a little away.
    const ahead = Math.ceil((Date.now() + 6_000) / 1_000) * 1_000 + 30 * MINUTE;
    const out = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE;
    const written = (at: number): string => new Date(at).toISOString().slice(0, 19);
    const cpi = { title: 'CPI m/m', currency: 'USD', impact: 3, at: written(ahead), forecast: '', previous: '0.2%' };
    const gdp = { title: 'GDP q/q', currency: 'EUR', impact: 3, at: written(out), forecast: '0.3%', previous: '0.1%', actual: '' };
    const server = await serve(cpi, gdp);
    host = start(provider('cal', server));
    // Two events, and the countdown that becomes due.
    await host.statusWhen('the countdown', ({ records }) => records.taken === 3);
    host.kill();
    await host.exited;

    put(server, { ...cpi, at: written(ahead + 10 * MINUTE), forecast: '0.3%' }, { ...gdp, actual: '0.5%' });
    host = start(provider('cal', server));
    await host.statusWhen('what has changed', ({ records }) => records.taken === 2 && records.duplicate >= 1);
    await acknowledged();
    expect(await host.stop()).toBe(0);

    const id = (currency: string, title: string, at: number): string => `cal:${currency}:${title}:${written(at).slice(0, 10)}`;
    const [cpiId, gdpId] = [id('USD', 'cpi-m-m', ahead), id('EUR', 'gdp-q-q', out)];
    const told = ledger();
    expect(told.map(({ key, revision }) => `${key} ${revision}`).sort()).toEqual(
      [`${cpiId} 0`, `${cpiId} 1`, `${cpiId}/countdown/30/${ahead} 0`, `${gdpId} 0`, `${gdpId}/result 0`].sort(),
    );
    const of = (key: string) => told.filter((record) => record.key === key).map(({ body }) => body);
    expect(of(cpiId)).toMatchObject([
      { kind: 'scheduled', scheduledAt: ahead, forecast: null },
      { kind: 'scheduled', scheduledAt: ahead + 10 * MINUTE, forecast: { text: '0.3%', value: 0.3 } },
    ]);
    expect(of(`${gdpId}/result`)).toMatchObject([{ actual: { value: 0.5 }, surprise: { absolute: 0.2, deviations: null, samples: 0 } }]);
  }, 90_000);

  it('has each fault of a provider in a named state with its next attempt, beside one that is well, and no event twice afterwards', async () => {
    const faults: Readonly<Record<string, readonly [HttpFault, string]>> = {
      silent: [{ kind: 'silent' }, 'timeout'],
      limited: [{ kind: 'rate-limited', seconds: 3 }, 'rate-limited'],
      broken: [{ kind: 'status', status: 500 }, 'server-error'],
      half: [{ kind: 'half-a-body' }, 'incomplete'],
      short: [{ kind: 'wrong-length', by: -10 }, 'malformed'],
      bomb: [{ kind: 'gzip-bomb', bytes: 50_000_000 }, 'too-large'],
      endless: [{ kind: 'endless' }, 'too-large'],
      looping: [{ kind: 'redirect-loop' }, 'redirect-loop'],
      refused: [{ kind: 'status', status: 403 }, 'refused'],
    };
    const event = (title: string): Entry => ({
      title,
      currency: 'USD',
      impact: 1,
      at: new Date(Date.now() + 60 * MINUTE).toISOString().slice(0, 19),
    });
    const well = await serve(event('well'));
    const providers = [provider('well', well)];
    const states = new Map<string, string>();
    for (const [name, [fault, state]] of Object.entries(faults)) {
      const server = await serve(event(name));
      server.fail(PATH, fault);
      providers.push(provider(name, server));
      states.set(`economic:${name}`, state);
    }
    // The export's own way of saying "too often".
    const page = await WebServer.start();
    servers.push(page);
    page.put('/ff.json', { type: 'text/html', body: '<!DOCTYPE html><title>Rate Limited</title>' });
    providers.push({ type: 'forex-factory', url: page.url('/ff.json') });
    states.set('economic:ff', 'rate-limited');

    host = start(...providers);
    const seen = new Map<string, string>();
    await host.statusWhen('each source to be in its state', ({ plugins }) => {
      for (const { source, state, nextAttemptAt } of plugins.find(({ id }) => id === 'economic')?.sources ?? []) {
        if (state === states.get(source) && nextAttemptAt !== null) seen.set(source, state);
      }
      return seen.size === states.size;
    });
    expect(seen).toEqual(states);
    expect((await sources()).find(({ source }) => source === 'economic:well')).toMatchObject({ state: 'ok' });
    const { records, plugins } = await host.status();
    expect(records.taken).toBe(1);
    expect(plugins.find(({ id }) => id === 'economic')).toMatchObject({ state: 'running', restarts: 0 });

    host.kill();
    await host.exited;
    for (const server of servers) server.heal(PATH);
    host = start(...providers);
    await host.statusWhen('those that are mended', ({ records }) => records.taken === Object.keys(faults).length);
    await acknowledged();
    expect(await host.stop()).toBe(0);
    const told = ledger();
    expect(told.map(({ body, revision }) => `${String(body['title'])} ${revision}`).sort()).toEqual(
      ['well', ...Object.keys(faults)].map((name) => `${name} 0`).sort(),
    );
  }, 120_000);
});

describe('the symbols that releases move', () => {
  it('are named as the mt5 plugin names them', () => {
    const rules = { map: {}, rules: [], prefixes: [], suffixes: [], aliases: true, auto: true };
    const symbols = [...Object.values(SYMBOL_TABLE.byCurrency), ...SYMBOL_TABLE.refinements.map(({ symbols }) => symbols)].flat();
    expect(symbols.filter((symbol) => canonicalName(symbol, rules) !== symbol)).toEqual([]);
  });
});
