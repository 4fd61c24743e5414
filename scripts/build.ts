/** Bundles SDK, host and plugins with rolldown into their `dist/` folders. `tsc` only checks types; see `npm run check`. */
import { copyFileSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { BUNDLED_BUILTINS, cheapBuiltins } from './cheap-builtins.ts';
import { root } from './node-runtime.mjs';

/** What a package.json says of its bundles: output name -> source, relative to the folder. */
interface Bundled {
  bundle?: Record<string, string>;
  /** Of a plugin: what runs as a process of its own, outside any isolate. It carries what it needs of the SDK, and nothing else of it is loaded. */
  programs?: Record<string, string>;
}

interface Bundle {
  folder: string;
  entries: Record<string, string>;
  /** Whether the SDK's sources go into it. */
  withSdk: boolean;
}

const bundles: Bundle[] = ['plugin-sdk', 'host', ...globSync('plugins/*', { cwd: root }).sort()].flatMap((folder) => {
  const file = path.join(root, folder, 'package.json');
  if (!existsSync(file)) return [];
  const { bundle = {}, programs = {} } = JSON.parse(readFileSync(file, 'utf8')) as Bundled;
  const at = { folder: folder.replaceAll(path.sep, '/') };
  return [
    { ...at, entries: bundle, withSdk: folder === 'host' },
    { ...at, entries: programs, withSdk: true },
  ].filter(({ entries }) => Object.keys(entries).length > 0);
});

/** Plugins get the SDK from the isolate they run in, so it stays out of their bundles; native addons and wasm stay in their packages. */
const NODE = new RegExp(`^node:(?!(${BUNDLED_BUILTINS.join('|')})$)`);
const RUNTIMES = [NODE, /^onnxruntime-/];
/** An isolate may read the SDK's own folder only, so what it runs of a package is in there: ONNX Runtime's code in the bundle, its wasm beside it. */
const SDK_RUNTIMES = [NODE, /^onnxruntime-node/];
const SDK_WASM = 'ort-wasm-simd-threaded.wasm';
const external = ({ folder, withSdk }: Bundle): RegExp[] => {
  if (folder === 'plugin-sdk') return SDK_RUNTIMES;
  return withSdk ? RUNTIMES : [...RUNTIMES, /^@tickhub\/plugin-sdk/];
};

/** The longer names first: an alias takes what begins with it as well. */
const sdkSources = {
  '@tickhub/plugin-sdk/host': path.join(root, 'plugin-sdk/src/host.ts'),
  '@tickhub/plugin-sdk/files': path.join(root, 'plugin-sdk/src/files/index.ts'),
  '@tickhub/plugin-sdk/agents': path.join(root, 'plugin-sdk/src/agents/index.ts'),
  '@tickhub/plugin-sdk/features': path.join(root, 'plugin-sdk/src/features/index.ts'),
  '@tickhub/plugin-sdk/time': path.join(root, 'plugin-sdk/src/time/index.ts'),
  '@tickhub/plugin-sdk': path.join(root, 'plugin-sdk/src/index.ts'),
};

const started = performance.now();
for (const folder of new Set(bundles.map((bundle) => bundle.folder)))
  rmSync(path.join(root, folder, 'dist'), { recursive: true, force: true });
for (const bundle of bundles) {
  const { folder, entries, withSdk } = bundle;
  const at = path.join(root, folder);
  const missing = Object.values(entries).filter((file) => !existsSync(path.join(at, file)));
  if (missing.length > 0) throw new Error(`${folder}: no ${missing.join(', ')}`);
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path.join(at, file)])),
    platform: 'node',
    tsconfig: path.join(root, 'tsconfig.json'),
    external: external(bundle),
    resolve: { alias: withSdk ? sdkSources : {} },
    plugins: [cheapBuiltins],
    onLog(level, log, handle) {
      if (level === 'warn') handle('warn', log);
    },
  });
  await build.write({ dir: path.join(at, 'dist'), format: 'esm', sourcemap: true, chunkFileNames: 'chunk-[hash].js' });
  if (folder === 'plugin-sdk')
    copyFileSync(createRequire(path.join(at, 'package.json')).resolve(`onnxruntime-web/${SDK_WASM}`), path.join(at, 'dist', SDK_WASM));
}
console.error(`tickhub: built ${bundles.length} packages in ${((performance.now() - started) / 1000).toFixed(1)} s`);
