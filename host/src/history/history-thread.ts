import { Worker } from 'node:worker_threads';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { Questions } from '../delivery/questions.ts';
import { HistoryError } from './errors.ts';
import type {
  BarQuery,
  Bars,
  History,
  HistoryInfo,
  HistorySnapshot,
  ImportSummary,
  ImportTarget,
  RecordPage,
  RecordQuery,
  ReplayItem,
  ReplayQuery,
  SnapshotSymbol,
  TickImport,
  TickPage,
  TickQuery,
} from './history.ts';
import type { Handover } from './store/history-store.ts';
import type { Position } from './store/state-table.ts';
import type { Dialogue, FromWorker, Method, Question, ToWorker, ViewId, WorkerOptions } from './worker-messages.ts';

export interface HistoryEvents {
  /** Everything up to this position is on disk; `bytes` of bodies were handed over for it. */
  onTaken(position: Position, bytes: number): void;
  /** Something a person should know. */
  onTrouble(level: 'info' | 'warn' | 'error', message: string): void;
  /** The thread has died. */
  onFailure(error: HistoryError): void;
}

/** The host's side of the history's thread: what may be asked of a history, and what is handed over to it. */
export class HistoryThread implements History {
  /** How far it was when it was opened; null for a new file. */
  readonly opened: Position | null;
  readonly #worker: Worker;
  readonly #path: string;
  readonly #events: HistoryEvents;
  readonly #questions = new Questions<unknown>();
  readonly #closed = Promise.withResolvers<void>();
  #nextId = 1;
  #nextSession = 1;
  #failure: HistoryError | null = null;

  private constructor(worker: Worker, opened: Position | null, path: string, events: HistoryEvents) {
    this.#worker = worker;
    this.opened = opened;
    this.#path = path;
    this.#events = events;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(null));
  }

  /** Opens the history at `path`, or makes it, and starts its thread. @throws {HistoryError} HISTORY_UNUSABLE, HISTORY_WORKER */
  static async open(path: string, events: HistoryEvents): Promise<HistoryThread> {
    const workerData: WorkerOptions = { path };
    const worker = new Worker(workerEntry(), { workerData, name: 'tickhub history', execArgv: [], stdin: false });
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
    const died = (error: unknown): void => {
      const why = error instanceof Error ? error.message : 'it ended before the history was open';
      reject(new HistoryError('HISTORY_WORKER', `the history's thread did not start: ${why}`, error));
    };
    worker.once('error', died);
    worker.once('exit', died);
    worker.once('message', resolve);
    const message = await promise;
    worker.off('error', died);
    worker.off('exit', died);
    if (message.type === 'refused') throw new HistoryError(message.code, message.message);
    if (message.type !== 'opened') throw new HistoryError('HISTORY_WORKER', "the history's thread spoke out of turn");
    if (message.setAside !== null) {
      events.onTrouble(
        'error',
        `${path} was damaged: it was set aside as ${message.setAside}, and a new history begun. What is still in the spool goes into it`,
      );
    }
    return new HistoryThread(worker, message.position, path, events);
  }

  handOver(handover: Handover): void {
    this.#post({ type: 'frames', handover }, [handover.bodies]);
  }

  /** How many days are kept; Infinity for all. */
  setDays(days: number): void {
    this.#post({ type: 'days', days });
  }

  /** See {@link Position}: for a spool that this history has not seen. */
  async begin(position: Position): Promise<void> {
    await this.#ask('begin', { position });
  }

  /** What a tier's days are counted back from. */
  reference(): Promise<number> {
    return this.#ask('reference', {});
  }

  info(): Promise<HistoryInfo> {
    return this.#ask('info', { view: null });
  }

  bars(query: BarQuery): Promise<Bars> {
    return this.#ask('bars', { view: null, query });
  }

  ticks(query: TickQuery): Promise<TickPage> {
    return this.#ask('ticks', { view: null, query });
  }

  records(query: RecordQuery): Promise<RecordPage> {
    return this.#ask('records', { view: null, query });
  }

  async snapshot(): Promise<HistorySnapshot> {
    const { view, symbols } = await this.#ask('openView', {});
    return new ThreadSnapshot((method, question) => this.#ask(method, question), view, symbols);
  }

  importTicks(target: ImportTarget): Promise<TickImport> {
    const session = this.#nextSession++;
    return Promise.resolve(new ThreadImport((bytes) => this.#ask('importTicks', { session, target, bytes }, [bytes.buffer])));
  }

  importRecords({ stream, source, records }: Parameters<History['importRecords']>[0]): Promise<ImportSummary> {
    return this.#ask('importRecords', { stream, source, records });
  }

  /** Takes what was handed over, then closes the file. */
  close(): Promise<void> {
    this.#post({ type: 'close' });
    this.#failure ??= new HistoryError('HISTORY_CLOSED', `${this.#path} is closed`);
    return this.#closed.promise;
  }

  #ask<M extends Method>(method: M, question: Dialogue[M]['ask'], transfer: ArrayBuffer[] = []): Promise<Dialogue[M]['answer']> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const answer = this.#questions.ask(id);
    // The thread answers each method with what the dialogue says.
    this.#worker.postMessage({ type: 'ask', id, method, ...question } as unknown as Question, transfer);
    return answer as Promise<Dialogue[M]['answer']>;
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    if (this.#failure === null) this.#worker.postMessage(message, transfer);
  }

  #take(message: FromWorker): void {
    const { onTaken, onTrouble } = this.#events;
    switch (message.type) {
      case 'taken':
        onTaken(message.position, message.bytes);
        break;
      case 'answer':
        this.#questions.answer(message.id, message.value);
        break;
      case 'failed':
        this.#questions.reject(message.id, new HistoryError(message.code, message.message));
        break;
      case 'health':
        if (message.trouble === null) onTrouble('info', 'the history is written again');
        else
          onTrouble(
            'error',
            `the history cannot be written: ${message.trouble}. What is in the spool waits there, and it is tried again each second`,
          );
        break;
      case 'damaged':
        onTrouble(
          'error',
          `${this.#path} turned out to be damaged (${message.reason}): it was set aside as ${message.setAside}, and a new history begun`,
        );
        break;
      case 'removed':
        onTrouble(
          'info',
          `${message.count} pieces of history from before ${new Date(message.cutoff).toISOString()} are over the tier's days and went`,
        );
        break;
      case 'closed':
        this.#questions.rejectAll(new HistoryError('HISTORY_CLOSED', `${this.#path} is closed`));
        this.#closed.resolve();
        break;
      case 'opened':
      case 'refused':
        break;
    }
  }

  #fail(cause: unknown): void {
    const wasClosed = this.#failure !== null;
    const why = cause instanceof Error ? cause.message : 'it ended without an error';
    const error = new HistoryError(
      'HISTORY_WORKER',
      `the history's thread died: ${why}. Start Tickhub again to go on; what is in the spool waits there`,
      cause,
    );
    this.#failure ??= error;
    this.#questions.rejectAll(error);
    this.#closed.resolve();
    if (!wasClosed) this.#events.onFailure(error);
  }
}

type Ask = <M extends Method>(method: M, question: Dialogue[M]['ask']) => Promise<Dialogue[M]['answer']>;

class ThreadSnapshot implements HistorySnapshot {
  readonly #ask: Ask;
  readonly #view: number;
  readonly #symbols: readonly SnapshotSymbol[];

  constructor(ask: Ask, view: number, symbols: readonly SnapshotSymbol[]) {
    this.#ask = ask;
    this.#view = view;
    this.#symbols = symbols;
  }

  symbols(): readonly SnapshotSymbol[] {
    return this.#symbols;
  }

  info(): Promise<HistoryInfo> {
    return this.#ask('info', this.#of);
  }

  bars(query: BarQuery): Promise<Bars> {
    return this.#ask('bars', { ...this.#of, query });
  }

  ticks(query: TickQuery): Promise<TickPage> {
    return this.#ask('ticks', { ...this.#of, query });
  }

  records(query: RecordQuery): Promise<RecordPage> {
    return this.#ask('records', { ...this.#of, query });
  }

  async *replay(query: ReplayQuery): AsyncGenerator<ReplayItem, void, void> {
    const replay = await this.#ask('openReplay', { view: this.#view, query });
    try {
      let next = this.#ask('nextOfReplay', { replay });
      for (;;) {
        const items = await next;
        if (items.length === 0) return;
        // The thread makes the next piece while this one is used.
        next = this.#ask('nextOfReplay', { replay });
        next.catch(() => undefined);
        for (const item of items) {
          if (item.kind === 'records') yield item;
          else yield { kind: 'ticks', at: item.at, source: item.source, batch: TickBatch.view(item.bytes) };
        }
      }
    } finally {
      await this.#ask('closeReplay', { replay }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#ask('closeView', { view: this.#view });
  }

  get #of(): { readonly view: ViewId } {
    return { view: this.#view };
  }
}

class ThreadImport implements TickImport {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => Promise<ImportSummary>;
  #summary: ImportSummary = { added: 0, duplicate: 0 };

  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => Promise<ImportSummary>) {
    this.#send = send;
  }

  get summary(): ImportSummary {
    return this.#summary;
  }

  async add({ bytes }: TickBatch): Promise<ImportSummary> {
    const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
    const added = await this.#send(whole ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes));
    this.#summary = { added: this.#summary.added + added.added, duplicate: this.#summary.duplicate + added.duplicate };
    return added;
  }
}

/** Beside this file: in `dist` as JavaScript, in `src`, which Node runs by type stripping, as it was written. */
function workerEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './history-worker.ts' : './history-worker.js', import.meta.url);
}
