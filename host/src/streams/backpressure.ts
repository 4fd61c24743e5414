import type { Spool } from '../delivery/spool.ts';
import type { IsolateLink } from '../plugins/attachment.ts';

/** Above this much that is not durable yet the sources are held; below the lower mark they go on. */
const HOLD_ABOVE_BYTES = 8 * 1_048_576;
const RELEASE_BELOW_BYTES = 4 * 1_048_576;

type BackpressureSpool = Pick<Spool, 'onDurable' | 'onHealth' | 'pendingBytes' | 'health'>;

/**
 * Holds the sources while the disk cannot keep up or is full: their channels are not read, so they feel it, hold their own sources,
 * and nothing that was acknowledged is lost. Memory stays bounded by the upper mark plus what the channels' buffers hold.
 */
export class Backpressure {
  readonly #spool: BackpressureSpool;
  readonly #links = new Set<IsolateLink>();
  #holding = false;

  constructor(spool: BackpressureSpool) {
    this.#spool = spool;
    spool.onDurable(() => this.#review());
    spool.onHealth(() => this.#review());
  }

  get holding(): boolean {
    return this.#holding;
  }

  /** Holds this isolate, too, from now on. The function it gives lets go of it for good. */
  add(link: IsolateLink): () => void {
    this.#links.add(link);
    if (this.#holding) link.pauseReading();
    return () => {
      // A drained isolate may be started again, when nobody here would remember that it was held.
      if (this.#links.delete(link) && this.#holding) link.resumeReading();
    };
  }

  /** Called after each append. */
  appended(): void {
    if (!this.#holding && this.#spool.pendingBytes > HOLD_ABOVE_BYTES) this.#hold();
  }

  #review(): void {
    const { pendingBytes, health } = this.#spool;
    if (this.#holding && pendingBytes < RELEASE_BELOW_BYTES && health.state === 'ok') this.#release();
    else if (!this.#holding && health.state === 'stalled') this.#hold();
  }

  #hold(): void {
    this.#holding = true;
    for (const link of this.#links) link.pauseReading();
  }

  #release(): void {
    this.#holding = false;
    for (const link of this.#links) link.resumeReading();
  }
}
