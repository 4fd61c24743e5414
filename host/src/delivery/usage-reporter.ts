import type { Spool, UsageRow } from './spool.ts';

/** Runs a task again and again; answers how to stop it. */
export interface ReporterClock {
  now(): number;
  every(ms: number, task: () => void | Promise<void>): () => void;
}

export interface UsageReporterTerms {
  readonly spool: Spool;
  readonly tenant: string;
  readonly clock: ReporterClock;
  readonly onError: (error: unknown) => void;
}

const CHECK_MS = 1_000;
const MINUTE_MS = 60_000;

/** CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) of one minute of one stream. */
export interface UsageEvent {
  readonly specversion: '1.0';
  /** `tenant/stream/minute`: the same for the same minute, however often it comes. */
  readonly id: string;
  readonly source: 'tickhub/host';
  readonly type: 'tickhub.usage.minute';
  /** Who is billed. */
  readonly subject: string;
  /** Start of the minute, RFC 3339, UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: { readonly stream: string; readonly minute: number; readonly counted: number; readonly dropped: number };
}

export function usageEvent(tenant: string, { stream, minute, counted, dropped }: UsageRow): UsageEvent {
  return {
    specversion: '1.0',
    id: `${tenant}/${stream}/${minute}`,
    source: 'tickhub/host',
    type: 'tickhub.usage.minute',
    subject: tenant,
    time: new Date(minute * MINUTE_MS).toISOString(),
    datacontenttype: 'application/json',
    data: { stream, minute, counted, dropped },
  };
}

/**
 * Reports the usage of each minute that is over, as a record of the stream `usage`, which goes through the spool as ticks do. The report and the note
 * that it was made are one transaction: each minute is reported once, whatever crashes. The minute that runs is reported when it is over, by the next
 * start if need be.
 */
export class UsageReporter {
  readonly #terms: UsageReporterTerms;
  #cancel: (() => void) | null = null;
  #running: Promise<number> | null = null;

  constructor(terms: UsageReporterTerms) {
    this.#terms = terms;
  }

  start(): void {
    let reportedUpTo = -1;
    this.#cancel ??= this.#terms.clock.every(CHECK_MS, async () => {
      const minute = Math.floor(this.#terms.clock.now() / MINUTE_MS);
      if (minute === reportedUpTo) return;
      try {
        await this.report();
        reportedUpTo = minute;
      } catch (error) {
        this.#terms.onError(error);
      }
    });
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#running?.catch(() => undefined);
  }

  /** Reports what is over and unreported. @returns how many minutes of streams. */
  report(): Promise<number> {
    this.#running ??= this.#report().finally(() => (this.#running = null));
    return this.#running;
  }

  async #report(): Promise<number> {
    const { spool, tenant, clock } = this.#terms;
    const rows = await spool.unreportedUsage();
    if (rows === null || rows.length === 0) return 0;
    const last = spool.recordPositions().get('host/usage') ?? 0;
    const time = clock.now();
    const records = rows.map((row, i) => ({ seq: last + 1 + i, time, body: usageEvent(tenant, row) }));
    const body = new Uint8Array(Buffer.from(JSON.stringify({ stream: 'usage', source: 'host', records })));
    spool.appendUsageReport(body, rows, last + records.length);
    return rows.length;
  }
}
