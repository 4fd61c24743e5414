/**
 * Makes a fresh clone ready: a Node that is new enough, the dependencies of package-lock.json, the bundles. Each step is skipped when there is
 * nothing to do, so that running it before every command costs a few tens of milliseconds. Runs on Node 20 and up.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fetchNode, nodePath, npm, root } from './node-runtime.mjs';

const say = (text) => console.error(`tickhub: ${text}`);
const stampDir = path.join(root, '.cache');

function stampIs(name, value) {
  const file = path.join(stampDir, name);
  return existsSync(file) && readFileSync(file, 'utf8') === value;
}

function stamp(name, value) {
  mkdirSync(stampDir, { recursive: true });
  writeFileSync(path.join(stampDir, name), value);
}

function ensureNode() {
  if (nodePath() !== null) return;
  say(`this machine's Node is ${process.version}; Tickhub needs 24 or newer. Fetching Node 26 into .runtime/ (once, about 10 s)`);
  fetchNode();
}

function ensureDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(path.join(root, 'node_modules', '.package-lock.json')) && stampIs('dependencies', lock)) return;
  say('installing the dependencies of package-lock.json');
  // The engines check would complain of the Node that runs npm, which is not the one that runs Tickhub.
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], root);
  stamp('dependencies', lock);
}

/** Names, sizes and times of all sources that go into a bundle. */
function sourceState() {
  const hash = createHash('sha256');
  const visit = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.endsWith('.test.ts')) continue;
      const file = path.join(dir, entry.name);
      if (entry.isDirectory()) visit(file);
      else if (/\.(ts|mts|json)$/.test(entry.name)) {
        const { size, mtimeMs } = statSync(file);
        hash.update(`${path.relative(root, file)} ${size} ${mtimeMs}\n`);
      }
    }
  };
  for (const dir of ['plugin-sdk', 'host', 'plugins', 'scripts']) visit(path.join(root, dir));
  hash.update(readFileSync(path.join(root, 'package.json')));
  return hash.digest('hex');
}

function ensureBuild(force) {
  const state = sourceState();
  if (!force && existsSync(path.join(root, 'host', 'dist', 'main.js')) && stampIs('build', state)) return;
  const node = nodePath();
  const built = spawnSync(node, [path.join(root, 'scripts', 'build.ts')], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('the build failed; its messages are above');
  stamp('build', state);
}

try {
  ensureNode();
  ensureDependencies();
  ensureBuild(process.argv.includes('--force-build'));
} catch (error) {
  say(error.message);
  process.exit(1);
}
