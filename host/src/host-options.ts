import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config/schema.ts';
import { serviceToken } from './hub/token.ts';

/** Where the host's own parts and the user's files are. All paths are absolute. */
export interface HostPaths {
  /** All that the host keeps. */
  readonly dataDir: string;
  /** The plugins that come with the host. */
  readonly bundledPlugins: string;
  /** The user's own plugins: `<data>/plugins`, then those of config and command line. */
  readonly userPlugins: readonly string[];
  /** The built SDK, with the module that isolates run. */
  readonly sdkDist: string;
}

export const HostPathsToken = serviceToken<HostPaths>('host paths');

/** A part of the installation is missing. Code `INSTALLATION`. */
export class InstallationError extends Error {
  readonly code = 'INSTALLATION';

  constructor(missing: string) {
    super(`${missing} is missing: the installation is not whole. In a clone, run \`npm run build\`; otherwise install Tickhub again.`);
    this.name = 'InstallationError';
  }
}

/**
 * Finds the host's parts from where this module is, in `host/dist` or `host/src`.
 * @throws {InstallationError} naming what is missing.
 */
export function hostPaths(dataDir: string, config: Config, extraRoots: readonly string[]): HostPaths {
  const packages = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
  const paths: HostPaths = {
    dataDir,
    bundledPlugins: path.join(packages, 'plugins'),
    userPlugins: [path.join(dataDir, 'plugins'), ...config.pluginRoots.map((root) => path.resolve(dataDir, root)), ...extraRoots],
    sdkDist: path.join(packages, 'plugin-sdk', 'dist'),
  };
  for (const needed of [paths.bundledPlugins, path.join(paths.sdkDist, 'isolate.js')]) {
    if (!existsSync(needed)) throw new InstallationError(needed);
  }
  return paths;
}
