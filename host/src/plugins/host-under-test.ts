/** For the tests of this folder: a plugin host over folders of its own, with the fixtures as plugins and an attachment that remembers what came. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PipeFrame, PublishedBatch } from '@tickhub/plugin-sdk/host';
import type { PublishedRecord } from '@tickhub/plugin-sdk/host';
import { rolldown } from 'rolldown';
import type { Log, LogLevel } from '../telemetry/log.ts';
import type { Attachment, IsolateLink } from './attachment.ts';
import type { PluginOrigin } from './discovery/inspect.ts';
import { PluginHost } from './plugin-host.ts';
import type { PluginHostOptions } from './plugin-host.ts';
import type { ReloadEvent } from './reload.ts';
import type { PluginInfo } from './plugin-info.ts';
import type { PluginState, Transition } from './state.ts';
import type { PluginTimings } from './timings.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
export const fixtures = path.join(repository, 'test', 'fixtures', 'plugins');

/** Short enough for tests, long enough for two busy cores. */
export const QUICK: Partial<PluginTimings> = {
  probationMs: 300,
  provingMs: 2_000,
  drainMs: 2_000,
  exitMs: 500,
  snapshotMs: 1_000,
  removalMs: 100,
  backoffFirstMs: 20,
  backoffMostMs: 200,
};

/** Builds the SDK as `npm run build` does, once a test file. @returns its folder. */
export async function buildSdk(): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'tickhub-sdk-'));
  const source = (file: string): string => path.join(repository, 'plugin-sdk', 'src', file);
  const build = await rolldown({
    input: { index: source('index.ts'), host: source('host.ts'), isolate: source('isolate/main.ts') },
    platform: 'node',
    external: [/^node:/],
  });
  await build.write({ dir, format: 'esm', chunkFileNames: 'chunk-[hash].js' });
  writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
  return dir;
}

export interface Received {
  readonly plugin: string;
  readonly generation: number;
  readonly type: number;
  readonly record: PublishedRecord | null;
}

export class HostUnderTest {
  readonly dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'tickhub-host-')));
  readonly root = path.join(this.dir, 'plugins');
  readonly dataDir = path.join(this.dir, 'data');
  readonly transitions: Transition[] = [];
  readonly reloads: ReloadEvent[] = [];
  readonly received: Received[] = [];
  readonly logged: { level: LogLevel; message: string; fields: Record<string, unknown> }[] = [];
  readonly detached: number[] = [];
  readonly removed: string[] = [];
  attached = 0;
  /** By plugin, as its newest isolate was attached. */
  readonly origins = new Map<string, PluginOrigin>();
  readonly host: PluginHost;
  readonly #waiting = new Set<() => void>();

  constructor(sdkDist: string, options: Partial<PluginHostOptions> & { timings?: Partial<PluginTimings> } = {}) {
    mkdirSync(this.root);
    this.host = new PluginHost({
      roots: [{ path: this.root, kind: 'user' }],
      dataDir: this.dataDir,
      hostVersion: '0.1.0',
      tenant: 'test',
      tier: 'free',
      attach: (link) => this.#attach(link),
      configFor: () => ({}),
      log: this.#log(),
      sdkDist,
      ...options,
      timings: { ...QUICK, ...options.timings },
    });
    this.host.onTransition((transition) => {
      this.transitions.push(transition);
      this.#changed();
    });
    this.host.onRemoved((id) => {
      this.removed.push(id);
      this.#changed();
    });
    this.host.onReload((event) => {
      this.reloads.push(event);
      this.#changed();
    });
  }

  /** Puts a fixture into the user root, under another name if one is given. */
  drop(fixture: string, as = fixture): string {
    const folder = path.join(this.root, as);
    cpSync(path.join(fixtures, fixture), folder, { recursive: true });
    return folder;
  }

  /** Writes a file of a plugin folder anew. */
  edit(plugin: string, file: string, change: (text: string) => string): void {
    const at = path.join(this.root, plugin, file);
    writeFileSync(at, change(existsSync(at) ? readFileSync(at, 'utf8') : ''));
  }

  info(id: string): PluginInfo {
    const info = this.host.list().find((plugin) => plugin.id === id);
    if (info === undefined) throw new Error(`no plugin ${id}; there are ${this.host.list().map((plugin) => plugin.id)}`);
    return info;
  }

  /** The states a plugin went through. */
  states(id: string): PluginState[] {
    return this.transitions.filter(({ plugin }) => plugin === id).map(({ to }) => to);
  }

  /** The records of a plugin so far. */
  records(id: string): { generation: number; body: Record<string, unknown> }[] {
    return this.received.flatMap(({ plugin, generation, record }) => (plugin === id && record ? [{ generation, body: record.body }] : []));
  }

  state(id: string, state: PluginState): Promise<void> {
    return this.until(() => this.host.list().some((plugin) => plugin.id === id && plugin.state === state), `${id} to be ${state}`);
  }

  /** Resolves when `met` is; looked at whenever something happens. */
  until(met: () => boolean, what: string, ms = 15_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!met()) return;
        clearTimeout(timer);
        clearInterval(poll);
        this.#waiting.delete(look);
        resolve();
      };
      // Most things are events; that a slot is gone, or a file, is none.
      const poll = setInterval(look, 20);
      const timer = setTimeout(() => {
        clearInterval(poll);
        this.#waiting.delete(look);
        const list = this.host.list().map(({ id, state, reason, held }) => `${id} ${state}: ${reason} ${held ?? ''}`);
        reject(
          new Error(
            `waited ${ms} ms for ${what}\n${list.join('\n')}\n${this.logged
              .slice(-20)
              .map(({ message }) => message)
              .join('\n')}`,
          ),
        );
      }, ms);
      this.#waiting.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    await this.host.stop({ deadlineMs: 3_000 });
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }

  #attach(link: IsolateLink): Attachment {
    const plugin = link.manifest.id;
    const { generation } = link;
    this.attached++;
    this.origins.set(plugin, link.origin);
    return {
      startTerms: () => ({ cursors: [], verdicts: [], spool: null, tenant: 'test' }),
      onFrame: (type, body) => {
        const records = type === PipeFrame.records ? PublishedBatch.parse(JSON.parse(Buffer.from(body).toString())).records : [null];
        for (const record of records) this.received.push({ plugin, generation, type, record });
        this.#changed();
        return type !== PipeFrame.symbols;
      },
      onMessage: () => undefined,
      call: (capability, method) => Promise.reject(new Error(`no ${capability}.${method} here`)),
      detach: () => {
        this.detached.push(generation);
        this.#changed();
      },
    };
  }

  #log(): Log {
    const write =
      (level: LogLevel) =>
      (message: string, fields: Record<string, unknown> = {}): void => {
        this.logged.push({ level, message, fields });
        this.#changed();
      };
    const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), with: () => log };
    return log;
  }
}
