/** The plugin started as the host starts it, over doubles that record. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { Clock, RunningPlugin } from '@tickhub/plugin-sdk';
import { Config } from '../src/config.ts';
import { start } from '../src/start.ts';
import { ManualClock, TestGate, TestLog, TestPublish, TestStore } from './doubles.ts';
import { ScriptedEa, TOKEN } from './scripted-ea.ts';

export interface RigOptions<C extends Clock> {
  readonly config?: Record<string, unknown>;
  readonly gate?: TestGate;
  readonly clock?: C;
  readonly publish?: TestPublish;
  readonly store?: TestStore;
  readonly dataDir?: string;
  /** Leave the token to the plugin. */
  readonly ownToken?: boolean;
}

export interface Rig<C extends Clock> extends AsyncDisposable {
  readonly port: number;
  readonly clock: C;
  readonly gate: TestGate;
  readonly publish: TestPublish;
  readonly log: TestLog;
  readonly store: TestStore;
  readonly dataDir: string;
  readonly plugin: RunningPlugin;
  readonly detail: string;
  readonly counters: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

export async function startRig<C extends Clock = ManualClock>(options: RigOptions<C> = {}): Promise<Rig<C>> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(os.tmpdir(), 'tickhub-mt5-')));
  const clock = options.clock ?? (new ManualClock() as unknown as C);
  const publish = options.publish ?? new TestPublish(options.gate ?? new TestGate());
  const log = new TestLog();
  const store = options.store ?? new TestStore();
  if (options.ownToken !== true) await writeFile(path.join(dataDir, 'tickhub.token'), `${TOKEN}\n`);
  const aborter = new AbortController();
  const plugin = await start({
    plugin: { id: 'mt5', version: '0.1.0' },
    config: Config.parse({ port: 0, ...options.config }),
    dataDir,
    signal: aborter.signal,
    restored: null,
    publish,
    gate: publish.gate,
    clock,
    log,
    store,
    socket: { connect: () => Promise.reject(new Error('no test of the link opens a WebSocket')) },
  });
  let port = 0;
  try {
    port = (JSON.parse(await readFile(path.join(dataDir, 'link.json'), 'utf8')) as { port: number }).port;
  } catch {
    // A replay has no port, nor has a link whose port is taken.
  }
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    aborter.abort();
    await plugin.stop?.();
  };
  return {
    port,
    clock,
    gate: publish.gate,
    publish,
    log,
    store,
    dataDir,
    plugin,
    get detail() {
      return plugin.status?.().detail ?? '';
    },
    get counters() {
      return plugin.status?.().counters ?? {};
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** Waits for what no event tells: the plugin's own view of what is under way on the sockets. */
export async function settled(rig: Rig<Clock>, condition: () => boolean, tries = 2_000): Promise<void> {
  for (let i = 0; i < tries && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(condition(), rig.log.text).toBe(true);
}

/** An EA whose every symbol was asked for. */
export async function subscribed(rig: Rig<Clock>, symbols = ['EURUSD'], hello = {}): Promise<ScriptedEa> {
  const ea = await ScriptedEa.connected(rig.port, symbols, hello);
  for (const _ of symbols) await ea.next('sub');
  return ea;
}
