import { TickBatch, TickFlag } from '@tickhub/plugin-sdk/host';
import { fileTicks } from '@tickhub/plugin-sdk/files';
import type { FileTicks, ServerTime } from '@tickhub/plugin-sdk/files';
import type { TickImport } from '../history/history.ts';

const BATCH = 32_768;
/** Batches on their way: reading goes on while history commits. */
const UNDER_WAY = 3;

/** Gathers a file's ticks into batches of one offset from UTC, and hands them to history. Nothing is allocated per tick. */
export class TickFeed {
  readonly #target: TickImport;
  readonly #serverTime: ServerTime;
  readonly #held = fileTicks(BATCH);
  readonly #ordinals = new Uint32Array(BATCH);
  #offset = 0;
  #hasLast = false;
  #hasVolume = false;
  readonly #underWay: Promise<unknown>[] = [];

  constructor(target: TickImport, serverTime: ServerTime) {
    this.#target = target;
    this.#serverTime = serverTime;
  }

  async add(rows: FileTicks, ordinals: Uint32Array): Promise<void> {
    const held = this.#held;
    for (let i = 0; i < rows.count; i++) {
      const time = rows.time[i] as number;
      const offset = this.#serverTime.offsetAt(time);
      if (held.count === BATCH || (offset !== this.#offset && held.count > 0)) await this.#send();
      this.#offset = offset;
      const at = held.count++;
      const bid = rows.bid[i] as number;
      const ask = rows.ask[i] as number;
      const last = rows.last[i] as number;
      const volume = rows.volume[i] as number;
      held.time[at] = time;
      held.bid[at] = bid;
      held.ask[at] = ask;
      held.last[at] = last;
      held.volume[at] = volume;
      held.flags[at] = ask < bid ? (rows.flags[i] as number) | TickFlag.crossed : (rows.flags[i] as number);
      this.#ordinals[at] = ordinals[i] as number;
      if (last !== 0) this.#hasLast = true;
      if (volume !== 0) this.#hasVolume = true;
    }
  }

  /** Resolves when all is durable. */
  async end(): Promise<void> {
    if (this.#held.count > 0) await this.#send();
    await Promise.all(this.#underWay);
  }

  async #send(): Promise<void> {
    const held = this.#held;
    const n = held.count;
    const batch = TickBatch.create(n, { last: this.#hasLast, volume: this.#hasVolume });
    batch.utcOffsetMs = this.#offset;
    batch.time.set(held.time.subarray(0, n));
    batch.bid.set(held.bid.subarray(0, n));
    batch.ask.set(held.ask.subarray(0, n));
    batch.last?.set(held.last.subarray(0, n));
    batch.volume?.set(held.volume.subarray(0, n));
    batch.ordinal.set(this.#ordinals.subarray(0, n));
    batch.flags.set(held.flags.subarray(0, n));
    held.count = 0;
    this.#hasLast = this.#hasVolume = false;
    const added = this.#target.add(batch);
    // It is awaited below; a failure meanwhile is not an unhandled one.
    added.catch(() => undefined);
    this.#underWay.push(added);
    if (this.#underWay.length >= UNDER_WAY) await this.#underWay.shift();
  }
}
