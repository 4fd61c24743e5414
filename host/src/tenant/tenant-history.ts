import path from 'node:path';
import { inject, injectable } from 'tsyringe';
import type { AckBook } from '../delivery/ack-book.ts';
import type { Spool } from '../delivery/spool.ts';
import { Listeners } from '../delivery/listeners.ts';
import { HistoryError } from '../history/errors.ts';
import { HistoryFeed } from '../history/history-feed.ts';
import { HistoryThread } from '../history/history-thread.ts';
import type {
  BarQuery,
  Bars,
  History,
  HistoryInfo,
  HistoryReader,
  HistorySnapshot,
  ImportSummary,
  ImportTarget,
  RecordPage,
  RecordQuery,
  TickImport,
  TickPage,
  TickQuery,
} from '../history/history.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import type { TenantEntitlement } from './tenant-entitlement.ts';
import { TenantEntitlementToken } from './tenant-entitlement.ts';
import type { TenantStreams } from './tenant-streams.ts';
import { TenantStreamsToken } from './tenant-streams.ts';
import { AckBookToken, SpoolBudgetToken, SpoolToken, TenantToken } from './tokens.ts';
import type { TenantIdentity } from './tokens.ts';
import { VisibleHistory, VisibleSnapshot } from './visible-history.ts';
import type { HistoryAllowance } from './visible-history.ts';

/** Its thread is started this long after the host, or when it is first asked: starting plugins need the processor more. The spool keeps what comes meanwhile. */
const OPEN_AFTER_MS = 1_000;
/** How long a query waits for what has just become durable, before it answers without. */
const CATCH_UP_MS = 2_000;
const DAY_MS = 86_400_000;

export type ImportedRecords = Parameters<History['importRecords']>[0];

/** One tenant's history: filled from its spool, seen through its tier. A history that cannot be opened stops nothing else. */
@injectable()
export class TenantHistory implements History {
  readonly #path: string;
  readonly #spool: Spool;
  readonly #book: AckBook;
  readonly #budgetBytes: () => number;
  readonly #entitlement: TenantEntitlement;
  readonly #streams: TenantStreams;
  readonly #log: Log;
  readonly #allowance: HistoryAllowance;
  readonly #visible: VisibleHistory;
  readonly #release: (() => void)[] = [];
  readonly #imported = new Listeners<ImportedRecords>();
  #opening: Promise<HistoryThread> | null = null;
  #feed: HistoryFeed | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(
    @inject(TenantToken) identity: TenantIdentity,
    @inject(SpoolToken) spool: Spool,
    @inject(AckBookToken) book: AckBook,
    @inject(SpoolBudgetToken) budgetBytes: () => number,
    @inject(TenantEntitlementToken) entitlement: TenantEntitlement,
    @inject(TenantStreamsToken) streams: TenantStreams,
    @inject(LogToken) log: Log,
  ) {
    this.#path = path.join(identity.dataDir, 'history.db');
    this.#spool = spool;
    this.#book = book;
    this.#budgetBytes = budgetBytes;
    this.#entitlement = entitlement;
    this.#streams = streams;
    this.#log = log.with({ tenant: identity.id, component: 'history' });
    this.#allowance = { heldBack: (symbol) => this.#heldBack(symbol), since: () => this.#since() };
    this.#visible = new VisibleHistory(() => this.#caughtUp(), this.#allowance);
  }

  start(): void {
    // At once, so that nothing is trimmed before it is known how far the history is.
    this.#book.hold('history', this.#spool.ackedSeq);
    this.#timer = setTimeout(() => void this.#thread().catch(() => undefined), OPEN_AFTER_MS);
  }

  /** Takes what is durable, so that the next start has nothing to make up for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const release of this.#release) release();
    const thread = await this.#opening?.catch(() => null);
    if (thread === null || thread === undefined) return;
    await this.#settle();
    this.#feed?.stop();
    await thread.close();
  }

  info(): Promise<HistoryInfo> {
    return this.#visible.info();
  }

  bars(query: BarQuery): Promise<Bars> {
    return this.#visible.bars(query);
  }

  ticks(query: TickQuery): Promise<TickPage> {
    return this.#visible.ticks(query);
  }

  records(query: RecordQuery): Promise<RecordPage> {
    return this.#visible.records(query);
  }

  async snapshot(): Promise<HistorySnapshot> {
    const since = await this.#since();
    const thread = await this.#caughtUp();
    return new VisibleSnapshot(await thread.snapshot(), { ...this.#allowance, since: () => Promise.resolve(since) });
  }

  async importTicks(target: ImportTarget): Promise<TickImport> {
    return (await this.#thread()).importTicks(target);
  }

  async importRecords(batch: ImportedRecords): Promise<ImportSummary> {
    const summary = await (await this.#thread()).importRecords(batch);
    if (summary.added > 0) this.#imported.emit(batch);
    return summary;
  }

  /** Told of records that were imported, once they are durable. @returns ends the listening. */
  onImported(listener: (batch: ImportedRecords) => void): () => void {
    return this.#imported.add(listener);
  }

  /** All that is kept, also what the tier does not show: for what learns from it and shows it to nobody. */
  get unclamped(): Pick<HistoryReader, 'info' | 'bars' | 'records'> {
    return {
      info: async () => (await this.#caughtUp()).info(),
      bars: async (query) => (await this.#caughtUp()).bars(query),
      records: async (query) => (await this.#caughtUp()).records(query),
    };
  }

  #thread(): Promise<HistoryThread> {
    if (this.#stopped && this.#opening === null) return Promise.reject(new HistoryError('HISTORY_CLOSED', `${this.#path} is closed`));
    return (this.#opening ??= this.#open());
  }

  async #open(): Promise<HistoryThread> {
    try {
      const thread = await HistoryThread.open(this.#path, {
        onTaken: (position, bytes) => this.#feed?.taken(position, bytes),
        onTrouble: (level, message) => this.#log[level](message),
        onFailure: (error) => this.#giveUp(error),
      });
      this.#follow(thread);
      return thread;
    } catch (error) {
      this.#giveUp(error as Error);
      throw error;
    }
  }

  #follow(thread: HistoryThread): void {
    thread.setDays(this.#entitlement.current.limits.historyDays);
    this.#release.push(this.#entitlement.onChange((now) => thread.setDays(now.limits.historyDays)));
    this.#feed = new HistoryFeed(
      {
        spool: this.#spool,
        book: this.#book,
        budgetBytes: this.#budgetBytes,
        handOver: (handover) => thread.handOver(handover),
        onLetGo: (message) => this.#log.error(message),
        now: () => Date.now(),
      },
      thread.opened,
    );
  }

  /** Delivery goes on without it, and the spool waits for it no longer. */
  #giveUp(error: Error): void {
    this.#feed?.stop();
    this.#book.release('history');
    this.#log.error(`${error.message}. Ticks and records are delivered as before, and not kept in the history until it is back`, {
      code: (error as NodeJS.ErrnoException).code,
    });
  }

  async #caughtUp(): Promise<HistoryThread> {
    const thread = await this.#thread();
    await this.#settle();
    return thread;
  }

  async #settle(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CATCH_UP_MS);
    await Promise.race([this.#feed?.caughtUp(), late]);
    clearTimeout(timer);
  }

  /** As for records: a symbol that no source has announced takes no place in the tier's count. */
  #heldBack(symbol: string): string | null {
    const { gate } = this.#streams;
    const { allowed, reason } = gate.verdict(symbol);
    return allowed || !gate.isAnnounced(symbol) ? null : (reason ?? 'the tier holds it back');
  }

  async #since(): Promise<number> {
    const { historyDays } = this.#entitlement.current.limits;
    if (historyDays === Infinity) return -Infinity;
    return (await (await this.#thread()).reference()) - historyDays * DAY_MS;
  }
}
