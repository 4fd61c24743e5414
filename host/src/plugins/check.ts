import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { PluginManifest } from '@tickhub/plugin-sdk/host';
import type { PluginOrigin } from './discovery/inspect.ts';
import { Staging } from './discovery/staging.ts';
import { PluginError } from './errors.ts';
import { Isolate } from './isolate/isolate.ts';
import { planLaunch } from './isolate/launch.ts';
import type { SlotTerms } from './slot.ts';

export interface CheckReport {
  readonly folder: string;
  readonly ok: boolean;
  /** Null when the folder is not fit to be read. */
  readonly manifest: PluginManifest | null;
  /** Null when all is well. */
  readonly problem: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
    readonly lastWords: readonly string[];
  } | null;
}

export type CheckTerms = Pick<
  SlotTerms,
  'isolateEntry' | 'sdkFolders' | 'timings' | 'log' | 'configFor' | 'tenant' | 'hostVersion' | 'dataDir'
> & {
  readonly origin: PluginOrigin;
  /** Load the module in an isolate, with its config: that finds what no reading finds. Nothing is started. */
  readonly trial: boolean;
};

/** What `tickhub plugins check` does: everything that discovery checks and, on request, a load. Works in a folder of its own that it removes. */
export async function checkPlugin(folder: string, terms: CheckTerms): Promise<CheckReport> {
  const scratch = await mkdtemp(path.join(terms.dataDir, 'check-'));
  let manifest: PluginManifest | null = null;
  let isolate: Isolate | null = null;
  try {
    const release = await new Staging(path.join(scratch, 'staged')).release(folder, terms.origin);
    manifest = release.manifest;
    if (terms.trial) {
      const plan = planLaunch(release, {
        isolateEntry: terms.isolateEntry,
        sdkFolders: terms.sdkFolders,
        dataDir: scratch,
        compileCache: path.join(scratch, 'compile-cache'),
        hostEnv: process.env,
      });
      isolate = new Isolate({
        manifest,
        origin: release.origin,
        generation: 1,
        plan,
        timings: terms.timings,
        log: terms.log,
        attach: () => {
          throw new PluginError('PLUGIN_STATE', 'a check starts nothing');
        },
        answer: () => null,
        onSocketOrder: () => undefined,
      });
      await isolate.load({
        entry: path.resolve(release.dir, manifest.entry ?? 'plugin.json'),
        config: { ...manifest.config, ...terms.configFor(manifest.id) },
        dataDir: scratch,
        tenant: terms.tenant,
        hostVersion: terms.hostVersion,
      });
    }
    return { folder, ok: true, manifest, problem: null };
  } catch (error) {
    const { code, message, remedy } = PluginError.from(error, 'PLUGIN_LOAD_FAILED', folder);
    isolate?.crash(new PluginError('PLUGIN_REPLACED', 'the check is over'));
    const lastWords = isolate === null ? [] : (await isolate.ended).lastWords;
    return { folder, ok: false, manifest, problem: { code, message, remedy, lastWords } };
  } finally {
    await isolate?.exit();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
