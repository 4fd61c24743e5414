import { watch, type FSWatcher } from 'node:fs';
import type { Cancel, Clock } from '@tickhub/plugin-sdk';

/** Changes in a row that the operating system must have told first, before it is relied on. */
const TRUST_AFTER = 20;
/** How often is still looked while the operating system is relied on, and how often while there is nothing to look at. */
const RELIED_MS = 250;
const IDLE_MS = 1_000;
/** A watch that could not be had, or broke, is tried again no sooner than this. */
const REWATCH_MS = 5_000;
/** A file that is being written is whole again within this, mostly. */
const UNSETTLED_MS = 3;

export interface FolderWatchOptions {
  readonly folder: string;
  /** Names of the files whose changes count. */
  readonly files: ReadonlySet<string>;
  /** How often to look where nobody tells of changes. */
  readonly intervalMs: number;
}

/** What a look found: `idle` where there was no file to look at, `unsettled` where it was being written and is worth another look at once. */
export type Found = 'changed' | 'same' | 'unsettled' | 'idle';

/**
 * Has a folder looked at when the operating system tells of a change, and every `intervalMs` as long as it does not do so reliably (network drives,
 * Wine, some virus scanners): only after 20 changes in a row that were told before a look found them is looked less often, and one that was not
 * told ends that. Looks never overlap.
 */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #clock: Clock;
  readonly #look: () => Promise<Found>;
  #watcher: FSWatcher | null = null;
  #watchedAt = -Infinity;
  #timer: Cancel | null = null;
  #looking: Promise<void> | null = null;
  #again = false;
  #told = 0;
  #stopped = false;

  /** @param look must not reject. */
  constructor(options: FolderWatchOptions, clock: Clock, look: () => Promise<Found>) {
    this.#options = options;
    this.#clock = clock;
    this.#look = look;
  }

  /** Whether changes come from the operating system. */
  get relied(): boolean {
    return this.#told >= TRUST_AFTER;
  }

  start(): void {
    this.#run(false);
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.();
    this.#unwatch();
    await this.#looking;
  }

  #run(told: boolean): void {
    if (this.#stopped) return;
    if (this.#looking !== null) {
      this.#again ||= told;
      return;
    }
    this.#timer?.();
    this.#timer = null;
    this.#looking = this.#look().then((found) => {
      this.#looking = null;
      if (found === 'changed') this.#told = told ? this.#told + 1 : 0;
      if (found === 'idle') this.#unwatch();
      else this.#watch();
      if (this.#stopped) return;
      if (this.#again) {
        this.#again = false;
        this.#run(true);
        return;
      }
      this.#timer = this.#clock.after(this.#waitAfter(found), () => this.#run(false));
    });
  }

  #waitAfter(found: Found): number {
    const { intervalMs } = this.#options;
    if (found === 'idle') return IDLE_MS;
    if (found === 'unsettled') return Math.min(UNSETTLED_MS, intervalMs);
    return this.relied ? Math.max(RELIED_MS, intervalMs) : intervalMs;
  }

  #watch(): void {
    const now = this.#clock.monotonic();
    if (this.#watcher !== null || this.#stopped || now - this.#watchedAt < REWATCH_MS) return;
    this.#watchedAt = now;
    try {
      const watcher = watch(this.#options.folder, { persistent: false }, (_event, name) => {
        if (name === null || this.#options.files.has(name)) this.#run(true);
      });
      watcher.on('error', () => this.#unwatch());
      this.#watcher = watcher;
    } catch {
      // Too many watches, or a file system without: looking at intervals is enough.
      this.#watcher = null;
    }
  }

  #unwatch(): void {
    this.#told = 0;
    const watcher = this.#watcher;
    this.#watcher = null;
    watcher?.close();
  }
}
