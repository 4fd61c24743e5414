/**
 * Frames on disk: put in, read back, taken out. A transaction holds frames, the state that follows from them when it is folded, what was acknowledged,
 * and what had to go for the budget.
 *
 * The state is folded, that is written to disk, not with each commit, as it follows from the frames since the last fold, but whenever frames are
 * removed or something is marked, and at least every {@link FOLD_FRAMES} frames, {@link FOLD_BYTES} or {@link FOLD_MS}.
 */
import { epochBytes, HEAD_BYTES, isIntact, isMetered, readHead, sealHead, ticksAfter } from '../frame-head.ts';
import type { FrameHead } from '../frame-head.ts';
import type { PackedFrame } from '../frame-pack.ts';
import type { SpoolStream } from '../spool.ts';
import type { Ack, Loss, Marks, WorkerOptions } from '../worker-messages.ts';
import { PAGE_BYTES } from './database.ts';
import type { Database } from './database.ts';
import type { QueueState } from './queue-state.ts';
import { DamageError } from './sqlite-failure.ts';

const FOLD_FRAMES = 2_000;
const FOLD_BYTES = 8 * 1_048_576;
const FOLD_MS = 1_000;

/** What a frame costs besides its body, for the budget: head, row, its share of a page. */
const FRAME_COST = 96;

/** Trims come in pieces that take about this long, so that commits do not wait for them. */
const TRIM_MS = 1.5;
const TRIM_FRAMES_MIN = 16;
const TRIM_FRAMES_MAX = 2_048;
/** Removing is cheaper in bulk: it waits for this many frames or this long. */
const TRIM_FRAMES_DUE = 64;
const TRIM_DUE_MS = 100;

/** What a commit changes besides its frames: estimates, for when to write the log back. */
const COMMIT_LOG_BYTES = 3 * PAGE_BYTES;
const FOLD_LOG_BYTES = 4 * PAGE_BYTES;

export interface StoredFrame extends PackedFrame {
  readonly fields: FrameHead;
}

export class FrameStore {
  readonly database: Database;
  readonly state: QueueState;
  readonly #options: WorkerOptions;
  readonly #now: () => number;
  /** What the other side acknowledged; in the state only from the next fold on. */
  #acked: number;
  /** Not before `#acked`: what is between is kept for somebody else, as long as there is room. */
  #delivered: number;
  #logBytes = 0;
  #unfoldedFrames = 0;
  #unfoldedBytes = 0;
  #foldedAt: number;
  #trimmedAt: number;
  #trimFrames = 64;

  /** @param now monotonic milliseconds. */
  constructor(database: Database, state: QueueState, options: WorkerOptions, now: () => number) {
    this.database = database;
    this.state = state;
    this.#options = options;
    this.#now = now;
    this.#acked = this.#delivered = state.meta.acked;
    this.#foldedAt = this.#trimmedAt = now();
  }

  get acked(): number {
    return this.#acked;
  }

  /** Whether the log, with a commit of `frames` and their `bytes` of bodies, would hold more than `maxBytes`, about. */
  logExceeds(maxBytes: number, frames: number, bytes: number): boolean {
    return this.#logBytes + COMMIT_LOG_BYTES + FOLD_LOG_BYTES + framesLogBytes(frames, bytes) > maxBytes;
  }

  ack({ seq, delivered }: Ack): void {
    const { lastSeq } = this.state.meta;
    this.#acked = Math.max(this.#acked, Math.min(seq, lastSeq));
    this.#delivered = Math.max(this.#delivered, this.#acked, Math.min(delivered, lastSeq));
  }

  get hasTrims(): boolean {
    return this.#acked > this.state.meta.trimmed;
  }

  /** Milliseconds until frames should be removed; 0 is now, Infinity is never. */
  get trimDueIn(): number {
    const waiting = this.#acked - this.state.meta.trimmed;
    if (waiting <= 0) return Infinity;
    return waiting >= TRIM_FRAMES_DUE ? 0 : Math.max(0, this.#trimmedAt + TRIM_DUE_MS - this.#now());
  }

  /**
   * Makes `frames` durable, with `marks`, and removes what is due. Without frames it only removes.
   * @returns what had to go for the budget, if anything. Throws SQLite's errors; then nothing has changed.
   */
  commit(frames: readonly PackedFrame[], marks: readonly Marks[]): Loss | null {
    const { database, state } = this;
    let loss: Loss | null = null;
    let log = COMMIT_LOG_BYTES;
    let bytes = 0;
    let folds = false;
    const epoch = epochBytes(state.meta.epoch);
    state.table.begin();
    try {
      database.transaction(() => {
        for (const { head, body } of frames) {
          sealHead(head, body, epoch);
          const fields = readHead(head);
          if (fields === null) throw new TypeError('a frame without a head was given to the spool');
          database.insert.run(fields.seq, head, body);
          state.takeIn(fields, body);
          bytes += body.byteLength;
        }
        for (const mark of marks) state.take(mark);
        const trims = this.trimDueIn === 0 || (frames.length === 0 && this.hasTrims);
        if (trims) this.#trim();
        loss = this.#fitBudget();
        folds = trims || loss !== null || marks.length > 0 || this.#foldIsDue(frames.length, bytes);
        if (folds) {
          state.setMeta({ acked: this.#acked });
          state.forgetHoles(this.#acked);
          state.table.flush(database.state);
          log += FOLD_LOG_BYTES;
        }
      });
    } catch (error) {
      state.rollback();
      throw error;
    }
    state.table.commit(folds);
    this.#logBytes += log + framesLogBytes(frames.length, bytes);
    this.#unfoldedFrames = folds ? 0 : this.#unfoldedFrames + frames.length;
    this.#unfoldedBytes = folds ? 0 : this.#unfoldedBytes + bytes;
    if (folds) this.#foldedAt = this.#now();
    return loss;
  }

  /**
   * Frames that follow `fromSeq - 1`, at most `maxBytes` of bodies but at least one if there is any.
   * @throws {DamageError} when what is there is not what was put in.
   */
  read(fromSeq: number, maxBytes: number): PackedFrame[] {
    const found: PackedFrame[] = [];
    let bytes = 0;
    for (const frame of this.walk(fromSeq)) {
      if (found.length > 0 && bytes + frame.body.byteLength > maxBytes) break;
      bytes += frame.body.byteLength;
      found.push(frame);
    }
    return found;
  }

  /** All frames from `fromSeq` on that are not acknowledged, verified one by one. @throws {DamageError} */
  *walk(fromSeq: number): Generator<StoredFrame> {
    const { meta } = this.state;
    let expected = Math.max(fromSeq, this.#acked + 1);
    for (const row of this.database.frames.iterate(expected)) {
      const frame = this.#verified(row);
      const seq = row['seq'] as number;
      if (seq !== expected) this.#assertHole(expected, seq - 1);
      expected = seq + 1;
      yield frame;
    }
    if (expected <= meta.lastSeq) this.#assertHole(expected, meta.lastSeq);
  }

  checkpoint(): void {
    this.database.checkpoint();
    this.#logBytes = 0;
  }

  #verified(row: Record<string, unknown>): StoredFrame {
    const { seq, head, body } = row;
    if (!(head instanceof Uint8Array) || !(body instanceof Uint8Array) || !isIntact(head, body)) {
      throw new DamageError(`frame ${String(seq)} fails its checksum`);
    }
    const fields = readHead(head);
    if (fields === null || fields.seq !== seq || fields.epoch !== this.state.meta.epoch) {
      throw new DamageError(`frame ${String(seq)} is another's`);
    }
    return { head, body, fields };
  }

  #assertHole(from: number, to: number): void {
    if (!this.state.isHole(from, to)) throw new DamageError(`frames within ${from} to ${to} are missing`);
  }

  #foldIsDue(frames: number, bytes: number): boolean {
    if (frames === 0) return false;
    return (
      this.#unfoldedFrames + frames >= FOLD_FRAMES || this.#unfoldedBytes + bytes >= FOLD_BYTES || this.#now() - this.#foldedAt >= FOLD_MS
    );
  }

  /** Removes a piece of what was acknowledged. Within a transaction. */
  #trim(): void {
    const started = this.#now();
    const heads: FrameHead[] = [];
    for (const head of this.#heads(0, this.#trimFrames)) {
      if (head.seq > this.#acked) break;
      heads.push(head);
    }
    const last = heads.at(-1);
    const whole = heads.length < this.#trimFrames;
    if (last !== undefined) {
      this.database.removeTo.run(last.seq);
      this.state.takeOut(heads);
      this.state.setMeta({ trimmedTicks: ticksAfter(last) });
    }
    this.state.setMeta({ trimmed: whole || last === undefined ? this.#acked : last.seq });
    this.#trimmedAt = this.#now();
    const took = this.#trimmedAt - started;
    if (took > TRIM_MS) this.#trimFrames = Math.max(TRIM_FRAMES_MIN, this.#trimFrames >> 1);
    else if (!whole && took < TRIM_MS / 3) this.#trimFrames = Math.min(TRIM_FRAMES_MAX, this.#trimFrames << 1);
  }

  /**
   * When more is queued than the budget allows, what was delivered goes first, whoever else wants it. Then the oldest frames go, but none that may be on its way to the backend: whether such a frame was delivered
   * could not be told, and neither what to bill. The host's own records stay: they are what says what was lost, and what was used.
   */
  #fitBudget(): Loss | null {
    const { budgetBytes } = this.#options;
    while (this.#cost() > budgetBytes && this.hasTrims) this.#trim();
    if (this.#cost() <= budgetBytes) return null;
    // More than is needed, so that a full spool drops a piece now and then and not a frame with each commit.
    const target = budgetBytes - Math.min(Math.max(budgetBytes / 64, 16_384), 4 * 1_048_576);
    this.#ackDelivered(target);
    while (this.hasTrims) this.#trim();
    if (this.#cost() <= budgetBytes) return null;
    const heads: FrameHead[] = [];
    const dropped = new Map<SpoolStream, number>();
    let cost = this.#cost();
    for (const head of this.#heads(this.#shieldedTo() + 1)) {
      if (cost <= target) break;
      if (!isMetered(head.stream)) continue;
      heads.push(head);
      cost -= head.bytes + FRAME_COST;
      dropped.set(head.stream, (dropped.get(head.stream) ?? 0) + head.count);
    }
    const first = heads[0];
    const last = heads.at(-1);
    if (first === undefined || last === undefined) return null;
    for (const { seq } of heads) this.database.remove.run(seq);
    this.state.takeOut(heads);
    const ticks = dropped.get('ticks') ?? 0;
    let records = -ticks;
    for (const count of dropped.values()) records += count;
    return this.state.lose({ fromSeq: first.seq, toSeq: last.seq, ticks, records, reason: 'budget' }, dropped);
  }

  /** Takes as much of what was delivered for acknowledged as has to go to come down to `target`. */
  #ackDelivered(target: number): void {
    let cost = this.#cost();
    let to = this.#acked;
    for (const head of this.#heads(this.#acked + 1)) {
      if (cost <= target || head.seq > this.#delivered) break;
      cost -= head.bytes + FRAME_COST;
      to = head.seq;
    }
    this.#acked = to;
  }

  #cost(): number {
    const { bytes, frames } = this.state.meta;
    return bytes + frames * FRAME_COST;
  }

  #shieldedTo(): number {
    const { shieldBytes, shieldFrames } = this.#options;
    let to = this.#delivered;
    let bytes = 0;
    let frames = 0;
    for (const head of this.#heads(this.#delivered + 1)) {
      bytes += head.bytes;
      if (bytes > shieldBytes || ++frames > shieldFrames) break;
      to = head.seq;
    }
    return to;
  }

  /** Heads in order of seq; their bodies are not read. */
  *#heads(fromSeq: number, limit = -1): Generator<FrameHead> {
    for (const row of this.database.heads.iterate(fromSeq, limit)) {
      const head = row['head'] instanceof Uint8Array ? readHead(row['head']) : null;
      if (head === null || head.seq !== row['seq']) throw new DamageError(`frame ${String(row['seq'])} has a damaged head`);
      yield head;
    }
  }
}

/** Whole pages: a large body wastes half of its last one, small ones share theirs. */
function framesLogBytes(frames: number, bytes: number): number {
  return bytes + frames * HEAD_BYTES + Math.min(frames * PAGE_BYTES, bytes);
}
