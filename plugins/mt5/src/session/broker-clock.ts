import type { Clock, Log } from '@tickhub/plugin-sdk';
import { UtcOffset, type ClockReading, type OffsetRule } from './utc-offset.ts';
import { OffsetHistory } from './offset-history.ts';
import { seconds } from './words.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { TerminalMemory } from './terminal-memory.ts';

/** A PC's clock that is off by more is worth a word. */
const OFF_MS = 60_000;
const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
/** How often it is noted that the offset still holds. */
const NOTE_MS = 600_000;

export interface BrokerClockDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: TerminalMemory;
  readonly watch: ClockWatch;
  /** Whether the terminal's clocks are those of now, and may be held against this PC's; a recording's are not. */
  readonly isLive: boolean;
}

/** One broker's clock: its offset from UTC over time, remembered from run to run, and what is wrong with the PC's clock that it is measured by. */
export class BrokerClock {
  readonly offset: UtcOffset;
  readonly #eaId: string;
  readonly #deps: BrokerClockDeps;
  #jumpsSeen: number;
  #held = false;
  #offMs = 0;
  #apartMs = 0;
  #notedAt = -Infinity;
  #server: { readonly wall: number; readonly at: number } | null = null;

  constructor(eaId: string, rule: OffsetRule, deps: BrokerClockDeps) {
    this.#eaId = eaId;
    this.#deps = deps;
    this.#jumpsSeen = deps.watch.jumpedMs;
    const { offsets, offsetReadAt } = deps.memory.of(eaId);
    this.offset = new UtcOffset(rule, new OffsetHistory(offsets), offsetReadAt);
    this.offset.moveTo(this.offset.wallAt(deps.clock.now()));
  }

  /** The broker's clock now, epoch milliseconds: as the terminal told it last, or by this PC's clock. */
  get wallNow(): number {
    const { clock } = this.#deps;
    return this.#server === null ? this.offset.wallAt(clock.now()) : this.#server.wall + (clock.monotonic() - this.#server.at);
  }

  /** Whether the terminal has told its clock on this connection. */
  get isTold(): boolean {
    return this.#server !== null;
  }

  /** The connection is gone; its clock runs on by this PC's. */
  disconnected(): void {
    this.#server = null;
  }

  /** What a person should know of the clocks. */
  get remarks(): readonly string[] {
    const remarks: string[] = [];
    if (this.#held) {
      remarks.push(
        `this PC's clock jumped against the broker's, so the offset of the broker's clock stays UTC${minutes(this.offset.history.latest ?? 0)}: set this PC's clock right, or plugins.mt5.utcOffset`,
      );
    }
    if (this.#offMs !== 0) {
      remarks.push(
        `by the broker's clock this PC's is ${seconds(Math.abs(this.#offMs))} ${this.#offMs > 0 ? 'behind' : 'ahead'}: set it right`,
      );
    }
    if (this.#apartMs !== 0)
      remarks.push(`the terminal's clock and this PC's are ${seconds(Math.abs(this.#apartMs))} apart: set them right`);
    return remarks;
  }

  /** Takes the terminal's two clocks, epoch seconds. True when the offset is another one. */
  observe(timeTradeServer: number, timeGmt: number, isReport: boolean): boolean {
    const { clock, watch, memory, log } = this.#deps;
    const now = clock.now();
    const jumped = watch.jumpedMs;
    const before = this.offset.history.latest;
    const reading: ClockReading = { timeTradeServer, timeGmt, now, jumpedMs: jumped - this.#jumpsSeen };
    this.#jumpsSeen = jumped;
    const verdict = this.offset.observe(reading);
    if (isReport) this.#server = { wall: timeTradeServer * 1_000, at: clock.monotonic() };
    this.#judgeClocks(reading);
    const held = verdict === 'held';
    if (held && !this.#held) {
      log.warn(
        `terminal ${this.#eaId}: the PC's clock jumped, and that alone would change the broker's offset; it stays UTC${minutes(before ?? 0)}`,
      );
    }
    this.#held = held;
    if (verdict === 'same' || verdict === 'held') {
      if (before !== null && now - this.#notedAt > NOTE_MS) this.#remember(memory, now);
      return false;
    }
    this.#remember(memory, now);
    this.#tell(verdict, before);
    return true;
  }

  #remember(memory: TerminalMemory, now: number): void {
    this.#notedAt = now;
    if (this.offset.isAuto) memory.change(this.#eaId, { offsets: [...this.offset.history.changes], offsetReadAt: this.offset.readAt });
  }

  #tell(verdict: 'first' | 'changed' | 'followed', before: number | null): void {
    const { log } = this.#deps;
    const latest = this.offset.history.changes.at(-1);
    const text = `terminal ${this.#eaId}: the broker's clock is UTC${minutes(latest?.offsetMs ?? 0)}`;
    const fields = { minutes: (latest?.offsetMs ?? 0) / 60_000, before: (before ?? 0) / 60_000 };
    if (verdict === 'first') log.info(text, fields);
    else if (verdict === 'followed') log.info(`${text} since ${new Date(latest?.since ?? 0).toISOString()}`, fields);
    else log.warn(`${text}, it was UTC${minutes(before ?? 0)}; no change of summer time explains that: check this PC's clock`, fields);
  }

  /** Clocks that agree differ by whole quarters of an hour, and by the second in which they were read. */
  #judgeClocks({ timeTradeServer, timeGmt, now }: ClockReading): void {
    if (!this.#deps.isLive || timeTradeServer <= 0 || timeGmt <= 0) return;
    const difference = (timeTradeServer - timeGmt) * 1_000;
    const apart = timeGmt * 1_000 - now;
    // Days apart is no clock set wrong, but a terminal with a time of its own making.
    const isOwn = Math.abs(apart) > DAY_MS;
    const off = this.offset.isAuto
      ? difference - Math.round(difference / QUARTER_MS) * QUARTER_MS
      : isOwn
        ? 0
        : difference - this.offset.wallAt(now) + now;
    this.#offMs = this.#sayOnce(off, this.#offMs, 'by the broker’s clock this PC’s is wrong');
    this.#apartMs = this.#sayOnce(isOwn ? 0 : apart, this.#apartMs, 'its clock and this PC’s are apart');
  }

  #sayOnce(ms: number, before: number, what: string): number {
    if (Math.abs(ms) < OFF_MS) return 0;
    if (before === 0) this.#deps.log.warn(`terminal ${this.#eaId}: ${what} by ${seconds(Math.abs(ms))}; set it right`, { ms });
    return ms;
  }
}

function minutes(ms: number): string {
  const total = Math.abs(ms) / 60_000;
  return `${ms < 0 ? '-' : '+'}${Math.floor(total / 60)}${total % 60 === 0 ? '' : `:${String(total % 60).padStart(2, '0')}`}`;
}
