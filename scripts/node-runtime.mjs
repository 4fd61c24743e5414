/**
 * Which Node runs Tickhub. The machine's own when it is 24 or newer; otherwise version 26 from the npm package `node`, put into
 * `.runtime/` once. Plain JavaScript that Node 20 understands, because it runs before anything else is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const OLDEST = 24;
const FETCHED = '26.10.0';

const runtimeDir = path.join(root, '.runtime');
const runtimePackage = path.join(runtimeDir, 'node_modules', 'node');
const fetchedNode = path.join(runtimePackage, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

export function ownNodeIsNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= OLDEST;
}

/** Path of the Node to run Tickhub with; null when it has to be fetched first. */
export function nodePath() {
  if (ownNodeIsNewEnough()) return process.execPath;
  if (!existsSync(fetchedNode)) return null;
  const { version } = JSON.parse(readFileSync(path.join(runtimePackage, 'package.json'), 'utf8'));
  return version === FETCHED ? fetchedNode : null;
}

/** Runs npm with this process's terminal. `npm` is a script on every platform, so it is run through Node where npm told us its path. */
export function npm(args, cwd) {
  const cli = process.env.npm_execpath;
  const [command, first] = cli ? [process.execPath, [cli]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  const done = spawnSync(command, [...first, ...args], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: !cli && process.platform === 'win32',
  });
  if (done.status !== 0) {
    throw new Error(`\`npm ${args.join(' ')}\` failed in ${cwd} (exit ${done.status ?? done.signal}). Is the npm registry reachable?`);
  }
}

/** Fetches Node into `.runtime/`. */
export function fetchNode() {
  mkdirSync(runtimeDir, { recursive: true });
  writeFileSync(
    path.join(runtimeDir, 'package.json'),
    `${JSON.stringify({ private: true, dependencies: { node: FETCHED }, allowScripts: { node: true } }, null, 2)}\n`,
  );
  npm(['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], runtimeDir);
  const check = spawnSync(fetchedNode, ['--version'], { encoding: 'utf8' });
  if (check.status !== 0) {
    throw new Error(
      `the npm package node@${FETCHED} has no working Node for ${process.platform}-${process.arch}. Install Node ${OLDEST} or newer and run this again.`,
    );
  }
}
