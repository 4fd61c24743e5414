/** `npm run check`: types, lint, format. Runs all three and fails when one does, so that one run shows everything. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './node-runtime.mjs';

const tool = (name: string, file: string): string => path.join(root, 'node_modules', name, file);

const checks: [string, string[]][] = [
  ['types', [tool('typescript', 'bin/tsc'), '--noEmit', '-p', path.join(root, 'tsconfig.json')]],
  ['lint', [tool('oxlint', 'bin/oxlint')]],
  ['format', [tool('oxfmt', 'bin/oxfmt'), '--check']],
];

const failed: string[] = [];
for (const [name, args] of checks) {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  console.error(`${name}: ${status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}. \`npm run format\` mends the format.`);
  process.exit(1);
}
