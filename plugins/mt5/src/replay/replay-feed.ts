import { TicksFlag } from '../link/wire.ts';
import type { TickCursor } from '@tickhub/plugin-sdk';
import type { FileTicks } from '@tickhub/plugin-sdk/files';
import type { TicksWriter } from '../link/encode.ts';
import type { MemoryChannel } from './memory-channel.ts';
import type { Recording } from './recording.ts';
import type { Timeline } from './timeline.ts';

const BID = 2;
const ASK = 4;

export interface ReplayFeedOptions {
  readonly symIdx: number;
  readonly name: string;
  readonly timeline: Timeline;
  /** Opens the symbol's recording at its beginning. */
  readonly open: () => Recording;
}

/** One symbol of the replayed terminal: where it is in its recording, and what was asked of it. */
export class ReplayFeed {
  readonly name: string;
  readonly symIdx: number;
  /** Played time of the tick that is next; Infinity at the end, NaN while {@link load} is due. */
  head = NaN;
  /** Played time of the tick that was sent last. */
  sentUntil = -Infinity;
  readonly #timeline: Timeline;
  readonly #open: () => Recording;
  #recording: Recording | null = null;
  #block: FileTicks | null = null;
  #at = 0;
  #loop = 0;
  #seq = 1;
  #bid = NaN;
  #ask = NaN;
  #skip: TickCursor = { time: 0, same: 0 };
  #skipped = 0;
  #backfillUntil = -Infinity;
  #backfill = false;
  #truncated = false;

  constructor(options: ReplayFeedOptions) {
    this.symIdx = options.symIdx;
    this.name = options.name;
    this.#timeline = options.timeline;
    this.#open = options.open;
  }

  get active(): boolean {
    return this.#recording !== null;
  }

  /** Played time of the cursor that it was started from. */
  get startsAt(): number {
    return this.#skip.time;
  }

  /**
   * Plays on from `cursor`. Ticks up to `backfillUntil` (played time) are history.
   * @param truncated the cursor is not the one that was asked for.
   */
  start(cursor: TickCursor, backfillUntil: number, truncated: boolean): void {
    this.stop();
    this.#skip = cursor;
    this.#skipped = 0;
    this.#backfill = true;
    this.#backfillUntil = backfillUntil;
    this.#truncated = truncated;
    this.#loop = this.#timeline.loopAt(cursor.time);
    this.#recording = this.#open();
    this.head = NaN;
  }

  stop(): void {
    this.#recording?.close();
    this.#recording = null;
    this.#block = null;
    this.#bid = this.#ask = NaN;
  }

  /** Finds the next tick to play. Reads on in the file where it has to. */
  async load(): Promise<void> {
    while (this.#recording !== null) {
      if (this.#block === null || this.#at >= this.#block.count) {
        const recording = this.#recording;
        const block = await recording.next();
        // Stopped or started anew meanwhile.
        if (recording !== this.#recording) continue;
        if (block === null && !this.#again()) return;
        this.#block = block;
        this.#at = 0;
        continue;
      }
      if (!this.#behindCursor()) return;
    }
  }

  /** At the end of the recording: begins the next loop, or stays at the end. */
  #again(): boolean {
    const empty = this.#block === null;
    if (!this.#timeline.loops || empty) {
      this.head = Infinity;
      return false;
    }
    this.#loop++;
    this.#recording?.close();
    this.#recording = this.#open();
    return true;
  }

  /** Looks at the tick in hand; passes it over when the cursor is past it. */
  #behindCursor(): boolean {
    const block = this.#block;
    if (block === null) return true;
    const played = this.#timeline.played(block.time[this.#at] ?? 0, this.#loop);
    const { time, same } = this.#skip;
    if (played > time || (played === time && this.#skipped >= same)) {
      this.head = played;
      return false;
    }
    if (played === time) this.#skipped++;
    this.#bid = block.bid[this.#at] ?? NaN;
    this.#ask = block.ask[this.#at] ?? NaN;
    this.#at++;
    return true;
  }

  /**
   * Sends ticks up to and including played time `until`, as many as one frame takes and lie ready; the head is moved on.
   * Returns how many.
   */
  send(until: number, writer: TicksWriter, channel: MemoryChannel): number {
    const block = this.#block;
    if (block === null || this.#recording === null || !(this.head <= until)) return 0;
    const backfill = this.#backfill && this.head <= this.#backfillUntil;
    if (this.#backfill && !backfill) this.#endBackfill(writer, channel);
    // A handler may have stopped this feed.
    if (!this.active) return 0;
    const limit = backfill ? Math.min(until, this.#backfillUntil) : until;
    const { time, bid, ask, last, volume, flags, flagged } = block;
    writer.begin(this.symIdx, this.#seq);
    let at = this.#at;
    let head = this.head;
    while (head <= limit && writer.count < writer.capacity) {
      const b = bid[at] ?? 0;
      const a = ask[at] ?? 0;
      const changed = (b === this.#bid ? 0 : BID) | (a === this.#ask ? 0 : ASK);
      const bits = flagged ? (flags[at] ?? 0) : changed === 0 ? BID | ASK : changed;
      writer.add(head, b, a, last[at] ?? 0, volume[at] ?? 0, bits);
      this.#bid = b;
      this.#ask = a;
      this.sentUntil = head;
      at++;
      if (at >= block.count) {
        head = NaN;
        break;
      }
      head = this.#timeline.played(time[at] ?? 0, this.#loop);
    }
    const sent = writer.count;
    this.#at = at;
    this.head = head;
    this.#seq += sent;
    this.#sendFrame(writer, channel, backfill ? TicksFlag.backfill : 0);
    return sent;
  }

  /** Says that the backfill is over, where it is: nothing up to `now` is left. */
  settle(now: number, writer: TicksWriter, channel: MemoryChannel): void {
    if (this.#backfill && this.active && this.head > Math.min(now, this.#backfillUntil)) this.#endBackfill(writer, channel);
  }

  #endBackfill(writer: TicksWriter, channel: MemoryChannel): void {
    this.#backfill = false;
    writer.begin(this.symIdx, this.#seq);
    this.#sendFrame(writer, channel, TicksFlag.backfill | TicksFlag.end);
  }

  #sendFrame(writer: TicksWriter, channel: MemoryChannel, flags: number): void {
    const truncated = this.#truncated ? TicksFlag.truncated : 0;
    this.#truncated = false;
    channel.send(writer.end(flags | truncated));
  }
}
