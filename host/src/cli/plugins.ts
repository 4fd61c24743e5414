import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import { ConfigSchema } from '../config/schema.ts';
import { requestRetry } from '../control/control-client.ts';
import { hostPaths } from '../host-options.ts';
import { inspectFolder } from '../plugins/discovery/inspect.ts';
import { foldersOf } from '../plugins/discovery/roots.ts';
import { PluginError } from '../plugins/errors.ts';
import { PluginHost } from '../plugins/plugin-host.ts';
import { createLog } from '../telemetry/log.ts';
import { HOST_VERSION } from '../version.ts';
import { UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { table } from './numbers.ts';

type Print = (text: string) => void;

/** `tickhub plugins list`: every folder that a host would look at, and what would keep its plugin from running. Runs nothing. */
export async function pluginsListCommand(args: Arguments, print: Print): Promise<number> {
  const config = await loadConfig({ dataDir: args.dataDir, file: args.config, env: process.env, set: args.set });
  const paths = hostPaths(args.dataDir, config, args.pluginRoots);
  const roots = [
    { path: paths.bundledPlugins, kind: 'bundled' as const },
    ...paths.userPlugins.map((root) => ({ path: root, kind: 'user' as const })),
  ];
  const found: { id: string; version: string; kind: string; tier: string; problem: string; folder: string }[] = [];
  for (const root of roots) {
    const folders = await foldersOf(root).catch(() => []);
    for (const folder of folders) {
      try {
        const { id, version, kind, tier } = await inspectFolder(folder, root.kind);
        found.push({ id, version, kind, tier, problem: config.disabled.includes(id) ? 'disabled in the config' : '', folder });
      } catch (error) {
        found.push({
          id: path.basename(folder),
          version: '-',
          kind: '-',
          tier: '-',
          problem: (error as PluginError).advice ?? String(error),
          folder,
        });
      }
    }
  }
  if (args.json) print(JSON.stringify(found, null, 2));
  else if (found.length === 0) print('No plugins.');
  else
    print(
      table(
        ['plugin', 'version', 'kind', 'tier', 'folder', ''],
        found.map((one) => [one.id, one.version, one.kind, one.tier, one.folder, one.problem]),
      ).join('\n'),
    );
  return 0;
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
    if (args.json) print(JSON.stringify(report, null, 2));
    else if (report.problem === null)
      print(`${report.manifest?.id} ${report.manifest?.version}: fine. It loads, and needs the tier ${report.manifest?.tier}.`);
    else
      print(
        [`${report.problem.code}: ${report.problem.message}`, report.problem.remedy, ...report.problem.lastWords]
          .filter((line) => line !== '')
          .join('\n'),
      );
    return report.ok ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `tickhub plugins retry ID` */
export async function pluginsRetryCommand(args: Arguments, print: Print): Promise<number> {
  const [id] = args.operands;
  if (id === undefined) throw new UsageError('`tickhub plugins retry` needs the id of a plugin.');
  await requestRetry(args.dataDir, id);
  print(`${id} is started again; \`tickhub status\` shows how it fares.`);
  return 0;
}
