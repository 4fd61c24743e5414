/** The backend in README.md, run as it stands there. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { WebSocketServer } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunningLink } from './running-link.ts';
import { SimulatedSpool } from './simulated-spool.ts';
import { until } from './until.ts';

interface Frame {
  readonly data_type: string;
  readonly seq: number;
  readonly payload: { readonly rows?: readonly (readonly number[])[]; readonly symbols?: Readonly<Record<string, string>> };
}

interface Example {
  listen(
    port: number,
    parts: {
      verify(authorization: string, user: string): Promise<boolean>;
      store(user: string, epoch: string, frames: readonly Frame[]): Promise<void>;
      position(user: string, epoch: string): Promise<number>;
    },
  ): WebSocketServer;
}

const readme = fileURLToPath(new URL('../README.md', import.meta.url));
// Inside the package, so that `ws` is found.
const folder = fileURLToPath(new URL(`../.cache/example-${process.pid}`, import.meta.url));

describe('the example backend', () => {
  const stored: Frame[] = [];
  let last = 0;
  let server: WebSocketServer;
  let running: RunningLink;
  let spool: SimulatedSpool;

  beforeEach(async () => {
    const code = /```js\n([\s\S]*?)```/.exec(readFileSync(readme, 'utf8'))?.[1] ?? '';
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(40);
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'example.mjs');
    writeFileSync(file, code);
    const { listen } = (await import(pathToFileURL(file).href)) as Example;
    server = listen(0, {
      verify: async (authorization, user) => authorization === 'Bearer good' && user === 'trader',
      store: async (_user, _epoch, frames) => {
        stored.push(...frames);
        last = frames.at(-1)?.seq ?? last;
      },
      position: async () => last,
    });
    await once(server, 'listening');
    spool = new SimulatedSpool();
    running = new RunningLink({ spool, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/client/trader`, token: 'good' });
  });

  afterEach(async () => {
    await running.stop();
    for (const client of server.clients) client.terminate();
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });

  it('takes every frame once, through reconnects, and refuses a wrong token', async () => {
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 40; i++) spool.appendTicks(3);
      spool.appendRecords({ stream: 'news', source: 'rss', records: [{ seq: round + 1, time: 1, body: {} }] });
      await spool.settled(spool.lastSeq - 10);
      for (const client of server.clients) client.terminate();
    }
    await spool.settled();
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 205 }, (_, i) => i + 1));
    const rows = stored.flatMap(({ payload }) =>
      (payload.rows ?? []).map((row) => ({
        symbol: payload.symbols?.[String(row[0])],
        time: row[1],
        ordinal: row[2],
        bid: row[3],
        ask: row[4],
      })),
    );
    expect(rows).toEqual(spool.ticks);
    running.change({ token: 'bad' });
    await until('the refusal', () => running.lines.some(({ message }) => message.includes('4401')));
  });
});
