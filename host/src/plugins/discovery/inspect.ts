import { lstat, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { parseManifest, SDK_VERSION } from '@tickhub/plugin-sdk/host';
import type { PluginManifest } from '@tickhub/plugin-sdk/host';
import semver from 'semver';
import { PluginError } from '../errors.ts';
import { parseHostPattern } from '../capabilities/host-pattern.ts';

/** Where a plugin came from, which decides what it may ask for. */
export type PluginOrigin = 'bundled' | 'user';

const MANIFEST = 'plugin.json';
const MAX_MANIFEST_BYTES = 256 * 1_024;
const ENTRY_EXTENSIONS: ReadonlySet<string> = new Set(['.js', '.mjs', '.ts', '.mts']);

/** Variables that change how Node or the loader run, and Tickhub's own, which hold its secrets. */
const RESERVED_ENV = /^(NODE_|LD_|DYLD_|TICKHUB_|PATH$|UV_|OPENSSL_)/i;

/**
 * Reads a plugin folder and holds it against every rule that can be checked without running it.
 * @throws {PluginError} with a reason that names file and field.
 */
export async function inspectFolder(folder: string, origin: PluginOrigin): Promise<PluginManifest> {
  if ((await lstat(folder)).isSymbolicLink()) {
    throw new PluginError('PLUGIN_SYMLINK', `${folder} is a symbolic link`, { remedy: 'Put the plugin folder itself here.' });
  }
  const manifest = await readManifest(folder);
  checkRanges(manifest);
  checkHosts(manifest);
  if (origin === 'user') checkPermissions(manifest);
  await checkEntry(folder, manifest);
  return manifest;
}

async function readManifest(folder: string): Promise<PluginManifest> {
  const file = path.join(folder, MANIFEST);
  let text: string;
  try {
    const stat = await lstat(file);
    if (stat.isSymbolicLink()) throw new PluginError('PLUGIN_SYMLINK', `${file} is a symbolic link`);
    if (stat.size > MAX_MANIFEST_BYTES) {
      throw new PluginError('PLUGIN_MANIFEST_INVALID', `${file} has ${stat.size} bytes, at most ${MAX_MANIFEST_BYTES} are read`);
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new PluginError('PLUGIN_MANIFEST_MISSING', `${folder} has no ${MANIFEST}`);
    throw PluginError.from(error, 'PLUGIN_FOLDER_UNREADABLE', file);
  }
  const parsed = parseManifest(text, MANIFEST);
  if (parsed.ok) return parsed.manifest;
  const [first] = parsed.errors;
  const what = parsed.errors
    .map(({ path: field, message, place }) => {
      const at = place === null ? '' : `${MANIFEST}:${place.line}:${place.column}: `;
      return field === '' ? `it ${message}` : `${at}"${field}" ${message}`;
    })
    .join('; ');
  const remedy = parsed.errors.length === 1 ? first?.remedy : [...new Set(parsed.errors.map((e) => e.remedy))].join(' ');
  throw new PluginError('PLUGIN_MANIFEST_INVALID', `${file}: ${what}`, remedy ? { remedy } : {});
}

function checkRanges(manifest: PluginManifest): void {
  const { sdk, requires, version } = manifest;
  if (semver.validRange(sdk) === null) {
    throw new PluginError('PLUGIN_MANIFEST_INVALID', `plugin.json: "sdk": "${sdk}" is not a semver range`, {
      remedy: `Write "^${SDK_VERSION}" for this version of Tickhub.`,
    });
  }
  if (!semver.satisfies(SDK_VERSION, sdk, { includePrerelease: true })) {
    throw new PluginError('PLUGIN_SDK_RANGE', `${manifest.id} ${version} needs SDK ${sdk}, this Tickhub has ${SDK_VERSION}`, {
      remedy: semver.gtr(SDK_VERSION, sdk)
        ? `Get a newer version of the plugin, or set "sdk" to "^${SDK_VERSION}" if it was tried with it.`
        : `Update Tickhub to one with SDK ${semver.minVersion(sdk)?.version ?? sdk} or newer.`,
    });
  }
  for (const [service, range] of Object.entries(requires)) {
    if (semver.validRange(range) === null) {
      throw new PluginError('PLUGIN_MANIFEST_INVALID', `plugin.json: "requires.${service}": "${range}" is not a semver range`, {
        remedy: 'Write a range such as "^1.0.0" or "*".',
      });
    }
  }
}

function checkHosts(manifest: PluginManifest): void {
  manifest.permissions.hosts.forEach((text, at) => {
    const pattern = parseHostPattern(text);
    if (typeof pattern === 'string') {
      throw new PluginError('PLUGIN_MANIFEST_INVALID', `plugin.json: "permissions.hosts.${at}": "${text}" ${pattern}`, {
        remedy: 'Write a host such as "api.example.com", "*.example.com" or "127.0.0.1:8080", without scheme and path.',
      });
    }
  });
}

function checkPermissions(manifest: PluginManifest): void {
  const { net, read, env } = manifest.permissions;
  const refuse = (field: string, remedy?: string): never => {
    throw new PluginError(
      'PLUGIN_PERMISSION_REFUSED',
      `plugin.json: "${field}" is granted to bundled plugins only`,
      remedy ? { remedy } : {},
    );
  };
  if (net) refuse('permissions.net');
  if (read.length > 0) refuse('permissions.read', 'Remove it, and put the files into the plugin folder.');
  if (manifest.embeddedBackend !== undefined) refuse('embeddedBackend', 'Remove it.');
  env.forEach((name, at) => {
    if (RESERVED_ENV.test(name)) refuse(`permissions.env.${at}: ${name}`, 'Remove it, or use a variable of another name.');
  });
}

async function checkEntry(folder: string, { entry, model }: PluginManifest): Promise<void> {
  if (model !== undefined) return checkFile(folder, 'model.file', model.file);
  // A feed without code.
  if (entry === undefined) return;
  if (!ENTRY_EXTENSIONS.has(path.extname(entry)) && !leavesFolder(folder, path.resolve(folder, entry))) {
    throw new PluginError('PLUGIN_ENTRY_MISSING', `plugin.json: "entry": "${entry}" is not a .js, .mjs, .ts or .mts file`);
  }
  return checkFile(folder, 'entry', entry);
}

/** That a file which the manifest names lies in the folder. */
async function checkFile(folder: string, field: string, name: string): Promise<void> {
  const file = path.resolve(folder, name);
  if (path.isAbsolute(name) || leavesFolder(folder, file)) {
    throw new PluginError('PLUGIN_ENTRY_OUTSIDE', `plugin.json: "${field}": "${name}" lies outside ${folder}`);
  }
  let real: string;
  try {
    if (!(await lstat(file)).isFile() && !(await lstat(file)).isSymbolicLink()) throw new Error('not a file');
    real = await realpath(file);
  } catch {
    throw new PluginError('PLUGIN_ENTRY_MISSING', `plugin.json: "${field}": there is no file "${name}" in ${folder}`, {
      remedy: `Put the file there, or correct "${field}" in plugin.json.`,
    });
  }
  if (leavesFolder(await realpath(folder), real)) {
    throw new PluginError('PLUGIN_ENTRY_OUTSIDE', `plugin.json: "${field}": "${name}" is a link to ${real}, outside ${folder}`);
  }
}

function leavesFolder(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative);
}
