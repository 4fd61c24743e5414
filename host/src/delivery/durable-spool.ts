import type { Worker } from 'node:worker_threads';
import type { SymbolTable } from '@tickhub/plugin-sdk/host';
import { SpoolError } from './errors.ts';
import { readHead } from './frame-head.ts';
import { unpackFrames } from './frame-pack.ts';
import { FrameQueue } from './frame-queue.ts';
import { HealthWatch } from './health-watch.ts';
import { KnownNames } from './known-names.ts';
import { Listeners } from './listeners.ts';
import { Questions } from './questions.ts';
import { RecentFrames } from './recent-frames.ts';
import type { DurableCursor, RecordMark, Spool, SpoolDepth, SpoolFrame, SpoolGap, SpoolHealth, SpoolStream, UsageRow } from './spool.ts';
import type { Ack, BookedUsage, FromWorker, Loss, Marks, Opening, ToWorker } from './worker-messages.ts';

/** What is sent to the spool's thread in one message, about: what is appended at once goes together, into one transaction, and that has to fit what a full disk leaves. */
const FLUSH_BYTES = 262_144;
/** A transport's pipe frame has room for 4 MiB with the seq in front. */
const MAX_BODY_BYTES = 4 * 1_048_576 - 8;
const MINUTE_MS = 60_000;
/** Acks go along with appends; alone they may wait this long, as waking a thread costs more than handling one. */
const ACK_DELAY_MS = 25;
const EMPTY_DEPTH: SpoolDepth = { frames: 0, bytes: 0, ticks: 0 };

/** Wall clock: Unix epoch milliseconds. */
export interface SpoolClock {
  now(): number;
}

export interface DurableSpoolTerms {
  readonly path: string;
  readonly clock: SpoolClock;
  readonly memoryBytes: number;
  readonly window: Spool['window'];
}

/** The host's side of the spool: numbers frames, keeps the newest in memory, and speaks with the spool's thread. */
export class DurableSpool implements Spool {
  readonly openedSeq: number;
  readonly window: Spool['window'];
  readonly #path: string;
  readonly #clock: SpoolClock;
  readonly #worker: Worker;
  readonly #recent: RecentFrames;
  readonly #durable = new Listeners<number>();
  readonly #health = new HealthWatch();
  readonly #gaps = new Listeners<SpoolGap>();
  readonly #failures = new Listeners<SpoolError>();
  readonly #reads = new Questions<readonly SpoolFrame[]>();
  readonly #usages = new Questions<{ readonly rows: readonly BookedUsage[]; readonly complete: boolean }>();
  readonly #renewals = new Questions<void>();
  readonly #queue = new FrameQueue();
  readonly #names: KnownNames;
  readonly #cursors: readonly DurableCursor[];
  readonly #positions: Map<string, number>;
  readonly #keys: Opening['keys'];
  readonly #openingGaps: readonly SpoolGap[];
  #epoch: string;
  #lastSeq: number;
  #durableSeq: number;
  #ackedSeq: number;
  #ticks: number;
  #minute: number;
  #depth: SpoolDepth;
  #pendingBytes = 0;
  #delivered: number;
  #sentAck: Ack = { seq: 0, delivered: 0 };
  #ackTimer: NodeJS.Timeout | null = null;
  #flushIsDue = false;
  #nextId = 1;
  #failure: SpoolError | null = null;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(worker: Worker, opening: Opening, terms: DurableSpoolTerms) {
    this.#path = terms.path;
    this.#clock = terms.clock;
    this.window = terms.window;
    this.#worker = worker;
    this.#recent = new RecentFrames(terms.memoryBytes);
    this.#epoch = opening.epoch;
    this.openedSeq = this.#lastSeq = this.#durableSeq = opening.lastSeq;
    this.#ackedSeq = this.#delivered = opening.ackedSeq;
    this.#ticks = opening.ticks;
    this.#minute = opening.minute;
    this.#depth = opening.depth;
    this.#names = new KnownNames(opening.symbols);
    this.#cursors = opening.cursors;
    this.#positions = new Map(opening.positions);
    this.#keys = opening.keys;
    this.#openingGaps = opening.losses;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(null));
    for (const loss of opening.losses) this.#announce(loss);
  }

  get epoch(): string {
    return this.#epoch;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  get ackedSeq(): number {
    return this.#ackedSeq;
  }

  get health(): SpoolHealth {
    return this.#health.current;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get depth(): SpoolDepth {
    // The spool's thread removes what was acknowledged a moment later.
    return this.#ackedSeq >= this.#durableSeq ? EMPTY_DEPTH : this.#depth;
  }

  symbols(): SymbolTable {
    return this.#names.table;
  }

  cursors(): readonly DurableCursor[] {
    return this.#cursors;
  }

  recordPositions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  recordKeys(): Opening['keys'] {
    return this.#keys;
  }

  addSymbols(table: SymbolTable): void {
    this.#assertOpen();
    const added = this.#names.add(table);
    if (added !== null) this.#mark({ symbols: [added] });
  }

  appendTicks(body: Uint8Array, count: number): number {
    return this.#append('ticks', body, count);
  }

  appendRecords(
    stream: SpoolStream,
    plugin: string,
    body: Uint8Array,
    count: number,
    lastRecordSeq: number,
    marks: readonly RecordMark[] = [],
  ): number {
    return this.#appendMarked(stream, plugin, body, count, lastRecordSeq, { records: marks });
  }

  appendUsageReport(body: Uint8Array, reported: readonly UsageRow[], lastRecordSeq: number): number {
    const marks = { reported: reported.map(({ stream, minute }) => ({ stream, minute })) };
    return this.#appendMarked('usage', 'host', body, reported.length, lastRecordSeq, marks);
  }

  onDurable(listener: (durableSeq: number) => void): () => void {
    return this.#durable.add(listener);
  }

  onHealth(listener: (health: SpoolHealth) => void): () => void {
    return this.#health.onChange(listener);
  }

  onGap(listener: (gap: SpoolGap) => void): () => void {
    // What was found at opening is told to those who could not listen then.
    queueMicrotask(() => this.#openingGaps.forEach(listener));
    return this.#gaps.add(listener);
  }

  onFailure(listener: (error: SpoolError) => void): () => void {
    return this.#failures.add(listener);
  }

  read(fromSeq: number, maxBytes: number): Promise<readonly SpoolFrame[]> {
    const recent = this.readRecent(fromSeq, maxBytes);
    if (recent !== null) return Promise.resolve(recent);
    return this.#ask(this.#reads, (id) => ({ type: 'read', id, fromSeq, maxBytes }));
  }

  readRecent(fromSeq: number, maxBytes: number): readonly SpoolFrame[] | null {
    if (fromSeq > this.#durableSeq) return [];
    return this.#recent.from(fromSeq, this.#durableSeq, maxBytes);
  }

  ack(seq: number, delivered = seq): void {
    if (this.#failure !== null || this.#closing !== null || !(seq > this.#ackedSeq || delivered > this.#delivered)) return;
    this.#ackedSeq = Math.max(this.#ackedSeq, Math.min(seq, this.#durableSeq));
    this.#delivered = Math.max(this.#delivered, this.#ackedSeq, Math.min(delivered, this.#durableSeq));
    this.#recent.forget(this.#ackedSeq);
    this.#ackTimer ??= setTimeout(() => {
      this.#ackTimer = null;
      this.#sendAck();
    }, ACK_DELAY_MS);
  }

  async usage(): Promise<readonly UsageRow[]> {
    const { rows } = await this.#askUsage();
    return rows.map(({ stream, minute, counted, dropped }) => ({ stream, minute, counted, dropped }));
  }

  async unreportedUsage(): Promise<readonly UsageRow[] | null> {
    const open = this.#currentMinute();
    const { rows, complete } = await this.#askUsage();
    return complete ? rows.filter((row) => !row.reported && row.minute < open) : null;
  }

  setBudget(bytes: number): void {
    if (this.#failure === null && this.#closing === null) this.#post({ type: 'budget', bytes });
  }

  renew(reason: string): Promise<void> {
    return this.#ask(this.#renewals, (id) => ({ type: 'renew', id, reason }));
  }

  close(): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    if (this.#failure !== null) return Promise.resolve();
    this.#flush();
    this.#sendAck();
    if (this.#ackTimer !== null) clearTimeout(this.#ackTimer);
    this.#closing = Promise.withResolvers<void>();
    this.#post({ type: 'close' });
    return this.#closing.promise;
  }

  #appendMarked(stream: SpoolStream, plugin: string, body: Uint8Array, count: number, lastRecordSeq: number, marks: Marks): number {
    const key = `${plugin}/${stream}`;
    const seq = this.#append(stream, body, count, { ...marks, positions: [[key, lastRecordSeq]] });
    this.#positions.set(key, lastRecordSeq);
    return seq;
  }

  /** @param marks durable in the frame's own transaction. */
  #append(stream: SpoolStream, body: Uint8Array, count: number, marks?: Marks): number {
    this.#assertOpen();
    if (body.byteLength > MAX_BODY_BYTES) {
      throw new SpoolError(
        'SPOOL_FRAME',
        `a frame of ${body.byteLength} bytes is over the limit of ${MAX_BODY_BYTES}; seal smaller batches`,
      );
    }
    const frame: SpoolFrame = { seq: ++this.#lastSeq, stream, body, count };
    this.#recent.push(frame);
    this.#queue.push(frame, this.#currentMinute(), this.#ticks);
    if (stream === 'ticks') this.#ticks += count;
    this.#pendingBytes += body.byteLength;
    // Before the flush that a large frame leads to: what goes in another message may go in another transaction.
    if (marks !== undefined) this.#queue.mark(marks);
    if (this.#queue.bytes >= FLUSH_BYTES) this.#flush();
    else this.#flushSoon();
    return frame.seq;
  }

  /** The minute usage is booked in. It never falls, so that a minute that was reported stays as it was. */
  #currentMinute(): number {
    this.#minute = Math.max(this.#minute, Math.floor(this.#clock.now() / MINUTE_MS));
    return this.#minute;
  }

  #mark(marks: Marks): void {
    this.#queue.mark(marks);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    // At the end of what runs now: the frames of one read of a socket go together, and no turn of the event loop is spent on it.
    queueMicrotask(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#failure !== null || this.#queue.isEmpty) return;
    const { frames, marks } = this.#queue.take();
    this.#health.given();
    this.#post({ type: 'append', frames, marks, ack: (this.#sentAck = this.#ack) }, [frames]);
  }

  #sendAck(): void {
    const ack = this.#ack;
    if (this.#failure !== null || this.#closing !== null) return;
    if (ack.seq === this.#sentAck.seq && ack.delivered === this.#sentAck.delivered) return;
    this.#post({ type: 'ack', ack: (this.#sentAck = ack) });
  }

  get #ack(): Ack {
    return { seq: this.#ackedSeq, delivered: this.#delivered };
  }

  #post(message: ToWorker, transfer?: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer);
  }

  #ask<T>(questions: Questions<T>, message: (id: number) => ToWorker): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing !== null) return Promise.reject(closedError(this.#path));
    this.#flush();
    const id = this.#nextId++;
    const answer = questions.ask(id);
    this.#post(message(id));
    return answer;
  }

  #askUsage(): Promise<{ readonly rows: readonly BookedUsage[]; readonly complete: boolean }> {
    return this.#ask(this.#usages, (id) => ({ type: 'usage', id }));
  }

  #take(message: FromWorker): void {
    switch (message.type) {
      case 'durable':
        this.#durableSeq = message.seq;
        this.#pendingBytes -= message.bytes;
        this.#health.answered(this.#pendingBytes > 0);
        this.#depth = message.depth;
        this.#durable.emit(message.seq);
        break;
      case 'trimmed':
        this.#depth = message.depth;
        break;
      case 'health':
        this.#health.told(message.health);
        break;
      case 'lost':
        this.#depth = message.depth;
        this.#recent.forget(message.loss.toSeq);
        this.#gaps.emit(message.loss);
        this.#announce(message.loss);
        break;
      case 'frames':
        this.#reads.answer(message.id, framesIn(message.frames));
        break;
      case 'usage':
        this.#usages.answer(message.id, message);
        break;
      case 'renewed':
        this.#epoch = message.epoch;
        this.#renewals.answer(message.id);
        break;
      case 'failed': {
        const error = new SpoolError('SPOOL_UNUSABLE', `${this.#path}: ${message.message}`);
        this.#reads.reject(message.id, error);
        this.#renewals.reject(message.id, error);
        break;
      }
      case 'closed':
        this.#end(message.unwritten);
        break;
      case 'opened':
      case 'refused':
        break;
    }
  }

  /** Tells the backend of a loss, by a record that is durable together with the note that it was told. */
  #announce({ id, fromSeq, toSeq, ticks, records, reason, detail }: Loss): void {
    if (this.#closing !== null || this.#failure !== null) return;
    const time = this.#clock.now();
    const seq = (this.#positions.get('host/gap') ?? 0) + 1;
    const gap = { fromSeq, toSeq, ticks, records, reason, ...(detail === undefined ? {} : { detail }) };
    const body = Buffer.from(JSON.stringify({ stream: 'gap', source: 'host', records: [{ seq, time, body: gap }] }));
    this.#appendMarked('gap', 'host', new Uint8Array(body), 1, seq, { announced: [id] });
  }

  #end(unwritten: number): void {
    const closing = this.#closing;
    this.#failure = closedError(this.#path);
    this.#health.stop();
    this.#rejectQuestions(this.#failure);
    if (unwritten === 0) closing?.resolve();
    else
      closing?.reject(
        new SpoolError(
          'SPOOL_UNWRITTEN',
          `${this.#path}: the disk did not take the last ${unwritten} frames; their sources were not told that they are safe and will send them again`,
        ),
      );
  }

  #fail(cause: unknown): void {
    if (this.#failure !== null) return;
    const why = cause instanceof Error ? cause.message : 'it ended without an error';
    const error = new SpoolError(
      'SPOOL_WORKER',
      `the spool's thread died: ${why}. Nothing that was reported durable is lost; start Tickhub again to go on from there`,
      cause,
    );
    this.#failure = error;
    this.#rejectQuestions(error);
    this.#closing?.reject(error);
    this.#health.stop();
    this.#health.told({ state: 'stalled', reason: error.message });
    this.#failures.emit(error);
  }

  #rejectQuestions(error: SpoolError): void {
    for (const questions of [this.#reads, this.#usages, this.#renewals]) questions.rejectAll(error);
  }

  #assertOpen(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closing !== null) throw closedError(this.#path);
  }
}

function framesIn(packed: ArrayBuffer): SpoolFrame[] {
  return unpackFrames(packed).flatMap(({ head, body }) => {
    const fields = readHead(head);
    return fields === null ? [] : [{ seq: fields.seq, stream: fields.stream, count: fields.count, body }];
  });
}

function closedError(path: string): SpoolError {
  return new SpoolError('SPOOL_CLOSED', `${path} is closed`);
}
