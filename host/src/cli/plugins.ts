import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import { ConfigSchema } from '../config/schema.ts';
import type { Config } from '../config/schema.ts';
import { requestRetry } from '../control/control-client.ts';
import { hostPaths } from '../host-options.ts';
import { inspectFolder } from '../plugins/discovery/inspect.ts';
import type { CheckReport } from '../plugins/check.ts';
import { foldersOf } from '../plugins/discovery/roots.ts';
import type { PluginRoot } from '../plugins/discovery/roots.ts';
import { PluginError } from '../plugins/errors.ts';
import { PluginHost } from '../plugins/plugin-host.ts';
import { DISABLED, notConfigured } from '../plugins/verdict.ts';
import { createLog } from '../telemetry/log.ts';
import { HOST_VERSION } from '../version.ts';
import { UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { table } from './numbers.ts';
import { printable } from './printable.ts';

type Print = (text: string) => void;

/** One line of `tickhub plugins list`; `-` where nothing is known. */
interface Found {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly tier: string;
  /** What would keep it from running; empty where nothing would. */
  readonly problem: string;
  readonly folder: string;
}

/** `tickhub plugins list`: every folder that a host would look at, and what would keep its plugin from running. Runs nothing. */
export async function pluginsListCommand(args: Arguments, print: Print): Promise<number> {
  const config = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  const { bundledPlugins, userPlugins } = hostPaths(args.dataDir, config, args.pluginRoots);
  const found = await inspectRoot({ path: bundledPlugins, kind: 'bundled' }, config);
  for (const [at, root] of userPlugins.entries()) {
    // The first is the host's to make.
    if (at > 0 || existsSync(root)) found.push(...(await inspectRoot({ path: root, kind: 'user' }, config)));
  }
  const shown = found.map((one) => (config.disabled.includes(one.id) ? { ...one, problem: DISABLED.reason } : one));
  print(args.json ? JSON.stringify(shown, null, 2) : listText(shown));
  return 0;
}

async function inspectRoot(root: PluginRoot, config: Config): Promise<Found[]> {
  try {
    const folders = await foldersOf(root);
    return await Promise.all(folders.map((folder) => inspect(folder, root, config)));
  } catch (error) {
    return [unfit(root.path, error)];
  }
}

async function inspect(folder: string, root: PluginRoot, config: Config): Promise<Found> {
  try {
    const { id, version, kind, tier, activation } = await inspectFolder(folder, root.kind);
    const problem = activation === 'configured' && config.plugins[id] === undefined ? notConfigured(id).reason : '';
    return { id, version, kind, tier, problem, folder };
  } catch (error) {
    return unfit(folder, error);
  }
}

function unfit(folder: string, error: unknown): Found {
  const problem = error instanceof PluginError ? error.advice : String(error);
  return { id: path.basename(folder), version: '-', kind: '-', tier: '-', problem, folder };
}

function listText(found: readonly Found[]): string {
  if (found.length === 0) return 'No plugins.';
  const rows = found.map(({ id, version, kind, tier, folder, problem }) => [id, version, kind, tier, folder, problem].map(printable));
  return table(['plugin', 'version', 'kind', 'tier', 'folder', ''], rows).join('\n');
}

/** `tickhub plugins check FOLDER`: everything a host checks, and one load in an isolate. @returns 1 when it would not run. */
export async function pluginsCheckCommand(args: Arguments, print: Print): Promise<number> {
  const [folder] = args.operands;
  if (folder === undefined) throw new UsageError('`tickhub plugins check` needs the folder of a plugin.');
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'tickhub-check-'));
  try {
    const config = ConfigSchema.parse({});
    const paths = hostPaths(scratch, config, []);
    const host = new PluginHost({
      roots: [],
      dataDir: scratch,
      hostVersion: HOST_VERSION,
      tenant: 'check',
      tier: 'enterprise',
      attach: () => {
        throw new PluginError('PLUGIN_STATE', 'a check starts nothing');
      },
      configFor: () => ({}),
      log: createLog('error', process.stderr),
      sdkDist: paths.sdkDist,
    });
    const report = await host.check(path.resolve(folder));
    print(args.json ? JSON.stringify(report, null, 2) : checkText(report));
    return report.ok ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function checkText({ manifest, problem }: CheckReport): string {
  if (problem === null) return `${manifest?.id} ${manifest?.version}: fine. It loads, and needs the tier ${manifest?.tier}.`;
  const lines = [`${problem.code}: ${problem.message}`, problem.remedy, ...problem.lastWords];
  return lines
    .filter((line) => line !== '')
    .map(printable)
    .join('\n');
}

/** `tickhub plugins retry ID`: starts one of a running host again that is quarantined or waits. */
export async function pluginsRetryCommand(args: Arguments, print: Print): Promise<number> {
  const [id] = args.operands;
  if (id === undefined) throw new UsageError('`tickhub plugins retry` needs the id of a plugin.');
  await requestRetry(args.dataDir, id);
  print(`${id} is started again; \`tickhub status\` shows how it fares.`);
  return 0;
}
