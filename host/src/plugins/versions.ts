import type { Release } from './discovery/staging.ts';

/** A release with the config it runs with. */
export interface Version {
  readonly release: Release;
  readonly config: Record<string, unknown>;
  /** Why it is to run. */
  readonly why: string;
}

/** Which version of a plugin runs, which is to, and which to go back to. Pure book-keeping: it starts and stops nothing. */
export class Versions {
  readonly #onHeld: (note: string) => void;
  #current: Version | null = null;
  #candidate: Version | null = null;
  #proven: Version | null = null;
  #failedHash: string | null = null;
  #held: string | null = null;

  /** @param onHeld told when an older version is kept, and why. */
  constructor(onHeld: (note: string) => void) {
    this.#onHeld = onHeld;
  }

  /** What runs, or would. */
  get current(): Version | null {
    return this.#current;
  }

  /** What is to take its place. */
  get candidate(): Version | null {
    return this.#candidate;
  }

  /** Why an older version than the one in the folder is kept. */
  get held(): string | null {
    return this.#held;
  }

  /** Hashes of releases whose files are needed. */
  get hashes(): ReadonlySet<string> {
    return new Set([this.#current, this.#candidate, this.#proven].flatMap((version) => version?.release.hash ?? []));
  }

  /** What an offered release is: what runs already, what was tried or waits, or new. */
  compare({ hash }: Release): 'current' | 'known' | 'new' {
    if (this.#current?.release.hash === hash) return 'current';
    return this.#failedHash === hash || this.#candidate?.release.hash === hash ? 'known' : 'new';
  }

  propose(version: Version): void {
    this.#candidate = version;
  }

  withdraw(): void {
    this.#candidate = null;
  }

  /** The folder has what runs: nothing is held back, and another release that was to take over is not any more. @returns whether there was one. */
  agree(): boolean {
    this.#clear();
    if (this.#candidate === null || this.#candidate.release.hash === this.#current?.release.hash) return false;
    this.#candidate = null;
    return true;
  }

  /** The candidate takes its place, untried, because nothing runs. */
  adopt(): void {
    if (this.#candidate === null) return;
    this.#current = this.#candidate;
    this.#candidate = null;
    this.#clear();
  }

  /** A candidate took over from one that ran. A newer one that came meanwhile stays. */
  switched(version: Version): void {
    if (this.#candidate === version) this.#candidate = null;
    this.#current = version;
    this.#proven = version;
    this.#clear();
  }

  /** A candidate failed to take over. The same is not tried again by itself. */
  failed(version: Version, reason: string): void {
    if (this.#candidate === version) this.#candidate = null;
    this.#failedHash = version.release.hash;
    this.keep(`${version.release.manifest.version} failed: ${reason}`);
  }

  /** Notes why what runs is kept. */
  keep(reason: string): void {
    const held = `kept ${this.#current?.release.manifest.version}: ${reason}`;
    if (this.#held === held) return;
    this.#held = held;
    this.#onHeld(held);
  }

  /** A version showed health: the one to go back to. */
  prove(version: Version): void {
    this.#proven = version;
  }

  /** The current version crashed. One that never showed health gives way to the last that did, if nothing newer waits. */
  fallBack(reason: string): void {
    const crashed = this.#current;
    if (crashed === null || this.#proven === null || this.#proven === crashed || this.#candidate !== null) return;
    this.#current = this.#proven;
    this.#failedHash = crashed.release.hash;
    this.keep(`${crashed.release.manifest.version} failed: ${reason}`);
  }

  /** Someone asked: what failed may be tried again. */
  forgive(): void {
    this.#failedHash = null;
  }

  #clear(): void {
    this.#held = null;
    this.#failedHash = null;
  }
}
