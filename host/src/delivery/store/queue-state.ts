/** What the spool knows besides its frames, typed: a view on the state table. All of it as of the last frame taken in. */
import type { SymbolEntry, SymbolTable, TickCursor } from '@tickhub/plugin-sdk/host';
import { isMetered, ticksAfter } from '../frame-head.ts';
import type { FrameHead } from '../frame-head.ts';
import type { DurableCursor, SeenRecord, SpoolDepth, SpoolGap, SpoolStream } from '../spool.ts';
import type { BookedUsage, Loss, Marks } from '../worker-messages.ts';
import { StateTable } from './state-table.ts';
import { eachTickEnd } from './tick-columns.ts';

export interface Meta {
  readonly epoch: string;
  /** Everything up to here was acknowledged. */
  readonly acked: number;
  /** Everything up to here has been removed. */
  readonly trimmed: number;
  /** Ticks in the spool's life up to the frame `trimmed`. */
  readonly trimmedTicks: number;
  readonly lastSeq: number;
  /** Ticks in the spool's life up to `lastSeq`. */
  readonly ticks: number;
  readonly frames: number;
  readonly bytes: number;
  readonly queuedTicks: number;
  readonly minute: number;
  readonly nextLoss: number;
  /** How many names there are: tells whether one was lost. */
  readonly sources: number;
  readonly symbols: number;
}

/** Seqs `from` to `to` may be missing; `ticks` were lost with them. */
export interface Hole {
  readonly to: number;
  readonly ticks: number;
}

interface Usage {
  readonly counted: number;
  readonly dropped: number;
  readonly reported: boolean;
}

/** Reported minutes are kept one by one for two days, then summed up as minute 0. */
const KEPT_MINUTES = 2 * 24 * 60;
const NO_USAGE: Usage = { counted: 0, dropped: 0, reported: false };
const NO_HOLES: readonly (Hole & { from: number })[] = [];

export class QueueState {
  readonly table: StateTable;
  #holes: readonly (Hole & { from: number })[] = NO_HOLES;

  constructor(table: StateTable) {
    this.table = table;
    this.#readHoles();
  }

  static fresh(epoch: string): QueueState {
    const table = new StateTable();
    const meta: Meta = {
      epoch,
      acked: 0,
      trimmed: 0,
      trimmedTicks: 0,
      lastSeq: 0,
      ticks: 0,
      frames: 0,
      bytes: 0,
      queuedTicks: 0,
      minute: 0,
      nextLoss: 1,
      sources: 0,
      symbols: 0,
    };
    table.put('meta', meta);
    return new QueueState(table);
  }

  get meta(): Meta {
    // Put at creation and checked at opening; it is never removed.
    return this.table.get<Meta>('meta') as Meta;
  }

  setMeta(change: Partial<Meta>): void {
    this.table.put('meta', { ...this.meta, ...change });
  }

  get depth(): SpoolDepth {
    const { frames, bytes, queuedTicks } = this.meta;
    return { frames, bytes, ticks: queuedTicks };
  }

  /** Whether every name that was ever given an id is here. */
  get namesComplete(): boolean {
    const { sources, symbols } = this.symbols();
    return sources.length === this.meta.sources && symbols.length === this.meta.symbols;
  }

  /** Takes in a frame that becomes durable: its usage, unless that is booked already, its cursors, its place in the queue. */
  takeIn(head: FrameHead, body: Uint8Array, isBooked = false): void {
    const { meta } = this;
    const isTicks = head.stream === 'ticks';
    if (isMetered(head.stream) && !isBooked) this.#book(head.stream, head.minute, head.count, 0);
    if (isTicks) eachTickEnd(body, (id, end) => this.#moveCursor(id, end));
    this.table.put('meta', {
      ...meta,
      lastSeq: head.seq,
      ticks: ticksAfter(head),
      frames: meta.frames + 1,
      bytes: meta.bytes + head.bytes,
      queuedTicks: meta.queuedTicks + (isTicks ? head.count : 0),
      minute: Math.max(meta.minute, head.minute),
    } satisfies Meta);
  }

  /** Takes rows out of the count of what is queued. */
  takeOut(heads: readonly FrameHead[]): void {
    const { meta } = this;
    let { frames, bytes, queuedTicks } = meta;
    for (const head of heads) {
      frames--;
      bytes -= head.bytes;
      if (head.stream === 'ticks') queuedTicks -= head.count;
    }
    this.table.put('meta', { ...meta, frames, bytes, queuedTicks } satisfies Meta);
  }

  take(marks: Marks): void {
    for (const table of marks.symbols ?? []) this.#addNames(table);
    for (const [key, seq] of marks.positions ?? []) this.table.put(`position/${key}`, seq);
    for (const { stream, key, seen } of marks.records ?? []) this.table.put(`seen/${stream}/${key}`, seen ?? undefined);
    for (const { stream, minute } of marks.reported ?? []) {
      const key = `usage/${stream}/${minute}`;
      const usage = this.table.get<Usage>(key);
      if (usage !== undefined) this.table.put(key, { ...usage, reported: true });
    }
    if (marks.reported?.length) this.#sumUpOldUsage();
    for (const id of marks.announced ?? []) this.table.put(`loss/${id}`, undefined);
  }

  /** Notes that frames are gone: where, how many ticks, and that the backend has to be told. */
  lose(gap: SpoolGap, dropped: ReadonlyMap<SpoolStream, number>): Loss {
    const { meta } = this;
    for (const [stream, count] of dropped) this.#book(stream, meta.minute, 0, count);
    this.addHole(gap.fromSeq, gap.toSeq, gap.ticks);
    const loss: Loss = { id: meta.nextLoss, ...gap };
    this.table.put(`loss/${loss.id}`, gap);
    this.setMeta({ nextLoss: meta.nextLoss + 1 });
    return loss;
  }

  /** Books ticks whose frames were lost before the ledger had them. */
  bookLostTicks(ticks: number): void {
    this.#book('ticks', this.meta.minute, ticks, 0);
  }

  addHole(from: number, to: number, ticks: number): void {
    const before = this.#holes.find((hole) => hole.to === from - 1);
    if (before === undefined) this.table.put(`hole/${from}`, { to, ticks } satisfies Hole);
    else this.table.put(`hole/${before.from}`, { to, ticks: before.ticks + ticks } satisfies Hole);
    this.#readHoles();
  }

  /** Whether holes account for all of `from` to `to` being missing. */
  isHole(from: number, to: number): boolean {
    let at = from;
    for (const hole of this.#holes) if (hole.from <= at && hole.to >= at) at = hole.to + 1;
    return at > to;
  }

  /** Holes that reach into `from` to `to`. */
  holesWithin(from: number, to: number): readonly (Hole & { from: number })[] {
    return this.#holes.filter((hole) => hole.from <= to && hole.to >= from);
  }

  /** Everything up to `seq` was acknowledged: holes below it matter no more. */
  forgetHoles(seq: number): void {
    const past = this.#holes.filter((hole) => hole.to <= seq);
    if (past.length === 0) return;
    for (const hole of past) this.table.put(`hole/${hole.from}`, undefined);
    this.#readHoles();
  }

  rollback(): void {
    this.table.rollback();
    this.#readHoles();
  }

  symbols(): SymbolTable {
    return {
      sources: [...this.table.under<string>('source/')].map(([id, name]) => ({ id: Number(id), name })),
      symbols: [...this.table.under<SymbolEntry>('symbol/')].map(([, entry]) => entry),
    };
  }

  hasSymbol(id: number): boolean {
    return this.table.get(`symbol/${id}`) !== undefined;
  }

  cursors(): DurableCursor[] {
    return [...this.table.under<TickCursor>('cursor/')].map(([id, cursor]) => ({ symbolId: Number(id), ...cursor }));
  }

  positions(): [string, number][] {
    return [...this.table.under<number>('position/')];
  }

  keys(): [stream: string, key: string, seen: SeenRecord][] {
    return [...this.table.under<SeenRecord>('seen/')].map(([path, seen]) => {
      const slash = path.lastIndexOf('/');
      return [path.slice(0, slash), path.slice(slash + 1), seen];
    });
  }

  losses(): Loss[] {
    return [...this.table.under<SpoolGap>('loss/')].map(([id, gap]) => ({ id: Number(id), ...gap })).toSorted((a, b) => a.id - b.id);
  }

  usage(): BookedUsage[] {
    return [...this.table.under<Usage>('usage/')]
      .map(([key, usage]) => {
        const slash = key.indexOf('/');
        return { stream: key.slice(0, slash) as SpoolStream, minute: Number(key.slice(slash + 1)), ...usage };
      })
      .toSorted((a, b) => a.minute - b.minute || (a.stream < b.stream ? -1 : 1));
  }

  #book(stream: SpoolStream, minute: number, counted: number, dropped: number): void {
    const key = `usage/${stream}/${minute}`;
    const usage = this.table.get<Usage>(key) ?? NO_USAGE;
    this.table.put(key, { ...usage, counted: usage.counted + counted, dropped: usage.dropped + dropped } satisfies Usage);
  }

  #moveCursor(id: number, end: TickCursor): void {
    const key = `cursor/${id}`;
    const at = this.table.get<TickCursor>(key);
    if (at === undefined || end.time > at.time || (end.time === at.time && end.same > at.same)) this.table.put(key, end);
  }

  #addNames(table: SymbolTable): void {
    let { sources, symbols } = this.meta;
    for (const { id, name } of table.sources) {
      if (this.table.get(`source/${id}`) === undefined) sources++;
      this.table.put(`source/${id}`, name);
    }
    for (const entry of table.symbols) {
      if (!this.hasSymbol(entry.id)) symbols++;
      this.table.put(`symbol/${entry.id}`, entry);
    }
    this.setMeta({ sources, symbols });
  }

  #sumUpOldUsage(): void {
    const before = this.meta.minute - KEPT_MINUTES;
    for (const row of this.usage()) {
      if (row.minute === 0 || row.minute >= before || !row.reported) continue;
      const key = `usage/${row.stream}/0`;
      const sum = this.table.get<Usage>(key) ?? NO_USAGE;
      this.table.put(key, { counted: sum.counted + row.counted, dropped: sum.dropped + row.dropped, reported: true } satisfies Usage);
      this.table.put(`usage/${row.stream}/${row.minute}`, undefined);
    }
  }

  #readHoles(): void {
    const holes = [...this.table.under<Hole>('hole/')].map(([from, hole]) => ({ from: Number(from), ...hole }));
    this.#holes = holes.length === 0 ? NO_HOLES : holes.toSorted((a, b) => a.from - b.from);
  }
}
