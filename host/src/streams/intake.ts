import { TickBatch, TickFlag } from '@tickhub/plugin-sdk/host';
import type { Spool } from '../delivery/spool.ts';
import type { SymbolGate } from '../entitlement/symbol-gate.ts';
import { CursorTable } from './cursor-table.ts';
import { StreamError } from './errors.ts';
import { SourceDelay } from './source-delay.ts';
import type { SymbolDirectory } from './symbol-directory.ts';

/** No host id stands for this local one. */
export const UNMAPPED = 0xffff_ffff;

/** The largest time a Date holds, epoch milliseconds. A cursor beyond it would shut its symbol for ever. */
const MAX_TIME = 8.64e15;
/** The cursor behind a tick is one more than its ordinal, in 32 bits. */
const MAX_ORDINAL = 0xffff_fffe;

/** How one isolate's ids map to the host's. */
export interface IdMap {
  /** Local source id -> host source id, or UNMAPPED. */
  sources: Uint32Array;
  /** Local symbol id -> host symbol id, or UNMAPPED. */
  symbols: Uint32Array;
}

/** A live tick that is older than its source's usually are by more than this when its plugin gets it is stale, milliseconds: something holds ticks up. */
export const STALE_MS = 10_000;

const COLUMNS = ['taken', 'duplicate', 'heldBack', 'crossed', 'stale', 'late'] as const;

/** What became of the ticks of a symbol, counted since the host started. */
export class SymbolCounters {
  taken = new Float64Array(256);
  duplicate = new Float64Array(256);
  heldBack = new Float64Array(256);
  /** Of those taken: ask below bid. */
  crossed = new Float64Array(256);
  /** Of those taken: much older when they came than the source's usually are, and not by a backfill. */
  stale = new Float64Array(256);
  /** Of those taken: by a backfill. */
  late = new Float64Array(256);

  reserve(size: number): void {
    if (size <= this.taken.length) return;
    const capacity = Math.max(size, this.taken.length * 2);
    for (const column of COLUMNS) {
      const grown = new Float64Array(capacity);
      grown.set(this[column]);
      this[column] = grown;
    }
  }
}

/**
 * Takes tick batches into the tenant: dedupe by cursor, then the gate, then the spool, then whoever listens. One pass to check, one to
 * decide, nothing allocated per tick; a batch that passes whole is the very buffer that came from the pipe.
 */
export class Intake {
  readonly counters = new SymbolCounters();
  readonly #cursors = new CursorTable();
  readonly #delay = new SourceDelay();
  readonly #directory: SymbolDirectory;
  readonly #gate: SymbolGate;
  readonly #spool: Pick<Spool, 'cursors' | 'appendTicks'>;
  readonly #accepted: (seq: number, batch: TickBatch) => void;
  #allowed = new Uint8Array(256);
  #keep = new Uint8Array(4_096);

  /** @param accepted called with each batch that was taken, its seq already given. */
  constructor(
    directory: SymbolDirectory,
    gate: SymbolGate,
    spool: Pick<Spool, 'cursors' | 'appendTicks'>,
    accepted: (seq: number, batch: TickBatch) => void,
  ) {
    this.#directory = directory;
    this.#gate = gate;
    this.#spool = spool;
    this.#accepted = accepted;
    for (const { symbolId, time, same } of spool.cursors()) this.#cursors.set(symbolId, time, same);
    this.refreshGate();
    gate.onChange(() => this.refreshGate());
  }

  /** Looks the verdict of every symbol up again; from the next tick on they hold. */
  refreshGate(): void {
    const size = this.#directory.size;
    this.#cursors.reserve(size);
    this.counters.reserve(size);
    if (size > this.#allowed.length) this.#allowed = new Uint8Array(Math.max(size, this.#allowed.length * 2));
    for (const entry of this.#directory.all()) this.#allowed[entry.id] = this.#gate.isAllowed(entry.name) ? 1 : 0;
  }

  /**
   * Takes one batch of an isolate. Its columns are rewritten to host ids in place.
   * @returns the seq of what was taken, or 0 when nothing of it passed.
   * @throws {StreamError | BatchFormatError} when the batch is not one, or names what was not announced.
   */
  take(body: Uint8Array, ids: IdMap): number {
    const batch = TickBatch.view(body);
    const source = ids.sources[batch.sourceId] ?? UNMAPPED;
    if (source === UNMAPPED) throw new StreamError('UNKNOWN_SOURCE', `a batch names source ${batch.sourceId}, which was not announced`);
    const kept = this.#select(batch, source, ids.symbols);
    const passed = kept === batch.count ? batch : batch.retain(this.#keep, kept);
    if (passed === null) return 0;
    passed.sourceId = source;
    const seq = this.#spool.appendTicks(passed.bytes, passed.count);
    this.#accepted(seq, passed);
    return seq;
  }

  /** Fills `#keep`, moves the cursors, rewrites symbol ids; returns how many ticks pass. */
  #select(batch: TickBatch, source: number, symbols: Uint32Array): number {
    const { count, time, ordinal, symbol, flags } = batch;
    if (count > this.#keep.length) this.#keep = new Uint8Array(count);
    // Before anything is counted or moved: a malformed batch is refused whole.
    check(batch, symbols);
    const keep = this.#keep;
    const allowed = this.#allowed;
    const cursorTime = this.#cursors.time;
    const cursorSame = this.#cursors.same;
    const { taken, duplicate, heldBack, crossed, stale, late } = this.counters;
    const receivedAt = batch.receivedAt;
    const utcNow = receivedAt + batch.utcOffsetMs;
    const staleBefore = utcNow - this.#delay.usual(source) - STALE_MS;
    let newest = -Infinity;
    let kept = 0;
    // Indices below are in range by the loops above and by reserve(), which typed arrays cannot express.
    for (let i = 0; i < count; i++) {
      const id = symbols[symbol[i] as number] as number;
      const at = time[i] as number;
      const nth = ordinal[i] as number;
      const cursor = cursorTime[id] as number;
      symbol[i] = id;
      if (!(at > cursor) && !(at === cursor && nth >= (cursorSame[id] as number))) {
        keep[i] = 0;
        duplicate[id] = (duplicate[id] as number) + 1;
      } else if (allowed[id] === 0) {
        keep[i] = 0;
        heldBack[id] = (heldBack[id] as number) + 1;
      } else {
        cursorTime[id] = at;
        cursorSame[id] = nth + 1;
        keep[i] = 1;
        kept++;
        taken[id] = (taken[id] as number) + 1;
        const flag = flags[i] as number;
        if (flag & TickFlag.crossed) crossed[id] = (crossed[id] as number) + 1;
        if (flag & TickFlag.late) late[id] = (late[id] as number) + 1;
        else {
          if (at < staleBefore) stale[id] = (stale[id] as number) + 1;
          if (at > newest) newest = at;
        }
      }
    }
    if (newest > -Infinity) this.#delay.note(source, utcNow - newest, receivedAt);
    return kept;
  }
}

/** @throws {StreamError} when a tick names a symbol that was not announced, or its time or ordinal can be no cursor. */
function check({ count, time, ordinal, symbol }: TickBatch, symbols: Uint32Array): void {
  for (let i = 0; i < count; i++) {
    if ((symbols[symbol[i] as number] ?? UNMAPPED) === UNMAPPED) {
      throw new StreamError('UNKNOWN_SYMBOL', `a batch names symbol ${symbol[i]}, which was not announced`);
    }
    const at = time[i] as number;
    // False for NaN, too.
    if (!(at > 0 && at <= MAX_TIME) || (ordinal[i] as number) > MAX_ORDINAL) {
      throw new StreamError('BAD_FRAME', `a tick has time ${at} and ordinal ${ordinal[i]}; a time is 1 to ${MAX_TIME} epoch milliseconds`);
    }
  }
}
