import { spawn, spawnSync } from 'node:child_process';

/** Debian 12 has the versions that the shipped weights were trained with: torch 1.13, onnx 1.12, sklearn 1.2, pandas 1.5, numpy 1.24. */
const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  torch: 'python3-torch',
  onnx: 'python3-onnx',
  sklearn: 'python3-sklearn',
  pandas: 'python3-pandas',
  numpy: 'python3-numpy',
  scipy: 'python3-scipy',
};

/** One thread and one hash seed: sums are added in one order, and a run gives the weights of the run before. */
const ENVIRONMENT = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', PYTHONHASHSEED: '0' };

/** @throws {Error} saying which packages are missing, and how they are installed. */
export function requirePython(python: string, modules: readonly string[]): void {
  const script = 'import importlib.util, sys; print(*[m for m in sys.argv[1:] if importlib.util.find_spec(m) is None])';
  const { status, stdout, error } = spawnSync(python, ['-c', script, ...modules], { encoding: 'utf8' });
  const install = (names: readonly string[]): string =>
    `On Debian 12 or Ubuntu: sudo apt-get install ${names.map((name) => DEBIAN_PACKAGES[name] ?? `python3-${name}`).join(' ')}`;
  if (error !== undefined || status !== 0) {
    throw new Error(
      `training needs Python 3, and ${python} does not run (${error?.message ?? `exit code ${status}`}). ${install(modules)}; --python PATH names another one`,
    );
  }
  const missing = stdout.trim().split(/\s+/).filter(Boolean);
  if (missing.length > 0) throw new Error(`${python} has not what training needs: ${missing.join(', ')}. ${install(missing)}`);
}

/** Runs a script to its end; what it prints goes to stderr. @throws {Error} when it fails. */
export async function runPython(python: string, script: string, args: readonly string[]): Promise<void> {
  const child = spawn(python, [script, ...args], { stdio: ['ignore', 2, 2], env: { ...process.env, ...ENVIRONMENT } });
  const ended = Promise.withResolvers<number | null>();
  child.on('error', ended.reject);
  child.on('exit', ended.resolve);
  const code = await ended.promise;
  if (code !== 0) throw new Error(`${script} ended with ${code ?? 'a signal'}; what it printed above says why`);
}
