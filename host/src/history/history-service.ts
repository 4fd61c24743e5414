/**
 * The history's thread at work: takes what is handed over before anything else, answers questions in slices between, puts chunks together and takes old ones away when there is nothing else to do.
 */
import { dirname } from 'node:path';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { assertSpareRoom } from '../storage/spare-room.ts';
import { HistoryError } from './errors.ts';
import type { ReplayItem } from './history.ts';
import { HistoryView } from './query/history-view.ts';
import type { Work } from './query/history-view.ts';
import { replay } from './query/replay.ts';
import type { HistoryStore } from './store/history-store.ts';
import { isDamage, isDiskError, openStore, putAside } from './store/open-store.ts';
import { Retention } from './store/retention.ts';
import type { RetentionClock } from './store/retention.ts';
import type { TickPosition } from './store/chunk-table.ts';
import type { FromWorker, Question, SentItem, ToWorker, ViewId, WorkerOptions } from './worker-messages.ts';

/** How long questions are worked on before what was handed over meanwhile is taken. */
const SLICE_MS = 15;
const RETRY_MS = 1_000;
/** A piece of a replay: about so many bytes. */
const REPLAY_BYTES = 1_048_576;
const RECORD_BYTES = 500;
/** Old data is looked for each minute. */
const RETAIN_MS = 60_000;
/** Free space is given back in pieces that take a few milliseconds. */
const SHRINK_BYTES = 4 * 1_048_576;
const FORGET_ROWS = 64;

interface Job {
  readonly id: number;
  readonly work: Work<unknown>;
  readonly release: () => void;
}

export class HistoryService {
  readonly #options: WorkerOptions;
  readonly #post: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  readonly #clock: RetentionClock;
  #store: HistoryStore;
  #retention: Retention;
  #days: number | null = null;
  readonly #handovers: Extract<ToWorker, { type: 'frames' }>[] = [];
  readonly #jobs: Job[] = [];
  readonly #views = new Map<number, HistoryView>();
  readonly #replays = new Map<number, { readonly view: number; readonly items: Generator<ReplayItem, void, void> }>();
  /** Import session -> where it is. */
  readonly #imports = new Map<number, TickPosition>();
  #nextId = 1;
  #turnIsDue = false;
  /** Why the disk refused, until it is tried again. */
  #trouble: string | null = null;
  /** Since then nothing could be written. */
  #isRefused = false;
  #retry: NodeJS.Timeout | undefined;
  #cutoff: number | null = null;
  #mayShrink = false;
  #closing = false;
  readonly #timers: NodeJS.Timeout[] = [];

  /** Opens the file and says so. @throws {HistoryError} HISTORY_UNUSABLE */
  constructor(options: WorkerOptions, post: (message: FromWorker, transfer?: ArrayBuffer[]) => void, clock: RetentionClock) {
    this.#options = options;
    this.#post = post;
    this.#clock = clock;
    const { store, setAside } = openStore(options.path);
    this.#store = store;
    this.#retention = new Retention(store, clock);
    this.#timers.push(setInterval(() => this.retain(), RETAIN_MS));
    post({ type: 'opened', position: store.state.position, setAside });
    this.#schedule();
  }

  take(message: ToWorker): void {
    switch (message.type) {
      case 'frames':
        this.#handovers.push(message);
        break;
      case 'days':
        this.#days = this.#retention.days = message.days;
        this.retain();
        break;
      case 'ask':
        this.#ask(message);
        break;
      case 'close':
        this.#closing = true;
        break;
    }
    this.#schedule();
  }

  /** Looks for what is too old; each minute, and when the days change. */
  retain(): void {
    try {
      this.#cutoff = this.#retention.cutoff();
      if (this.#cutoff !== null) this.#schedule();
    } catch (error) {
      if (!isDiskError(error)) throw error;
      // The next minute tries again.
    }
  }

  #schedule(): void {
    if (this.#turnIsDue) return;
    this.#turnIsDue = true;
    setImmediate(() => {
      this.#turnIsDue = false;
      if (this.#turn()) this.#schedule();
    });
  }

  /** @returns whether there is more to do. */
  #turn(): boolean {
    const took = this.#takeHandover();
    if (this.#closing && (this.#handovers.length === 0 || this.#trouble !== null)) {
      this.#close();
      return false;
    }
    const answered = this.#answerSome();
    if (this.#trouble !== null) return answered;
    return took || answered || this.#handovers.length > 0 || this.#tidy();
  }

  #takeHandover(): boolean {
    const [first] = this.#handovers;
    if (first === undefined || (this.#trouble !== null && !this.#closing)) return false;
    try {
      this.#assertSpareRoom();
      const position = this.#store.takeFrames(first.handover);
      this.#goOn();
      this.#handovers.shift();
      this.#post({ type: 'taken', position, bytes: first.handover.bodies.byteLength });
      return true;
    } catch (error) {
      this.#onDiskError(error);
      return false;
    }
  }

  /** The disk refused: what was handed over waits, and is tried again. A damaged file is set aside. */
  #onDiskError(error: unknown): void {
    if (isDamage(error)) {
      this.#beginAnew((error as Error).message);
      return;
    }
    if (!isDiskError(error)) throw error;
    this.#trouble = (error as Error).message;
    // Once, not with each attempt: a full disk is no place for a line each second.
    if (!this.#isRefused) this.#post({ type: 'health', trouble: this.#trouble });
    this.#isRefused = true;
    this.#retry = setTimeout(() => {
      this.#trouble = null;
      this.#schedule();
    }, RETRY_MS);
  }

  #goOn(): void {
    if (this.#isRefused) this.#post({ type: 'health', trouble: null });
    this.#isRefused = false;
  }

  #beginAnew(reason: string): void {
    for (const { id } of this.#jobs.splice(0)) this.#fail(id, new HistoryError('HISTORY_DISK', `the history is damaged: ${reason}`));
    this.#views.clear();
    this.#replays.clear();
    try {
      this.#store.db.close();
    } catch {
      // It is damaged, or its disk is.
    }
    const setAside = putAside(this.#options.path);
    const { names } = this.#store;
    this.#store = openStore(this.#options.path).store;
    this.#store.learn(names);
    this.#retention = new Retention(this.#store, this.#clock);
    if (this.#days !== null) this.#retention.days = this.#days;
    this.#post({ type: 'damaged', setAside, reason });
  }

  #answerSome(): boolean {
    const until = this.#clock.monotonic() + SLICE_MS;
    let worked = false;
    // One in any case: a busy machine may take the whole slice away before it has begun.
    while (this.#jobs.length > 0 && (!worked || this.#clock.monotonic() < until)) {
      worked = true;
      // In turn, so that a long one holds up no short one.
      const job = this.#jobs.shift() as Job;
      try {
        const { done, value } = job.work.next();
        if (!done) {
          this.#jobs.push(job);
          continue;
        }
        job.release();
        this.#post({ type: 'answer', id: job.id, value }, buffersOf(value));
      } catch (error) {
        job.release();
        this.#fail(job.id, error);
        if (isDamage(error)) this.#beginAnew((error as Error).message);
      }
    }
    return worked;
  }

  #fail(id: number, error: unknown): void {
    const { message } = error as Error;
    if (error instanceof HistoryError) this.#post({ type: 'failed', id, code: error.code, message });
    else if (isDiskError(error)) this.#post({ type: 'failed', id, code: 'HISTORY_DISK', message: `${this.#options.path}: ${message}` });
    else throw error;
  }

  /** What can wait. @returns whether there is more of it. */
  #tidy(): boolean {
    try {
      if (this.#compact()) return true;
      if (this.#cutoff !== null) {
        const removed = this.#retention.remove(this.#cutoff);
        if (removed > 0) {
          this.#mayShrink = true;
          this.#post({ type: 'removed', count: removed, cutoff: this.#cutoff });
          return true;
        }
        this.#cutoff = null;
      }
      if (this.#store.forget(FORGET_ROWS) > 0) return (this.#mayShrink = true);
      const shrinks = this.#shrink();
      this.#goOn();
      return shrinks;
    } catch (error) {
      this.#onDiskError(error);
      return false;
    }
  }

  /** Takes room before it gives some back. Without any to spare it is left for later: nothing is missing meanwhile. */
  #compact(): boolean {
    try {
      this.#assertSpareRoom();
    } catch {
      return false;
    }
    return this.#store.compact();
  }

  #assertSpareRoom(): void {
    assertSpareRoom(dirname(this.#options.path));
  }

  /** Gives back what old data left free. What putting together leaves is used again at once, and stays. */
  #shrink(): boolean {
    const { db } = this.#store;
    this.#mayShrink &&= db.freeBytes > SHRINK_BYTES;
    if (this.#mayShrink) db.shrink(SHRINK_BYTES);
    return this.#mayShrink;
  }

  #ask(question: Question): void {
    const isOfView = 'view' in question && question.view !== null;
    // A question about now has a view of its own, so that what comes in between its slices changes nothing.
    const commit = isOfView ? null : this.#store.versions.open();
    const { versions } = this.#store;
    const release = (): void => {
      if (commit !== null) versions.close(commit);
    };
    this.#jobs.push({ id: question.id, work: this.#workOn(question, commit), release });
  }

  *#workOn(question: Question, commit: number | null): Work<unknown> {
    const view = (id: ViewId): HistoryView => (id === null ? new HistoryView(this.#store, commit ?? 0) : this.#viewOf(id));
    switch (question.method) {
      case 'info':
        return view(question.view).info();
      case 'bars':
        return yield* view(question.view).bars(question.query);
      case 'ticks':
        return yield* view(question.view).ticks(question.query);
      case 'records':
        return view(question.view).records(question.query);
      case 'openView':
        return this.#openView();
      case 'closeView':
        return this.#closeView(question.view);
      case 'openReplay':
        this.#replays.set(this.#nextId, { view: question.view, items: replay(view(question.view), question.query) });
        return this.#nextId++;
      case 'nextOfReplay':
        return yield* this.#nextOfReplay(question.replay);
      case 'closeReplay':
        this.#replays.delete(question.replay);
        return null;
      case 'importTicks':
        return this.#importTicks(question);
      case 'importRecords':
        this.#assertSpareRoom();
        return this.#store.importRecords(question.stream, question.source, question.records);
      case 'reference':
        return this.#retention.reference();
      case 'begin':
        this.#store.setPosition(question.position);
        return null;
    }
  }

  #viewOf(id: number): HistoryView {
    const view = this.#views.get(id);
    if (view === undefined) throw new HistoryError('HISTORY_CLOSED', 'this snapshot was closed, or the history was damaged and begun anew');
    return view;
  }

  #openView(): { view: number; symbols: unknown } {
    const view = new HistoryView(this.#store, this.#store.versions.open());
    this.#views.set(this.#nextId, view);
    return { view: this.#nextId++, symbols: view.symbols() };
  }

  #closeView(id: number): null {
    const view = this.#views.get(id);
    if (view !== undefined) view.store.versions.close(view.commit);
    this.#views.delete(id);
    for (const [replay, { view }] of this.#replays) if (view === id) this.#replays.delete(replay);
    return null;
  }

  *#nextOfReplay(id: number): Work<SentItem[]> {
    const replay = this.#replays.get(id);
    if (replay === undefined) throw new HistoryError('HISTORY_CLOSED', 'this replay is over, or its snapshot was closed');
    const items: SentItem[] = [];
    let bytes = 0;
    while (bytes < REPLAY_BYTES) {
      const { done, value } = replay.items.next();
      if (done) {
        if (items.length === 0) this.#replays.delete(id);
        break;
      }
      if (value.kind === 'ticks') {
        items.push({ kind: 'ticks', at: value.at, source: value.source, bytes: value.batch.bytes as Uint8Array<ArrayBuffer> });
        bytes += value.batch.bytes.byteLength;
      } else {
        items.push(value);
        bytes += RECORD_BYTES;
      }
      if (items.length % 256 === 0) yield;
    }
    return items;
  }

  #importTicks({ session, target, bytes }: Extract<Question, { method: 'importTicks' }>): unknown {
    this.#assertSpareRoom();
    const batch = TickBatch.view(bytes);
    const summary = this.#store.importTicks(target, batch, this.#imports.get(session) ?? null);
    const last = batch.count - 1;
    this.#imports.set(session, { time: batch.time[last] as number, ordinal: batch.ordinal[last] as number });
    return summary;
  }

  #close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#retry);
    for (const { id } of this.#jobs.splice(0)) this.#fail(id, new HistoryError('HISTORY_CLOSED', 'the host stops'));
    try {
      this.#store.db.close();
    } catch {
      // Everything that was told is on disk.
    }
    this.#post({ type: 'closed' });
  }
}

/** The buffers of an answer's columns, which go over without being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  const items = Array.isArray(value) ? value.map((item: unknown) => (item as { bytes?: unknown }).bytes) : Object.values(value);
  return items.flatMap((item) => (ArrayBuffer.isView(item) && item.buffer instanceof ArrayBuffer ? [item.buffer] : []));
}
