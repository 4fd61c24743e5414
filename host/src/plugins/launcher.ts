import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../telemetry/log.ts';
import type { Attach } from './attachment.ts';
import { hostsIn } from './capabilities/config-hosts.ts';
import { HttpBackend } from './capabilities/http.ts';
import { Reach } from './capabilities/reach.ts';
import { SocketBackend } from './capabilities/socket.ts';
import { StoreBackend } from './capabilities/store.ts';
import type { Release } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import { Isolate } from './isolate/isolate.ts';
import type { LoadTerms } from './isolate/isolate.ts';
import { planLaunch } from './isolate/launch.ts';
import type { PluginTimings } from './timings.ts';
import type { Version } from './versions.ts';

export interface LauncherTerms {
  /** Real path. Holds `plugins/<id>/data/`, which the plugin may write, and `plugins/<id>/store.json`, which it may not. */
  readonly dataDir: string;
  readonly isolateEntry: string;
  readonly sdkFolders: readonly string[];
  readonly tenant: string;
  readonly hostVersion: string;
  readonly timings: PluginTimings;
  readonly log: Log;
  readonly attach: Attach;
}

/** Makes the isolates of one plugin. They share its store and its data folder, whatever their version. */
export class Launcher {
  readonly #terms: LauncherTerms;
  #store: StoreBackend | null = null;
  #generation = 0;

  constructor(terms: LauncherTerms) {
    this.#terms = terms;
  }

  async launch({ release, config }: Version): Promise<Isolate> {
    const { isolateEntry, sdkFolders, timings, log, attach, hostVersion } = this.#terms;
    const { manifest } = release;
    const dataDir = this.#dataDir(manifest.id);
    await mkdir(dataDir, { recursive: true });
    // What a feed asks is in its manifest, and the config may give another address for it.
    const isFeed = manifest.feed !== undefined;
    const hosts = [
      ...manifest.permissions.hosts,
      ...(isFeed ? hostsIn(manifest.feed?.source.url) : []),
      ...(isFeed || manifest.permissions.configHosts ? hostsIn(config) : []),
    ];
    const reach = new Reach(hosts);
    const userAgent = `tickhub/${hostVersion} (${manifest.id})`;
    const http = new HttpBackend(reach, userAgent);
    const socket = new SocketBackend(reach, userAgent, (news) => isolate.tell(news));
    const isolate: Isolate = new Isolate({
      manifest,
      origin: release.origin,
      generation: ++this.#generation,
      plan: planLaunch(release, {
        isolateEntry,
        sdkFolders,
        dataDir,
        compileCache: path.join(this.#terms.dataDir, 'compile-cache'),
        hostEnv: process.env,
      }),
      timings,
      log,
      attach,
      answer: (capability, method, args) =>
        capability === 'socket' ? socket.call(method, args) : this.#answer(release, http, capability, method, args),
      onSocketOrder: (order) => socket.take(order),
    });
    void isolate.ended.then(() => {
      http.close();
      socket.close();
    });
    return isolate;
  }

  /** What the isolate of a version is told to load. */
  loadTerms({ release, config }: Version): LoadTerms {
    return {
      entry: path.resolve(release.dir, release.manifest.entry ?? 'plugin.json'),
      config,
      dataDir: this.#dataDir(release.manifest.id),
      tenant: this.#terms.tenant,
      hostVersion: this.#terms.hostVersion,
    };
  }

  /** Resolves when all that was stored is on disk. */
  async flush(): Promise<void> {
    await this.#store?.flush();
  }

  #answer(release: Release, http: HttpBackend, capability: string, method: string, args: readonly unknown[]): Promise<unknown> | null {
    if (capability === 'store') return this.#storeOf(release.manifest.id).call(method, args);
    if (capability === 'http') return http.call(method, args);
    if (capability === 'credentials' && release.origin === 'user') {
      return Promise.reject(new PluginError('CAPABILITY_DENIED', 'credentials are given to bundled transports only'));
    }
    return null;
  }

  #storeOf(id: string): StoreBackend {
    const file = path.join(this.#terms.dataDir, 'plugins', id, 'store.json');
    return (this.#store ??= new StoreBackend(file, (message) => this.#terms.log.warn(message, { plugin: id })));
  }

  #dataDir(id: string): string {
    return path.join(this.#terms.dataDir, 'plugins', id, 'data');
  }
}
