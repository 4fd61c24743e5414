import { PluginManifest } from '@tickhub/plugin-sdk/host';
import type { IsolateLink } from '../plugins/attachment.ts';
import { HOST_VERSION } from '../version.ts';

/** Sources of a replay are `replay:<the source's own name>`, so that nobody takes them for live ones. */
export const REPLAY = 'replay';

/** Stands where the isolate of a data source does: the recording is fed through it, and feels the host's backpressure as an isolate would. */
export class ReplayLink implements IsolateLink {
  readonly manifest: PluginManifest = PluginManifest.parse({
    id: REPLAY,
    version: HOST_VERSION,
    kind: 'data-source',
    sdk: '*',
    entry: 'recording',
  });
  readonly origin = 'bundled';
  readonly generation = 1;
  readonly backlogBytes = 0;
  #paused = false;
  #wake: (() => void)[] = [];

  /** Durable cursors would go to a live source, to acknowledge upstream; a recording has none. */
  send(): boolean {
    return true;
  }

  onDrained(): void {}

  tell(): void {}

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    this.#paused = false;
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Resolves at once, or when the host takes more again. */
  async ready(): Promise<void> {
    while (this.#paused) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}
