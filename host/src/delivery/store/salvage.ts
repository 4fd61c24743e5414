/**
 * Makes a sound spool out of a damaged one: everything whose checksum is right goes into a new file, the damaged one is set aside.
 *
 * The new file is made beside the old one and declared complete before it takes its place, so a crash at any point is either before or after: see {@link finishSalvage}.
 * After a salvage at opening nobody knows which seqs were given out last, so numbering goes on at the next multiple of 2^32. Where the spool's identity
 * or one of its names is gone it gets a new epoch; seqs are kept.
 */
import { epochBytes, readHead, sealHead, ticksAfter } from '../frame-head.ts';
import type { SpoolStream } from '../spool.ts';
import { Carver } from './carver.ts';
import type { CarvedFrame } from './carver.ts';
import { Database } from './database.ts';
import { readLogFile } from './log-file.ts';
import { QueueState } from './queue-state.ts';
import type { Meta } from './queue-state.ts';
import { finishSalvage, logPath, newEpoch, replaceDamaged, unfinishedPath } from './spool-files.ts';
import { StateTable } from './state-table.ts';
import { eachTickEnd } from './tick-columns.ts';

const SEQ_STRIDE = 2 ** 32;
const FRAMES_PER_COMMIT = 512;

export interface SalvageOptions {
  readonly reason: string;
  /** State as it is in memory, when the spool was running: newer than what is on disk, and complete. */
  readonly state: QueueState | null;
  /** Another identity, though the old one is known. */
  readonly renew: boolean;
}

/**
 * Salvages the spool at `path`, which is closed by `release` after it was read and before it is replaced.
 * @returns the state of the new spool. Frames that were lost are in it as a loss to be announced.
 */
export function salvage(path: string, options: SalvageOptions, release: () => void = () => undefined): QueueState {
  finishSalvage(path);
  const made = unfinishedPath(path);
  const carver = new Carver(path, readLogFile(logPath(path)));
  let state: QueueState | null = null;
  let database: Database | null = null;
  try {
    database = Database.create(made);
    const work = new Salvage(database, carver, options);
    state = work.state;
    state.table.begin();
    work.run();
    database.finish();
    database.close();
    state.table.commit(true);
  } catch (error) {
    state?.rollback();
    try {
      database?.close();
    } catch {
      // Closed already, or the disk refuses; the next attempt starts with a new file.
    }
    throw error;
  } finally {
    carver.close();
  }
  release();
  replaceDamaged(path, made);
  return state;
}

class Salvage {
  readonly #database: Database;
  readonly #carver: Carver;
  readonly #options: SalvageOptions;
  readonly state: QueueState;
  /** Null: takes the frames of whichever epoch is met first. */
  #frameEpoch: string | null;
  readonly #epoch: string;
  readonly #known: Meta | null;
  /** Ticks in the spool's life up to the acknowledged frame. */
  #ticksAtAcked: number;

  constructor(database: Database, carver: Carver, options: SalvageOptions) {
    this.#database = database;
    this.#carver = carver;
    this.#options = options;
    const table = options.state?.table ?? new StateTable();
    if (options.state === null) table.load(carver.stateRows());
    this.#known = table.get<Meta>('meta') ?? null;
    this.#frameEpoch = this.#known?.epoch ?? null;
    this.state = options.state ?? (this.#known === null ? withoutMeta(table) : new QueueState(table));
    this.#ticksAtAcked = this.state.meta.trimmedTicks;
    const keepsIdentity = this.#known !== null && this.state.namesComplete && !options.renew;
    this.#epoch = keepsIdentity ? this.state.meta.epoch : newEpoch();
  }

  run(): void {
    const { table, meta } = this.state;
    table.forgetDisk();
    this.#keepFrames(meta.acked);
    this.#takeStock();
    this.#database.transaction(() => table.flush(this.#database.state));
  }

  /** Copies what is intact and not acknowledged. */
  #keepFrames(acked: number): void {
    const kept = new Set<number>();
    const epoch = epochBytes(this.#epoch);
    let piece: CarvedFrame[] = [];
    const write = (): void => {
      this.#database.transaction(() => {
        for (const { head, body, fields } of piece) {
          if (fields.epoch !== this.#epoch) sealHead(head, body, epoch);
          this.#database.insert.run(fields.seq, head, body);
        }
      });
      piece = [];
    };
    for (const frame of this.#carver.frames()) {
      const { epoch, seq } = frame.fields;
      this.#frameEpoch ??= epoch;
      if (epoch !== this.#frameEpoch || kept.has(seq)) continue;
      if (seq <= acked) {
        this.#ticksAtAcked = Math.max(this.#ticksAtAcked, ticksAfter(frame.fields));
        continue;
      }
      if (!this.#isDeliverable(frame)) continue;
      kept.add(seq);
      if (piece.push(frame) === FRAMES_PER_COMMIT) write();
    }
    write();
  }

  #isDeliverable({ fields, body }: CarvedFrame): boolean {
    if (fields.stream !== 'ticks') return true;
    // What went for the budget may still lie on free pages; it was billed as dropped.
    if (this.state.isHole(fields.seq, fields.seq)) return false;
    let named = true;
    const isBatch = eachTickEnd(body, (id) => (named &&= this.state.hasSymbol(id)));
    return isBatch && named;
  }

  /** Counts what is there and what is not, and books it. */
  #takeStock(): void {
    const state = this.state;
    const before = state.meta;
    const running = this.#options.state !== null;
    const booked = new Set(state.usage().map((row) => `${row.stream}/${row.minute}`));
    let frames = 0;
    let bytes = 0;
    let queuedTicks = 0;
    let unfoldedTicks = 0;
    let lastSeq = before.acked;
    let ticks = this.#ticksAtAcked;
    let lostTicks = 0;
    let firstLost = 0;
    let lastLost = 0;
    const missing = (from: number, to: number, ticksAtEnd: number): void => {
      if (state.isHole(from, to)) return;
      firstLost ||= from;
      lastLost = to;
      let gone = ticksAtEnd - ticks;
      for (const hole of state.holesWithin(from, to)) gone -= hole.ticks;
      lostTicks += Math.max(0, gone);
    };
    for (const row of this.#database.frames.iterate(0)) {
      const head = readHead(row['head'] as Uint8Array);
      const body = row['body'] as Uint8Array;
      // Written by #keepFrames a moment ago.
      if (head === null) continue;
      if (head.seq !== lastSeq + 1) {
        // Without the state nobody knows where the queue began.
        if (lastSeq > 0 || this.#known !== null) missing(lastSeq + 1, head.seq - 1, head.ticksBefore);
      }
      if (!running && head.seq > before.lastSeq) {
        // Without the state's fold mark a minute that is in the ledger is taken for whole: in doubt less is billed.
        state.takeIn(head, body, this.#known === null && booked.has(`${head.stream}/${head.minute}`));
        unfoldedTicks += ticksAfter(head) - head.ticksBefore;
      }
      frames++;
      bytes += head.bytes;
      queuedTicks += ticksAfter(head) - head.ticksBefore;
      lastSeq = head.seq;
      ticks = ticksAfter(head);
    }
    if (before.lastSeq > lastSeq) missing(lastSeq + 1, before.lastSeq, before.ticks);
    const end = Math.max(lastSeq, before.lastSeq);
    const next = running ? end : (Math.floor(end / SEQ_STRIDE) + 1) * SEQ_STRIDE;
    if (!running && this.#known !== null) state.bookLostTicks(Math.max(0, ticks - before.ticks - unfoldedTicks));
    const names = state.symbols();
    state.setMeta({
      sources: names.sources.length,
      symbols: names.symbols.length,
      epoch: this.#epoch,
      frames,
      bytes,
      queuedTicks,
      lastSeq: next,
      ticks: Math.max(ticks, before.ticks),
      acked: before.acked,
      trimmed: before.acked,
      trimmedTicks: this.#ticksAtAcked,
    });
    if (next > end) state.addHole(end + 1, next, 0);
    if (this.#options.renew && firstLost === 0) return;
    state.lose(
      {
        fromSeq: firstLost || end + 1,
        toSeq: lastLost || next,
        ticks: lostTicks,
        records: 0,
        reason: 'corrupt',
        detail: this.#options.reason,
      },
      new Map<SpoolStream, number>(lostTicks > 0 ? [['ticks', lostTicks]] : []),
    );
  }
}

function withoutMeta(table: StateTable): QueueState {
  const fresh = QueueState.fresh('').meta;
  table.put('meta', fresh);
  return new QueueState(table);
}
