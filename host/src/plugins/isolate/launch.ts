import path from 'node:path';
import type { Release } from '../discovery/staging.ts';

/** How to start the process of an isolate. */
export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface LaunchTerms {
  /** The isolate runtime of the SDK: `isolate.js`. */
  readonly isolateEntry: string;
  /** What the runtime is made of, readable to every plugin. Real paths, because Node checks those. */
  readonly sdkFolders: readonly string[];
  /** Where the plugin may write. */
  readonly dataDir: string;
  /** Where compiled code of bundled plugins is kept for the next start. Not for user plugins: one could put code there for another. */
  readonly compileCache: string;
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
}

/** Windows: sockets and cryptography do not work without these. */
const WINDOWS_ENV = ['SystemRoot', 'windir'];
/** The zone the user set, so that a plugin's local times are the user's. */
const SHARED_ENV = ['TZ'];
/** For bundled plugins, which open connections of their own: the certificates of a company's proxy. */
const BUNDLED_ENV = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/**
 * The command line of an isolate. A user's plugin may read itself and the SDK, write its data folder, and nothing more: no network, no children, no
 * workers, no addons. Bundled plugins are as trusted as the host they come with; they get the heap cap and the clean environment.
 */
export function planLaunch(release: Release, terms: LaunchTerms): LaunchPlan {
  const { manifest, origin, dir } = release;
  const args = [`--max-old-space-size=${manifest.limits.memoryMb}`, '--disable-warning=ExperimentalWarning'];
  if (origin === 'user') {
    args.push('--permission', ...[dir, terms.dataDir, ...terms.sdkFolders].map((folder) => `--allow-fs-read=${folder}`));
    // Opens files without asking the permission model.
    args.push(`--allow-fs-write=${terms.dataDir}`, '--no-experimental-sqlite');
  }
  args.push(terms.isolateEntry);

  const names = [...SHARED_ENV, ...manifest.permissions.env];
  if (process.platform === 'win32') names.push(...WINDOWS_ENV);
  if (origin === 'bundled') names.push(...BUNDLED_ENV);
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = terms.hostEnv[name];
    if (value !== undefined) env[name] = value;
  }
  if (origin === 'bundled') env.NODE_COMPILE_CACHE = terms.compileCache;
  return { command: process.execPath, args, env, cwd: path.resolve(terms.dataDir) };
}

/** Whether this Node keeps a plugin off the network. Node 24 does not. */
export function permissionModelCoversNet(nodeVersion: string = process.versions.node): boolean {
  return Number(nodeVersion.split('.')[0]) >= 25;
}
