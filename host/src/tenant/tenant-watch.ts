import type { HostStatus } from '../control/status.ts';
import type { Spool } from '../delivery/spool.ts';
import type { EventBus, TenantEvents } from '../streams/bus.ts';

/** The spool's thread answers within a millisecond, but not while its disk hangs; and just then a person asks how things are. */
const USAGE_MS = 1_000;

/**
 * Keeps what a status shows that nobody else remembers: the backend's link, and what a gap has taken. It has to be there before any
 * plugin runs.
 */
export class TenantWatch {
  readonly #spool: Spool;
  /** Links that are up, by transport and isolate. */
  readonly #up = new Set<string>();
  #since = new Date().toISOString();
  #reason = 'not connected yet';
  #lostTicks = 0;
  #usage: HostStatus['usage'] = { ticks: 0, records: 0, dropped: 0 };
  /** The question that is under way. */
  #asking: Promise<void> | null = null;

  constructor(bus: EventBus<TenantEvents>, spool: Spool) {
    this.#spool = spool;
    bus.on('backend_notification', ({ plugin, isolate, state, reason }) => {
      const wasUp = this.#up.size > 0;
      if (state === 'up') this.#up.add(`${plugin}#${isolate}`);
      else this.#up.delete(`${plugin}#${isolate}`);
      const isUp = this.#up.size > 0;
      if (isUp !== wasUp) this.#since = new Date().toISOString();
      if (!isUp) this.#reason = reason;
    });
    spool.onGap((gap) => (this.#lostTicks += gap.ticks));
  }

  get link(): Omit<HostStatus['backend'], 'address'> {
    const isUp = this.#up.size > 0;
    return { link: isUp ? 'up' : 'down', since: this.#since, reason: isUp ? '' : this.#reason };
  }

  /** Ticks that left the spool undelivered since the host started. */
  get lostTicks(): number {
    return this.#lostTicks;
  }

  /** What was delivered or waits to be; the last that was known where the spool does not answer, or not soon. */
  async usage(): Promise<HostStatus['usage']> {
    this.#asking ??= this.#askUsage().finally(() => (this.#asking = null));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#asking, new Promise((resolve) => (timer = setTimeout(resolve, USAGE_MS)))]);
    clearTimeout(timer);
    return this.#usage;
  }

  async #askUsage(): Promise<void> {
    try {
      const usage = { ticks: 0, records: 0, dropped: 0 };
      for (const { stream, counted, dropped } of await this.#spool.usage()) {
        usage.dropped += dropped;
        usage[stream === 'ticks' ? 'ticks' : 'records'] += counted - dropped;
      }
      this.#usage = usage;
    } catch {
      // The spool's own state, with the reason, is in the same status.
    }
  }
}
