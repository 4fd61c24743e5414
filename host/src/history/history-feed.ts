import type { AckBook } from '../delivery/ack-book.ts';
import { KnownNames } from '../delivery/known-names.ts';
import type { Spool, SpoolFrame } from '../delivery/spool.ts';
import { packFrames } from './store/frame-batches.ts';
import type { Handover } from './store/history-store.ts';
import type { Position } from './store/state-table.ts';

/** Frames wait this long, so that a quiet stream is written a few times a second and not with each tick. */
const GATHER_MS = 250;
/** What is handed over at once, and, as the first one may be large, about as much as is under way at most. */
const PIECE_BYTES = 1_048_576;
const MAX_UNDER_WAY_BYTES = 8 * 1_048_576;
/** So many frames are worth a look at how many bytes they are. */
const LOOK_FRAMES = 64;
/** What a frame costs the spool besides its body. */
const FRAME_COST = 96;
const HOLDER = 'history';
const NO_NAMES: Handover['names'] = { sources: [], symbols: [] };

export interface HistoryFeedTerms {
  readonly spool: Spool;
  readonly book: AckBook;
  /** The spool's budget now. */
  readonly budgetBytes: () => number;
  readonly handOver: (handover: Handover) => void;
  /** Told once each time that history had to let go of frames that it had not got. */
  readonly onLetGo: (message: string) => void;
  readonly now: () => number;
}

/** Where a history goes on in a spool. */
export function firstSeq(spool: Pick<Spool, 'epoch' | 'openedSeq' | 'ackedSeq'>, position: Position | null): number {
  if (position === null) return spool.ackedSeq + 1;
  // A spool keeps its numbers over a new epoch. One that is behind was made anew or put back to an older copy: all that it holds is looked at, and what is here already is known by itself.
  return spool.openedSeq >= position.seq ? position.seq + 1 : spool.ackedSeq + 1;
}

/**
 * Brings what is durable in the spool to the history: in order, once, some of it at a time. The spool is held at what history has on disk, so nothing is lost to a crash; when history lags and
 * the spool has come to half its budget or has no room on its disk, history lets go and notes the gap, as delivery comes first. Nothing is queued here: what is not under way is read from the spool when its time comes.
 */
export class HistoryFeed {
  readonly #terms: HistoryFeedTerms;
  readonly #release: (() => void)[] = [];
  #next: number;
  /** Up to here it is on disk. */
  #taken: number;
  #underWayBytes = 0;
  #running = false;
  #timer: NodeJS.Timeout | null = null;
  #lookedAt = 0;
  readonly #namesTold = new KnownNames();
  #lastTable: Handover['names'] | null = null;
  /** What it let go of, up to here. */
  #letGoTo = 0;
  #stopped = false;
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];

  constructor(terms: HistoryFeedTerms, position: Position | null) {
    this.#terms = terms;
    this.#next = firstSeq(terms.spool, position);
    this.#taken = this.#next - 1;
    this.#hold();
    this.#release.push(
      terms.spool.onDurable(() => this.#onDurable()),
      terms.spool.onHealth(() => this.#hold()),
    );
    this.#onDurable();
  }

  /** What history has on disk. */
  get takenSeq(): number {
    return this.#taken;
  }

  /** The thread has taken everything up to `position`. */
  taken(position: Position, bytes: number): void {
    this.#underWayBytes -= bytes;
    this.#taken = Math.max(this.#taken, position.seq);
    this.#hold();
    this.#waiting = this.#waiting.filter(({ seq, resolve }) => {
      if (seq <= this.#taken) resolve();
      return seq > this.#taken;
    });
    if (this.#next <= this.#terms.spool.durableSeq && (this.#backlog >= LOOK_FRAMES || this.#waiting.length > 0)) void this.#run();
  }

  /** Resolves when everything that is durable now is in the history. */
  caughtUp(): Promise<void> {
    const seq = this.#terms.spool.durableSeq;
    if (seq <= this.#taken || this.#stopped) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ seq, resolve });
    void this.#run();
    return promise;
  }

  /** Nothing is handed over any more, and the spool is held no longer in this run of the host. */
  stop(): void {
    this.#stopped = true;
    for (const release of this.#release) release();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  get #backlog(): number {
    return this.#terms.spool.durableSeq - this.#next + 1;
  }

  #onDurable(): void {
    if (this.#backlog <= 0) return;
    this.#letGoIfDue();
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#run();
    }, GATHER_MS);
    const { spool } = this.#terms;
    if (this.#backlog < LOOK_FRAMES || spool.durableSeq - this.#lookedAt < LOOK_FRAMES) return;
    this.#lookedAt = spool.durableSeq;
    const frames = spool.readRecent(this.#next, PIECE_BYTES);
    if (frames === null || bytesOf(frames) >= PIECE_BYTES / 2) void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    const { spool } = this.#terms;
    try {
      while (!this.#stopped && this.#backlog > 0 && this.#underWayBytes < MAX_UNDER_WAY_BYTES) {
        const frames = spool.readRecent(this.#next, PIECE_BYTES) ?? (await spool.read(this.#next, PIECE_BYTES));
        // None: what was to be read has just gone, or is being salvaged. The next commit goes on.
        if (frames.length === 0 || this.#stopped) break;
        this.#handOver(frames);
      }
    } catch {
      // The spool is closed or its thread has died, which it tells by itself.
    } finally {
      this.#running = false;
    }
  }

  #handOver(frames: readonly SpoolFrame[]): void {
    const { spool, handOver, now } = this.#terms;
    const gaps: Handover['gaps'][number][] = [];
    for (const { seq } of frames) {
      if (seq > this.#next) gaps.push({ fromSeq: this.#next, toSeq: seq - 1, at: now() });
      this.#next = seq + 1;
    }
    const packed = packFrames(frames);
    this.#underWayBytes += packed.bodies.byteLength;
    handOver({ ...packed, epoch: spool.epoch, names: this.#newNames(), gaps });
  }

  #newNames(): Handover['names'] {
    const table = this.#terms.spool.symbols();
    if (table === this.#lastTable) return NO_NAMES;
    this.#lastTable = table;
    return this.#namesTold.add(table) ?? NO_NAMES;
  }

  /** While the spool has no room on its disk nothing is held: what is acknowledged must be able to go, or neither of the two would ever have room again. */
  #hold(): void {
    const { spool, book, onLetGo } = this.#terms;
    if (spool.health.state === 'ok') {
      book.hold(HOLDER, this.#taken);
      return;
    }
    if (this.#letGoTo <= this.#taken) onLetGo('the disk is full or fails: history lets go of what is delivered, and notes what it misses');
    this.#letGoTo = spool.lastSeq;
    book.release(HOLDER);
  }

  #letGoIfDue(): void {
    const { spool, book, budgetBytes, onLetGo } = this.#terms;
    const delivered = book.deliveredSeq;
    if (delivered <= this.#taken) return;
    const { bytes, frames } = spool.depth;
    if (bytes + frames * FRAME_COST <= budgetBytes() / 2) return;
    book.hold(HOLDER, delivered);
    // Said once until it has caught up with what it let go of.
    if (this.#letGoTo <= this.#taken) {
      onLetGo(
        `history lags ${spool.durableSeq - this.#taken} frames behind and the spool is half full: it lets go of what is delivered, and notes what it misses`,
      );
    }
    this.#letGoTo = delivered;
  }
}

function bytesOf(frames: readonly SpoolFrame[]): number {
  return frames.reduce((sum, { body }) => sum + body.byteLength, 0);
}
