/**
 * Ticks in chunks. What comes live is appended to the end of its series as small chunks, which are put together in the background: {@link FAN} neighbours of one level become one of the next,
 * until there is enough for a sealed one ({@link MAX_CHUNK_TICKS}), or the UTC day is over. No chunk spans two days, so that old days go whole. Chunks of a series never overlap by (time, ordinal).
 *
 * What does not come at the end (imports, and live ticks behind an import) is merged with the chunks that it overlaps; a tick is the same when series, time and ordinal are.
 */
import { MAX_CHUNK_TICKS } from './chunk-codec.ts';
import { DAY_MS, SEALED } from './chunk-table.ts';
import type { Chunk, ChunkTable, TickPosition } from './chunk-table.ts';
import type { Series } from './series-table.ts';
import { compareTicks, TickRun } from './tick-run.ts';

/** How many chunks of a level become one of the next. */
export const FAN = 16;

export interface Added {
  readonly added: number;
  readonly duplicate: number;
}

export class TickStore {
  readonly #chunks: ChunkTable;
  /** Per series: its chunks that are not sealed, in order. */
  readonly #tails = new Map<number, Chunk[]>();
  readonly #ends = new Map<number, TickPosition | null>();
  /** Series whose tail may have something to put together. */
  readonly #due = new Set<number>();
  readonly #scratch = new TickRun();

  constructor(chunks: ChunkTable) {
    this.#chunks = chunks;
    this.reload();
  }

  /** As the file has it: at opening, and after a transaction that did not come about. */
  reload(): void {
    this.#tails.clear();
    this.#ends.clear();
    for (const chunk of this.#chunks.open()) {
      this.#tailOf(chunk.series).push(chunk);
      this.#due.add(chunk.series);
    }
  }

  end(series: number): TickPosition | null {
    let end = this.#ends.get(series);
    if (end === undefined) this.#ends.set(series, (end = this.#chunks.end(series)));
    return end;
  }

  /** Takes ticks of one series; within the transaction of `commit`. */
  take(series: Series, run: TickRun, commit: number): Added {
    const [first, ...others] = risingStretches(run);
    if (others.length > 0) {
      let [added, duplicate] = [0, 0];
      for (const [from, to] of [first as Stretch, ...others]) {
        const part = new TickRun(to - from);
        part.append(run, from, to);
        const taken = this.take(series, part, commit);
        added += taken.added;
        duplicate += taken.duplicate;
      }
      return { added, duplicate };
    }
    const end = this.end(series.id);
    const isNew = end === null || compareTicks(run.time[0] as number, run.ordinal[0] as number, end.time, end.ordinal) > 0;
    if (!isNew) return this.#merge(series, run, commit);
    this.#append(series, run, commit);
    return { added: run.count, duplicate: 0 };
  }

  /** Whether {@link compact} would do something. */
  get isDue(): boolean {
    for (const id of this.#due) {
      if (groupDue(this.#tailOf(id)) !== null) return true;
      this.#due.delete(id);
    }
    return false;
  }

  /**
   * Puts some small chunks together; within the transaction of `commit`.
   * @returns false when there was nothing to do.
   */
  compact(commit: number, seriesById: (id: number) => Series | undefined): boolean {
    for (const id of this.#due) {
      const series = seriesById(id);
      const tail = this.#tailOf(id);
      const group = series === undefined ? null : groupDue(tail);
      if (series === undefined || group === null) {
        this.#due.delete(id);
        continue;
      }
      this.#putTogether(series, tail, group, commit);
      return true;
    }
    return false;
  }

  /** Forgets what is known of series from which chunks were taken. */
  removed(chunks: readonly Chunk[]): void {
    for (const { series, id } of chunks) {
      this.#ends.delete(series);
      const tail = this.#tailOf(series);
      const at = tail.findIndex((chunk) => chunk.id === id);
      if (at >= 0) tail.splice(at, 1);
    }
  }

  #tailOf(series: number): Chunk[] {
    let tail = this.#tails.get(series);
    if (tail === undefined) this.#tails.set(series, (tail = []));
    return tail;
  }

  #append(series: Series, run: TickRun, commit: number): void {
    const tail = this.#tailOf(series.id);
    for (const [from, to] of pieces(run)) {
      const chunk = this.#chunks.insert(series, run, from, to, to - from === MAX_CHUNK_TICKS ? SEALED : 0, commit);
      // What is before a sealed one can be put together with nothing that is behind it.
      if (chunk.level === SEALED) this.#sealAll(tail);
      else tail.push(chunk);
    }
    this.#due.add(series.id);
    const last = run.count - 1;
    this.#ends.set(series.id, { time: run.time[last] as number, ordinal: run.ordinal[last] as number });
  }

  #sealAll(tail: Chunk[]): void {
    for (const chunk of tail.splice(0)) this.#chunks.setLevel(chunk, SEALED);
  }

  #putTogether(series: Series, tail: Chunk[], { at, count }: Group, commit: number): void {
    const group = tail.slice(at, at + count);
    const run = this.#scratch;
    run.count = 0;
    const readable = group.filter((chunk) => this.#chunks.read(chunk, run));
    for (const chunk of group) {
      if (readable.includes(chunk)) this.#chunks.remove(chunk, commit);
      // A damaged one stays as it is, to be told of by who reads it.
      else this.#chunks.setLevel(chunk, SEALED);
    }
    const dayIsOver = (tail.at(-1)?.day ?? 0) !== group[0]?.day;
    const level = Math.min(SEALED - 1, Math.max(...group.map((chunk) => chunk.level)) + 1);
    const made: Chunk[] = [];
    for (const [from, to] of run.count === 0 ? [] : pieces(run)) {
      const full = to - from === MAX_CHUNK_TICKS;
      const chunk = this.#chunks.insert(series, run, from, to, full || dayIsOver ? SEALED : level, commit);
      if (chunk.level !== SEALED) made.push(chunk);
    }
    tail.splice(at, count, ...made);
  }

  #merge(series: Series, run: TickRun, commit: number): Added {
    let added = 0;
    for (const [from, to] of pieces(run)) {
      const last = to - 1;
      const overlapped = this.#chunks.overlapping(
        series.id,
        run.time[from] as number,
        run.ordinal[from] as number,
        run.time[last] as number,
        run.ordinal[last] as number,
      );
      const there = this.#scratch;
      there.count = 0;
      const readable = overlapped.filter((chunk) => this.#chunks.read(chunk, there));
      const merged = new TickRun(there.count + to - from);
      const fresh = union(there, run, from, to, merged);
      added += fresh;
      if (fresh === 0) continue;
      for (const chunk of readable) this.#chunks.remove(chunk, commit);
      for (const [start, end] of pieces(merged)) this.#chunks.insert(series, merged, start, end, SEALED, commit);
    }
    if (added > 0) {
      // What is before and behind the merged ones is not to be put together over them.
      for (const chunk of this.#chunks.open()) if (chunk.series === series.id) this.#chunks.setLevel(chunk, SEALED);
      this.#tails.set(series.id, []);
      this.#ends.delete(series.id);
    }
    return { added, duplicate: run.count - added };
  }
}

type Stretch = readonly [from: number, to: number];

/** Where ticks stop rising by (time, ordinal): never within what one spool gave out, but a spool may have been put back to an older copy. */
function risingStretches(run: TickRun): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (let i = 1; i <= run.count; i++) {
    const rises =
      i < run.count &&
      compareTicks(run.time[i] as number, run.ordinal[i] as number, run.time[i - 1] as number, run.ordinal[i - 1] as number) > 0;
    if (rises) continue;
    stretches.push([from, i]);
    from = i;
  }
  return stretches;
}

interface Group {
  readonly at: number;
  readonly count: number;
}

/** The chunks that should become one: those of a day that is over, or the last ones, when they are enough in number or in ticks. */
function groupDue(tail: readonly Chunk[]): Group | null {
  const newest = tail.at(-1);
  const oldest = tail[0];
  if (newest === undefined || oldest === undefined) return null;
  if (oldest.day !== newest.day) {
    const count = tail.findIndex((chunk) => chunk.day !== oldest.day);
    return { at: 0, count };
  }
  let ticks = 0;
  let alike = 0;
  for (let at = tail.length - 1; at >= 0; at--) {
    const chunk = tail[at] as Chunk;
    ticks += chunk.ticks;
    if (chunk.level === newest.level && alike === tail.length - 1 - at) alike++;
    if (ticks >= MAX_CHUNK_TICKS) return { at: 0, count: tail.length };
  }
  return alike >= FAN ? { at: tail.length - alike, count: alike } : null;
}

/** Cuts a run where the UTC day changes, and after {@link MAX_CHUNK_TICKS}. */
function* pieces(run: TickRun): Generator<Stretch> {
  let from = 0;
  while (from < run.count) {
    const day = Math.floor(run.utc(from) / DAY_MS);
    const [dayFrom, dayTo] = [day * DAY_MS, (day + 1) * DAY_MS];
    const most = Math.min(run.count, from + MAX_CHUNK_TICKS);
    let to = from + 1;
    while (to < most && run.utc(to) >= dayFrom && run.utc(to) < dayTo) to++;
    yield [from, to];
    from = to;
  }
}

/** Merges ticks `from` to `to` of `run` into those of `there`, which win. @returns how many were not there. */
function union(there: TickRun, run: TickRun, from: number, to: number, into: TickRun): number {
  let fresh = 0;
  let [a, b] = [0, from];
  const order = (): number =>
    compareTicks(there.time[a] as number, there.ordinal[a] as number, run.time[b] as number, run.ordinal[b] as number);
  // In stretches of one or the other, as copying tick by tick costs ten times as much.
  while (a < there.count || b < to) {
    const fromThere = a;
    while (a < there.count && b < to) {
      const compared = order();
      if (compared > 0) break;
      if (compared === 0) b++;
      a++;
    }
    if (b === to) a = there.count;
    into.append(there, fromThere, a);
    const fromRun = b;
    while (b < to && (a === there.count || order() > 0)) b++;
    into.append(run, fromRun, b);
    fresh += b - fromRun;
  }
  return fresh;
}
