import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { rewriteMql } from './rewrite.ts';

const run = promisify(execFile);

const HERE = import.meta.dirname;
const ROOT = path.resolve(HERE, '../../..');
const MQL5 = path.join(ROOT, 'plugins/mt5/mql5');
const SHIM = path.join(HERE, 'shim');
const FLAGS = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Wno-unused-parameter', '-pthread'];

export type EaVariant = 'expert' | 'service';

const PROGRAM: Record<EaVariant, string> = {
  expert: 'Experts/Tickhub.mq5',
  service: 'Services/TickhubService.mq5',
};

export interface CompileOptions {
  /** Where the binary goes; by default a cache below node_modules. */
  readonly outDir?: string;
  readonly variant?: EaVariant;
  /** The C++ compiler; `g++` of the PATH by default. */
  readonly compiler?: string;
  /** Added to the compiler's flags, e.g. `-fsanitize=address`. */
  readonly extraFlags?: readonly string[];
}

/**
 * Compiles the Expert Advisor (or the service) from the very source that a terminal runs. The result is kept under the hash of
 * all that goes into it, so the second call is quick. `missing` says why there can be no binary on this machine; a source that
 * does not compile throws.
 */
export async function compileEa(options: CompileOptions = {}): Promise<{ path: string } | { missing: string }> {
  const { variant = 'expert', compiler = 'g++', extraFlags = [] } = options;
  if (process.platform === 'win32') return { missing: 'the shim of the Expert Advisor uses POSIX sockets; it does not run on Windows' };
  let version: string;
  try {
    version = (await run(compiler, ['--version'])).stdout;
  } catch {
    return { missing: `no ${compiler} on this machine; install it (Debian: apt-get install g++) to run the real Expert Advisor here` };
  }

  const program = new Map<string, string>();
  program.set('program.gen.hpp', rewriteMql(await readFile(path.join(MQL5, PROGRAM[variant]), 'utf8')));
  for (const name of await sources(path.join(MQL5, 'Include/Tickhub')))
    program.set(`Tickhub/${name}`, rewriteMql(await readFile(path.join(MQL5, 'Include/Tickhub', name), 'utf8')));
  const shim = await Promise.all((await sources(SHIM)).map((name) => readFile(path.join(SHIM, name), 'utf8')));
  const flags = [...FLAGS, ...extraFlags, ...(variant === 'service' ? ['-DTICKHUB_SERVICE'] : [])];
  const hash = createHash('sha256')
    .update(JSON.stringify([version, process.arch, flags, [...program], shim]))
    .digest('hex')
    .slice(0, 16);

  const outDir = options.outDir ?? path.join(ROOT, 'node_modules/.cache/tickhub-ea');
  const binary = path.join(outDir, `${variant}-${hash}`);
  if (await exists(binary)) return { path: binary };

  await mkdir(outDir, { recursive: true });
  const work = await mkdtemp(path.join(outDir, 'build-'));
  try {
    await mkdir(path.join(work, 'Tickhub'));
    for (const [name, text] of program) await writeFile(path.join(work, name), text);
    const built = path.join(work, 'ea');
    try {
      await run(compiler, [...flags, `-I${work}`, `-I${SHIM}`, path.join(SHIM, 'main.cpp'), '-o', built]);
    } catch (error) {
      const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
      throw new Error(`the ${variant} variant of the Expert Advisor does not compile:\n${stderr}`, { cause: error });
    }
    // A rename, so that two processes compiling at once never run half a binary.
    await rename(built, binary);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
  return { path: binary };
}

async function sources(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => /\.(mqh|hpp|cpp)$/.test(name)).sort();
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
