/**
 * The spool's own thread at work: groups what arrived into commits, trims and reads between them, waits out a disk that refuses, salvages a file that
 * turns out damaged.
 *
 * Group commit: what arrives while a commit runs goes into the next one; alone, a frame is committed at once.
 */
import { packFrames } from '../frame-pack.ts';
import type { FromWorker, ToWorker, WorkerOptions } from '../worker-messages.ts';
import { Ballast, logBytesFor } from './ballast.ts';
import { Database } from './database.ts';
import { FrameStore } from './frame-store.ts';
import { openingOf, openPatiently } from './opening.ts';
import { pause } from './pause.ts';
import { PendingFrames } from './pending-frames.ts';
import { salvage } from './salvage.ts';
import { failureKind, failureWords, reasonOf } from './sqlite-failure.ts';
import type { FailureKind } from './sqlite-failure.ts';

const RETRY_MS = 200;
const CLOSE_ATTEMPTS = 5;
/** One transaction takes at most this much, so that a read does not wait long behind it; and half of what the log may hold. */
const GROUP_BYTES_MAX = 2 * 1_048_576;
/** Without reserve: small enough for the log as it is. */
const CAREFUL_GROUP_BYTES = 128 * 1_024;
const READ_BYTES_MAX = 2 * 1_048_576;
/** A file that is nearly empty and has this much unused space gives it back, which takes 0.1 s: when nothing has come for a while, or at the end. */
const SHRINK_FREE_BYTES = 64 * 1_048_576;
const SHRINK_LIVE_BYTES = 1_048_576;
const SHRINK_IDLE_MS = 5_000;
/** A file that has to be salvaged more often within a minute lies on a disk that cannot be used. */
const SALVAGES_A_MINUTE = 5;

/** The disk has no room for the reserve, and the file no free pages. */
class NoReserveError extends Error {
  readonly code = 'ENOSPC';

  constructor(bytes: number) {
    super(`there is no room for a reserve of ${bytes} bytes`);
    this.name = 'NoReserveError';
  }
}

export class SpoolService {
  readonly #options: WorkerOptions;
  readonly #post: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  readonly #now: () => number;
  readonly #ballast: Ballast;
  /** The log never holds more than this, and the reserve is as much: written back, the file grows by no more. */
  readonly #logBytes: number;
  readonly #pending = new PendingFrames();
  /** Asked for usage, to be answered when what arrived before is durable. */
  readonly #asked: number[] = [];
  readonly #salvagedAt: number[] = [];
  /** Null before it is open and after it is closed. */
  #store: FrameStore | null = null;
  #stalledBy: FailureKind | null = null;
  /** What is wrong with a file that could not be salvaged yet. */
  #damage: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #turnIsDue = false;
  #workedAt = 0;
  #closing = false;

  /** @param now monotonic milliseconds. */
  constructor(options: WorkerOptions, post: (message: FromWorker, transfer?: ArrayBuffer[]) => void, now: () => number) {
    this.#options = { ...options };
    this.#post = post;
    this.#now = now;
    this.#logBytes = logBytesFor(options.path, options.budgetBytes);
    this.#ballast = new Ballast(`${options.path}-ballast`, this.#logBytes);
  }

  open(): void {
    const store = openPatiently(this.#options, this.#ballast, this.#now);
    if (!(store instanceof FrameStore)) {
      this.#post({ type: 'refused', ...store });
      return;
    }
    this.#store = store;
    this.#ballast.restore();
    this.#post({ type: 'opened', opening: openingOf(store) });
    this.#schedule();
  }

  take(message: ToWorker): void {
    switch (message.type) {
      case 'append':
        this.#pending.push(message.frames, message.marks);
        this.#store?.ack(message.ack);
        break;
      case 'ack':
        this.#store?.ack(message.ack);
        break;
      case 'budget':
        this.#options.budgetBytes = message.bytes;
        break;
      case 'read':
        this.#read(message.id, message.fromSeq, message.maxBytes);
        break;
      case 'usage':
        this.#asked.push(message.id);
        if (this.#stalledBy !== null && this.#store !== null) this.#answerUsage(this.#store, false);
        break;
      case 'renew':
        this.#renew(message.id, message.reason);
        break;
      case 'close':
        this.#closing = true;
        break;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#turnIsDue || this.#store === null || (this.#stalledBy !== null && !this.#closing)) return;
    this.#turnIsDue = true;
    // After the messages that are in the port already: they belong into one commit.
    setImmediate(() => {
      this.#turnIsDue = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#closing) {
      this.#close();
      return;
    }
    if (this.#store === null || this.#stalledBy !== null) return;
    this.#attempt();
    if (this.#stalledBy !== null || this.#store === null) return;
    const trimDueIn = this.#store.trimDueIn;
    if (!this.#pending.isEmpty || trimDueIn === 0) this.#schedule();
    else if (trimDueIn === Infinity && this.#canShrink(this.#store)) this.#wait(SHRINK_IDLE_MS);
    else this.#wait(trimDueIn);
  }

  /** Does one piece of what there is to do. Afterwards the spool is stalled if the disk would not. */
  #attempt(): void {
    const store = this.#store;
    if (store === null) return;
    try {
      if (!this.#pending.isEmpty) this.#commitSome(store);
      else if (store.trimDueIn === 0) this.#trim(store);
      else if (this.#now() - this.#workedAt >= SHRINK_IDLE_MS && this.#canShrink(store)) this.#shrink(store);
      if (this.#pending.isEmpty) this.#answerUsage(store, true);
      this.#workedAt = this.#now();
    } catch (error) {
      this.#stall(error);
    }
  }

  /** Commits a group. Without the reserve only into pages that the file has already. */
  #commitSome(store: FrameStore): void {
    if (this.#ballast.whole || this.#ballast.restore()) {
      this.#commitGroup(store, Math.min(GROUP_BYTES_MAX, this.#logBytes / 2));
      return;
    }
    if (store.database.freeBytes < 3 * CAREFUL_GROUP_BYTES) throw new NoReserveError(this.#ballast.bytes);
    this.#commitGroup(store, CAREFUL_GROUP_BYTES);
    store.checkpoint();
  }

  #commitGroup(store: FrameStore, maxBytes: number): void {
    const group = this.#pending.next(maxBytes);
    this.#boundLog(store, group.frames.length, group.bytes);
    const loss = store.commit(group.frames, group.marks);
    this.#pending.done(group);
    const { depth, meta } = store.state;
    this.#post({ type: 'durable', seq: meta.lastSeq, bytes: group.bytes, depth });
    if (loss !== null) this.#post({ type: 'lost', loss, depth });
  }

  /** Before a commit and not after it: whenever the disk turns out full, the reserve is room enough to write back what the log holds. */
  #boundLog(store: FrameStore, frames: number, bytes: number): void {
    if (store.logExceeds(this.#logBytes, frames, bytes)) store.checkpoint();
  }

  #trim(store: FrameStore): void {
    this.#boundLog(store, 0, 0);
    store.commit([], []);
    this.#post({ type: 'trimmed', depth: store.state.depth });
  }

  #canShrink(store: FrameStore): boolean {
    return store.state.meta.bytes < SHRINK_LIVE_BYTES && store.database.freeBytes > SHRINK_FREE_BYTES;
  }

  #shrink(store: FrameStore): void {
    store.database.shrink();
    store.checkpoint();
  }

  #answerUsage(store: FrameStore, complete: boolean): void {
    for (const id of this.#asked.splice(0)) this.#post({ type: 'usage', id, rows: store.state.usage(), complete });
  }

  #read(id: number, fromSeq: number, maxBytes: number): void {
    for (let attempt = 1; this.#store !== null && this.#damage === null; attempt++) {
      try {
        const frames = packFrames(this.#store.read(fromSeq, Math.min(maxBytes, READ_BYTES_MAX)));
        this.#post({ type: 'frames', id, frames }, [frames]);
        return;
      } catch (error) {
        // A sector that cannot be read does not get better: what can be read is saved.
        if (attempt === 3 || failureKind(error) === null) break;
        if (failureKind(error) === 'damaged' || attempt === 2) this.#salvage(reasonOf(error), false);
      }
    }
    this.#post({ type: 'failed', id, message: 'the spool cannot be read now; it is salvaged or waits for its disk' });
  }

  #renew(id: number, reason: string): void {
    this.#salvage(reason, true);
    if (this.#store === null || this.#damage !== null)
      this.#post({ type: 'failed', id, message: `the spool cannot be renewed now: ${this.#health()}` });
    else this.#post({ type: 'renewed', id, epoch: this.#store.state.meta.epoch });
  }

  /** The disk refused. Nothing is lost: what is pending stays so, in order, and is tried again. */
  #stall(error: unknown): void {
    const kind = failureKind(error);
    if (kind === null) throw error;
    if (kind === 'damaged') {
      this.#salvage(reasonOf(error), false);
      return;
    }
    // Before anybody hears of it: who makes room may be who takes the reserve's.
    if (kind === 'full') this.#giveWay();
    if (this.#stalledBy !== kind) {
      this.#stalledBy = kind;
      this.#post({ type: 'health', health: { state: 'stalled', reason: `${failureWords(kind)}: ${reasonOf(error)}` } });
    }
    // Who asks how things are is not kept waiting for somebody to make room.
    if (this.#store !== null) this.#answerUsage(this.#store, false);
    this.#wait(RETRY_MS);
  }

  /** Gives the reserve up for the log to be written back, so that the log's own space can be used again. */
  #giveWay(): void {
    this.#ballast.release();
    try {
      this.#store?.checkpoint();
    } catch {
      // Then it is tried again with the next attempt.
    }
  }

  #retry(): void {
    const store = this.#store;
    if (store === null) return;
    if (this.#damage !== null) {
      this.#repair(store, this.#damage, false);
      return;
    }
    try {
      if (store.hasTrims) this.#trim(store);
      while (!this.#pending.isEmpty) this.#commitSome(store);
    } catch (error) {
      this.#stall(error);
      return;
    }
    this.#recover();
  }

  #recover(): void {
    if (this.#stalledBy !== null) this.#post({ type: 'health', health: { state: 'ok' } });
    this.#stalledBy = null;
    this.#schedule();
  }

  #salvage(reason: string, renew: boolean): void {
    if (this.#store === null) return;
    this.#countSalvage();
    this.#repair(this.#store, reason, renew);
  }

  /** Makes a sound file of the damaged one and goes on with it. When the disk refuses even that, the spool is stalled until it works. */
  #repair(damaged: FrameStore, reason: string, renew: boolean): void {
    try {
      damaged.state.setMeta({ acked: damaged.acked });
      const known = damaged.state.meta.nextLoss;
      const state = salvage(this.#options.path, { reason, state: damaged.state, renew }, () => closeQuietly(damaged.database));
      this.#store = new FrameStore(Database.open(this.#options.path), state, this.#options, this.#now);
      for (const loss of state.losses()) {
        if (loss.id >= known) this.#post({ type: 'lost', loss, depth: state.depth });
      }
    } catch (error) {
      const kind = failureKind(error);
      if (kind === null) throw error;
      this.#damage = reason;
      this.#stalledBy = kind;
      this.#post({ type: 'health', health: { state: 'stalled', reason: `a damaged spool waits to be salvaged: ${reasonOf(error)}` } });
      if (kind === 'full') this.#ballast.release();
      this.#answerUsage(damaged, false);
      this.#wait(RETRY_MS);
      return;
    }
    this.#damage = null;
    this.#recover();
  }

  #countSalvage(): void {
    const now = this.#now();
    this.#salvagedAt.push(now);
    while ((this.#salvagedAt[0] ?? now) < now - 60_000) this.#salvagedAt.shift();
    if (this.#salvagedAt.length > SALVAGES_A_MINUTE) {
      throw new Error(
        `${this.#options.path} was damaged ${SALVAGES_A_MINUTE} times within a minute; its disk cannot be relied on, move the spool to another`,
      );
    }
  }

  #health(): string {
    return this.#stalledBy === null ? 'it is closed' : failureWords(this.#stalledBy);
  }

  #wait(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#stalledBy === null) this.#schedule();
      else this.#retry();
    }, ms);
  }

  #close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (let attempt = 1; this.#store !== null && attempt <= CLOSE_ATTEMPTS && !this.#isDone(this.#store); attempt++) {
      if (attempt > 1) pause(RETRY_MS);
      this.#stalledBy = null;
      if (this.#pending.isEmpty) this.#attemptTrim();
      while (!this.#pending.isEmpty && this.#stalledBy === null && this.#store !== null) this.#attempt();
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#store !== null) {
      this.#answerUsage(this.#store, this.#pending.isEmpty);
      closeQuietly(this.#store.database);
    }
    this.#store = null;
    this.#post({ type: 'closed', unwritten: this.#pending.frames });
  }

  #isDone(store: FrameStore): boolean {
    return this.#pending.isEmpty && !store.hasTrims;
  }

  #attemptTrim(): void {
    try {
      while (this.#store?.hasTrims) this.#trim(this.#store);
      if (this.#store !== null && this.#canShrink(this.#store)) this.#shrink(this.#store);
    } catch (error) {
      this.#stall(error);
    }
  }
}

function closeQuietly(database: Database): void {
  try {
    database.close();
  } catch {
    // It is damaged, or its disk is: what counts has been read from it.
  }
}
