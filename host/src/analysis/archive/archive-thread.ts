import { Worker } from 'node:worker_threads';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { Questions } from '../../delivery/questions.ts';
import { AnalysisError } from '../errors.ts';
import type { ArchiveMethod, FromArchive, ToArchive } from './archive-messages.ts';
import type { BarArchive, BarRank, SeriesKey, SeriesSpan } from './bar-archive.ts';

/** The archive in a thread of its own, which is started with the first question: a host without models never has it. */
export class ArchiveThread implements BarArchive {
  readonly #path: string;
  readonly #onTrouble: (message: string) => void;
  readonly #questions = new Questions<unknown>();
  readonly #closed = Promise.withResolvers<void>();
  #worker: Worker | null = null;
  #failure: AnalysisError | null = null;
  #lastId = 0;

  /** @param onTrouble told what a person should know: the file was damaged, the thread died. */
  constructor(path: string, onTrouble: (message: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
  }

  put(key: SeriesKey, bars: Bars, rank: BarRank, source: string, keep: number): Promise<number> {
    return this.#ask('put', [key, bars, rank, source, keep]) as Promise<number>;
  }

  read(key: SeriesKey, count: number, before: number): Promise<Bars> {
    return this.#ask('read', [key, count, before]) as Promise<Bars>;
  }

  span(key: SeriesKey): Promise<SeriesSpan> {
    return this.#ask('span', [key]) as Promise<SeriesSpan>;
  }

  note(name: string): Promise<string | null> {
    return this.#ask('note', [name]) as Promise<string | null>;
  }

  async setNote(name: string, text: string): Promise<void> {
    await this.#ask('setNote', [name, text]);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#failure ??= new AnalysisError('ARCHIVE_CLOSED', `${this.#path} is closed`);
    if (worker === null) return;
    this.#post(worker, { type: 'close' });
    await this.#closed.promise;
  }

  #ask(method: ArchiveMethod, args: readonly unknown[]): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#worker ??= this.#start();
    const id = ++this.#lastId;
    const answer = this.#questions.ask(id);
    // The thread answers each method with what the store gives.
    this.#post(this.#worker, { type: 'ask', id, method, args } as unknown as ToArchive);
    return answer;
  }

  #post(worker: Worker, message: ToArchive): void {
    worker.postMessage(message, []);
  }

  #start(): Worker {
    const entry = new URL(import.meta.url.endsWith('.ts') ? './archive-worker.ts' : './archive-worker.js', import.meta.url);
    const worker = new Worker(entry, { workerData: { path: this.#path }, name: 'tickhub bars', execArgv: [], stdin: false });
    worker.on('message', (message: FromArchive) => this.#take(message));
    worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#fail('it ended'));
    return worker;
  }

  #take(message: FromArchive): void {
    switch (message.type) {
      case 'opened':
        if (message.setAside !== null)
          this.#onTrouble(`${this.#path} was damaged: it was set aside as ${message.setAside}, and a new archive of bars begun`);
        break;
      case 'refused':
        this.#fail(message.message);
        break;
      case 'answer':
        this.#questions.answer(message.id, message.value);
        break;
      case 'failed':
        this.#questions.reject(message.id, new AnalysisError('ARCHIVE_FAILED', `${this.#path}: ${message.message}`));
        break;
      case 'closed':
        this.#closed.resolve();
        break;
    }
  }

  #fail(why: string): void {
    const wasWell = this.#failure === null;
    this.#failure ??= new AnalysisError('ARCHIVE_FAILED', `the archive of bars does not work: ${why}`);
    this.#questions.rejectAll(this.#failure);
    this.#closed.resolve();
    if (wasWell) this.#onTrouble(`${this.#failure.message}. Models begin with what the history shows, and forget it with a restart`);
  }
}
