import path from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { isIgnoredName } from './discovery/folder-files.ts';
import { isPluginFolderName } from './discovery/roots.ts';

/** While a folder never gets quiet it is read all the same, so often. */
const LONGEST_WAIT_MS = 2_000;

interface Pending {
  timer: NodeJS.Timeout;
  readonly since: number;
}

/** Watches plugin roots and tells which plugin folder changed, once its files have been quiet for a moment. */
export class FolderWatch {
  readonly #roots: readonly string[];
  readonly #debounceMs: number;
  readonly #onChange: (folder: string) => void;
  readonly #onError: (error: Error) => void;
  readonly #pending = new Map<string, Pending>();
  #watcher: FSWatcher | null = null;

  constructor(roots: readonly string[], debounceMs: number, onChange: (folder: string) => void, onError: (error: Error) => void) {
    this.#roots = roots;
    this.#debounceMs = debounceMs;
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /** Resolves when nothing that happens from now on is missed. */
  async start(): Promise<void> {
    if (this.#roots.length === 0) return;
    const watcher = watch([...this.#roots], {
      ignoreInitial: true,
      followSymlinks: false,
      // Quietness is awaited here, for a whole folder at a time.
      atomic: false,
      ignored: (file) => this.#isIgnored(file),
    });
    this.#watcher = watcher;
    watcher.on('all', (_event, file) => this.#touched(file));
    watcher.on('error', (error) => this.#onError(error as Error));
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
  }

  async stop(): Promise<void> {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    await this.#watcher?.close();
    this.#watcher = null;
  }

  #touched(file: string): void {
    const folder = this.#folderOf(file);
    if (folder === null) return;
    const now = performance.now();
    const pending = this.#pending.get(folder);
    if (pending) clearTimeout(pending.timer);
    const since = pending?.since ?? now;
    const timer = setTimeout(
      () => {
        this.#pending.delete(folder);
        this.#onChange(folder);
      },
      now - since > LONGEST_WAIT_MS ? 0 : this.#debounceMs,
    );
    this.#pending.set(folder, { timer, since });
  }

  #folderOf(file: string): string | null {
    const parts = this.#inRoot(file);
    return parts?.names[0] ? path.join(parts.root, parts.names[0]) : null;
  }

  /** Libraries are not watched: they are many, and whoever changes one changes the plugin with it. */
  #isIgnored(file: string): boolean {
    const names = this.#inRoot(file)?.names ?? [];
    return names.some((name, depth) => isIgnoredName(name) || name === 'node_modules' || (depth === 0 && !isPluginFolderName(name)));
  }

  #inRoot(file: string): { root: string; names: string[] } | null {
    for (const root of this.#roots) {
      const relative = path.relative(root, file);
      if (relative.startsWith('..') || path.isAbsolute(relative)) continue;
      return { root, names: relative === '' ? [] : relative.split(path.sep) };
    }
    return null;
  }
}
