import type { BarQuery, Bars, HistoryInfo, HistoryReader, RecordPage, RecordQuery, TickPage, TickQuery } from './history.ts';
import { finish, HistoryView } from './query/history-view.ts';
import { openStoreReadOnly } from './store/open-store.ts';

/** A history file that no host has open, read in this thread and not changed. It shows all that is in it: what a tier lets one see, its host knows. */
export class FileHistory implements HistoryReader {
  readonly #view: HistoryView;

  private constructor(view: HistoryView) {
    this.#view = view;
  }

  /** @throws {HistoryError} HISTORY_NONE, HISTORY_UNUSABLE */
  static open(path: string): FileHistory {
    const store = openStoreReadOnly(path);
    return new FileHistory(new HistoryView(store, store.versions.current));
  }

  info(): Promise<HistoryInfo> {
    return settled(() => this.#view.info());
  }

  bars(query: BarQuery): Promise<Bars> {
    return settled(() => finish(this.#view.bars(query)));
  }

  ticks(query: TickQuery): Promise<TickPage> {
    return settled(() => finish(this.#view.ticks(query)));
  }

  records(query: RecordQuery): Promise<RecordPage> {
    return settled(() => this.#view.records(query));
  }

  close(): void {
    this.#view.store.db.close();
  }
}

/** What `work` throws becomes a rejection, as of every other history. */
async function settled<T>(work: () => T): Promise<T> {
  return work();
}
