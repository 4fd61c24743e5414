import path from 'node:path';
import { BackendToken } from './backend/backend.ts';
import type { Backend } from './backend/backend.ts';
import { ConfiguredBackend } from './backend/configured-backend.ts';
import { EmbeddedBackend } from './backend/embedded-backend.ts';
import { findEmbeddedBackend } from './backend/embedded-module.ts';
import { ClockWatch, machineClocks } from './collector/clock-watch.ts';
import { Tail } from './collector/tail.ts';
import type { Config } from './config/schema.ts';
import { ConfigToken } from './config/token.ts';
import { AnalyseRequest } from './control/analysis-report.ts';
import { ControlServer, ControlServerToken, ControlsToken } from './control/control-server.ts';
import type { HostStatus } from './control/status.ts';
import { runJob } from './history-files/history-jobs.ts';
import { HostPathsToken, InstallationError } from './host-options.ts';
import type { HostPaths } from './host-options.ts';
import { CentralHub } from './hub/central-hub.ts';
import type { DisposeFailure } from './hub/disposers.ts';
import { PluginError } from './plugins/errors.ts';
import { lockDataDir } from './storage/data-dir-lock.ts';
import { WallClockToken } from './streams/wall-clock.ts';
import type { WallClock } from './streams/wall-clock.ts';
import { LogToken } from './telemetry/log.ts';
import type { Log } from './telemetry/log.ts';
import { answerHistory } from './tenant/history-capability.ts';
import { HistoryToken } from './tenant/history-token.ts';
import { startTenant } from './tenant/tenant.ts';
import type { RunningTenant } from './tenant/tenant.ts';
import { tenantStatus } from './tenant/tenant-status.ts';
import { HOST_VERSION } from './version.ts';

export interface HostOptions {
  readonly config: Config;
  readonly paths: HostPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** When records are received. Default: the machine's clock. */
  readonly now?: WallClock;
  /** Called when somebody asks the host to end, over the control port. */
  readonly onStopRequest: () => void;
}

export interface RunningHost {
  readonly tenant: RunningTenant;
  status(): Promise<HostStatus>;
  /** Drains and stops everything. @returns what failed while stopping. */
  stop(): Promise<readonly DisposeFailure[]>;
}

/**
 * The composition root: fills the Central Hub and starts it. What has no service of its own to offer knows nothing of the others; they
 * meet here.
 * @throws {DataDirBusyError | InstallationError | HubError | SpoolError | ControlPortError}
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { config, paths, log } = options;
  const startedAt = Date.now();
  const hub = new CentralHub();
  const unlock = await lockDataDir(paths.dataDir);
  hub.scope
    .onClose('data folder lock', unlock)
    .value(LogToken, log)
    .value(ConfigToken, config)
    .value(HostPathsToken, paths)
    .value(WallClockToken, options.now ?? Date.now);
  const clock = new ClockNote(log);
  hub.scope.onClose('clock watch', () => clock.stop());
  try {
    const backend = await startBackend(hub, options);
    const tenant = await startTenant(hub, config.tenant, paths.dataDir);
    let readyMs: number | null = null;
    const status = async (): Promise<HostStatus> => ({
      host: {
        version: HOST_VERSION,
        pid: process.pid,
        tenant: config.tenant,
        dataDir: paths.dataDir,
        startedAt: new Date(startedAt).toISOString(),
        uptimeSeconds: process.uptime(),
        readyMs,
        rssBytes: process.memoryUsage.rss(),
        clock: clock.last,
      },
      ...(await tenantStatus(tenant, backend.description)),
    });
    hub.scope
      .value(ControlsToken, {
        dataDir: paths.dataDir,
        port: config.controlPort,
        status,
        retry: (plugin) => retry(tenant, plugin),
        job: (name, request, out) =>
          name === 'analyse'
            ? tenant.analysis.analyse(AnalyseRequest.parse(request).symbol)
            : runJob(tenant.scope.resolve(HistoryToken), name, request, out),
        tail: (filter, sink) => new Tail(tenant.streams.bus, tenant.streams.directory, filter, sink),
        history: (method, query) => answerHistory(tenant.history, method, query),
        stop: options.onStopRequest,
      })
      .service(ControlServerToken, ControlServer);
    await hub.scope.start(ControlServerToken);
    tenant.plugins.host.settled().then(
      () => {
        readyMs = process.uptime() * 1_000;
        log.info(`ready in ${Math.round(readyMs)} ms`, { plugins: tenant.plugins.host.list().map(({ id, state }) => `${id} ${state}`) });
      },
      (error: unknown) => log.error('the plugins did not come to rest', { error }),
    );
    return { tenant, status, stop: () => hub.stop() };
  } catch (error) {
    await hub.stop();
    throw error;
  }
}

/** Keeps the last leap of the clock for the status, and logs each. */
class ClockNote {
  last: HostStatus['host']['clock'] = null;
  readonly #watch: ClockWatch;

  constructor(log: Log) {
    this.#watch = new ClockWatch(machineClocks, ({ words, byMs, kind }) => {
      this.last = { at: new Date().toISOString(), words };
      log.warn(words, { kind, byMs: Math.round(byMs) });
    });
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }
}

async function startBackend(hub: CentralHub, options: HostOptions): Promise<Backend> {
  const backend = await chooseBackend(options);
  hub.scope.value(BackendToken, backend).onClose('backend', () => backend.stop());
  await backend.start();
  return backend;
}

async function chooseBackend({ config, paths, env, log }: HostOptions): Promise<Backend> {
  if (config.backend !== undefined) {
    return new ConfiguredBackend({ backend: config.backend, dataDir: paths.dataDir, env, log: log.with({ component: 'backend' }) });
  }
  const module = await findEmbeddedBackend(paths.bundledPlugins);
  if (module === null) throw new InstallationError(`a plugin with an embedded backend in ${paths.bundledPlugins}`);
  return new EmbeddedBackend({
    module,
    dataDir: path.join(paths.dataDir, 'gateway'),
    userId: config.tenant,
    tier: config.embeddedBackend.tier,
    log: log.with({ component: 'gateway' }),
  });
}

function retry(tenant: RunningTenant, plugin: string): boolean {
  try {
    tenant.plugins.host.retry(plugin);
    return true;
  } catch (error) {
    if (error instanceof PluginError && error.code === 'PLUGIN_NOT_FOUND') return false;
    throw error;
  }
}
