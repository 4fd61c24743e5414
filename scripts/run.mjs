/**
 * `node scripts/run.mjs FILE [ARGS]`: runs FILE with the Node that Tickhub needs, in this process when it is that already.
 * Signals and the exit code pass through.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodePath, ownNodeIsNewEnough, root } from './node-runtime.mjs';

const [file, ...args] = process.argv.slice(2);
if (!file) {
  console.error('usage: node scripts/run.mjs FILE [ARGS]');
  process.exit(2);
}
const script = path.resolve(root, file);

if (ownNodeIsNewEnough()) {
  process.argv.splice(1, 2, script);
  await import(pathToFileURL(script).href);
} else {
  const node = nodePath();
  if (node === null) {
    console.error('tickhub: no Node 24 or newer here; run `npm start` or `npm test`, they fetch it');
    process.exit(1);
  }
  const child = spawn(node, [script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  // The terminal sends Ctrl-C to the whole group; this process only has to outlive the child, to hand on its exit code.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
