import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { IsolateProcess, PluginFolder } from './isolate-process.ts';

const folder = new PluginFolder();
const running: IsolateProcess[] = [];

function isolate(options?: { permission?: boolean }): IsolateProcess {
  const started = new IsolateProcess(folder, options);
  running.push(started);
  return started;
}

afterEach(() => {
  for (const one of running.splice(0)) one.kill();
});
afterAll(() => folder.remove());

const FEED = `
import { definePlugin, Publish, Clock, Log, z } from '@tickhub/plugin-sdk';

interface Quote { bid: number; ask: number }

export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock, log: Log },
  config: z.object({ symbol: z.string(), count: z.number().default(3) }),
  start({ publish, clock, log, config, signal, restored }) {
    const quote: Quote = { bid: 1.1, ask: 1.2 };
    const symbol = publish.source().symbol(config.symbol);
    const from = symbol.cursor.time === 0 ? 1000 : symbol.cursor.time + 1;
    let sent = 0;
    for (let i = 0; i < config.count; i++) if (symbol.push(from + i, -1, quote.bid, quote.ask, 0, 0, 6) === 'taken') sent++;
    publish.record('custom', { time: 5, body: { restored: restored === null ? null : restored.state } });
    publish.source().onDurable((moved) => log.info('durable', { symbol: moved[0].name, time: moved[0].durable.time }));
    signal.addEventListener('abort', () => log.info('aborted'));
    console.log('hello %s', 'console');
    return {
      status: () => ({ status: 'ok', detail: sent + ' ticks', counters: { sent } }),
      snapshot: () => ({ sent }),
      stop: () => { publish.tick({ symbol: config.symbol, time: from + 1000, bid: 9, ask: 9 }); },
    };
  },
});
`;

describe('a single .ts file in an isolate', () => {
  for (const permission of [false, true]) {
    it(`is loaded, started, drained, started again and ended ${permission ? 'under the permission model' : 'as a bundled plugin'}`, async () => {
      const host = isolate({ permission });
      await host.load(folder.write('feed.ts', FEED), { symbol: 'EURUSD' });
      expect(await host.message('loaded')).toEqual({ type: 'loaded', kind: 'data-source' });

      host.start({ snapshot: { version: '1.0.0', state: { sent: 7 } } });
      await host.message('started');
      await host.until('its ticks and its record', () => host.collected.ticks.length === 3 && host.collected.records.length === 1);
      expect(host.collected.ticks.map(({ source, symbol, time, ordinal }) => ({ source, symbol, time, ordinal }))).toEqual([
        { source: 'demo', symbol: 'EURUSD', time: 1000, ordinal: 0 },
        { source: 'demo', symbol: 'EURUSD', time: 1001, ordinal: 0 },
        { source: 'demo', symbol: 'EURUSD', time: 1002, ordinal: 0 },
      ]);
      expect(host.collected.records[0]).toMatchObject({
        stream: 'custom',
        source: 'demo',
        seq: 1,
        time: 5,
        body: { restored: { sent: 7 } },
      });
      expect(host.collected.batchSizes).toEqual([3]);
      expect((await host.message('health')).status).toEqual({ status: 'ok', detail: '3 ticks', counters: { sent: 3 } });
      expect(await host.message('log', (log) => log.message === 'hello console')).toMatchObject({ level: 'info' });

      host.tell({ type: 'snapshot' });
      expect((await host.message('snapshot')).snapshot).toEqual({ version: '1.2.3', state: { sent: 3 } });

      host.tell({ type: 'drain', deadlineMs: 2_000 });
      await host.message('drained');
      await host.message('log', (log) => log.message === 'aborted');
      await host.until('what stop published', () => host.collected.ticks.length === 4);
      expect(host.collected.ticks[3]).toMatchObject({ time: 2000, bid: 9 });

      host.start({ cursors: [{ source: 'demo', symbol: 'EURUSD', time: 2000, same: 1 }], records: { custom: 1 } });
      await host.until('the ticks of its second life', () => host.collected.ticks.length === 7 && host.collected.records.length === 2);
      expect(host.collected.ticks.slice(4).map((tick) => tick.time)).toEqual([2001, 2002, 2003]);
      expect(host.collected.records[1]).toMatchObject({ seq: 2, body: { restored: null } });

      host.tell({ type: 'exit' });
      expect(await host.exited).toEqual({ code: 0, signal: null });
    });
  }
});
