import { unpackFrames } from '../frame-pack.ts';
import type { PackedFrame } from '../frame-pack.ts';
import type { Marks } from '../worker-messages.ts';

interface Arrival {
  readonly frames: readonly PackedFrame[];
  readonly marks: Marks | null;
  readonly bytes: number;
}

/** What goes into one transaction. */
export interface Group {
  readonly frames: readonly PackedFrame[];
  readonly marks: readonly Marks[];
  readonly bytes: number;
  /** Arrivals in it. */
  readonly arrivals: number;
}

const MAX_FRAMES = 1_024;

/** Frames that arrived and are not durable yet, in order. What arrived together is committed together. */
export class PendingFrames {
  readonly #arrivals: Arrival[] = [];

  get isEmpty(): boolean {
    return this.#arrivals.length === 0;
  }

  get frames(): number {
    return this.#arrivals.reduce((sum, { frames }) => sum + frames.length, 0);
  }

  push(packed: ArrayBuffer, marks: Marks | null): void {
    const frames = unpackFrames(packed);
    this.#arrivals.push({ frames, marks, bytes: frames.reduce((sum, { body }) => sum + body.byteLength, 0) });
  }

  /** The oldest arrivals, at most `maxBytes` of bodies but at least one arrival. They stay pending until {@link done}. */
  next(maxBytes: number): Group {
    const frames: PackedFrame[] = [];
    const marks: Marks[] = [];
    let bytes = 0;
    let arrivals = 0;
    for (const arrival of this.#arrivals) {
      if (arrivals > 0 && (bytes + arrival.bytes > maxBytes || frames.length >= MAX_FRAMES)) break;
      for (const frame of arrival.frames) frames.push(frame);
      if (arrival.marks !== null) marks.push(arrival.marks);
      bytes += arrival.bytes;
      arrivals++;
    }
    return { frames, marks, bytes, arrivals };
  }

  /** The group is durable. */
  done({ arrivals }: Group): void {
    this.#arrivals.splice(0, arrivals);
  }
}
