/** Stands in for the host: a spool in memory behind the `delivery` capability, with a window, as the host's lane has it. */
import { TickBatch } from '@tickhub/plugin-sdk';
import type { Delivery, Outgoing, RecordBatch, SymbolTable } from '@tickhub/plugin-sdk';

export const TABLE: SymbolTable = {
  sources: [{ id: 0, name: 'mt5:test' }],
  symbols: [
    { id: 0, sourceId: 0, name: 'EURUSD', rawName: 'EURUSD.x', digits: 5 },
    { id: 1, sourceId: 0, name: 'XAUUSD', rawName: 'XAUUSD', digits: 3 },
    { id: 2, sourceId: 0, name: 'USDJPY', rawName: 'USDJPY', digits: 3 },
  ],
};

const START = 1_732_402_800_000;

export class SimulatedSpool implements Delivery {
  readonly epoch: string;
  readonly tenant: string;
  /** Every call of `acked`, as it came. */
  readonly acks: number[] = [];
  /** Every call of `resume`. */
  readonly resumes: number[] = [];
  readonly suspends: string[] = [];
  /** Everything that was ever appended, in order. */
  readonly ticks: { symbol: string; time: number; ordinal: number; bid: number; ask: number }[] = [];
  readonly #window: number;
  readonly #frames = new Map<number, Outgoing>();
  readonly #lastTime = new Map<number, { time: number; ordinal: number }>();
  #table: SymbolTable = TABLE;
  #onFrame: (frame: Outgoing) => void = () => undefined;
  #onSymbols: (table: SymbolTable) => void = () => undefined;
  #lastSeq = 0;
  #acked = 0;
  #next = 1;
  #streaming = false;
  #pumping = false;
  #waiting: { seq: number; resolve: () => void }[] = [];

  constructor({ epoch = 'epoch-1', tenant = 'trader', window = 200 } = {}) {
    this.epoch = epoch;
    this.tenant = tenant;
    this.#window = window;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get ackedSeq(): number {
    return this.#acked;
  }

  onFrame(listener: (frame: Outgoing) => void): void {
    this.#onFrame = listener;
  }

  onSymbols(listener: (table: SymbolTable) => void): void {
    this.#onSymbols = listener;
  }

  symbols(): SymbolTable {
    return this.#table;
  }

  addSymbols(table: SymbolTable): void {
    this.#table = { sources: [...this.#table.sources, ...table.sources], symbols: [...this.#table.symbols, ...table.symbols] };
    this.#onSymbols(table);
  }

  resume(lastSeq: number): void {
    this.resumes.push(lastSeq);
    this.#next = Math.max(lastSeq, this.#acked) + 1;
    this.#settle(lastSeq);
    this.#streaming = true;
    this.#pump();
  }

  suspend(reason: string): void {
    this.suspends.push(reason);
    this.#streaming = false;
  }

  acked(seq: number): void {
    this.acks.push(seq);
    this.#settle(seq);
    this.#pump();
  }

  /** Appends a frame of `count` ticks, symbols in turn, a run of the same millisecond now and then. */
  appendTicks(count: number): number {
    const batch = TickBatch.create(count);
    batch.receivedAt = START + this.#lastSeq;
    for (let i = 0; i < count; i++) {
      const symbol = (this.ticks.length + i) % 3;
      const last = this.#lastTime.get(symbol) ?? { time: START, ordinal: -1 };
      const same = (this.ticks.length + i) % 7 === 0;
      const now = same ? { time: last.time, ordinal: last.ordinal + 1 } : { time: last.time + 1 + (i % 90), ordinal: 0 };
      this.#lastTime.set(symbol, now);
      batch.symbol[i] = symbol;
      batch.time[i] = now.time;
      batch.ordinal[i] = now.ordinal;
      batch.bid[i] = (110_000 + ((this.ticks.length + i) % 977)) / 1e5;
      batch.ask[i] = (110_009 + ((this.ticks.length + i) % 977)) / 1e5;
      batch.flags[i] = 6;
    }
    for (let i = 0; i < count; i++) {
      // Columns have `count` entries, and TABLE its three symbols.
      const [time, ordinal, bid, ask] = [batch.time, batch.ordinal, batch.bid, batch.ask].map((column) => column[i] as number) as [
        number,
        number,
        number,
        number,
      ];
      this.ticks.push({ symbol: TABLE.symbols[batch.symbol[i] as number]?.name ?? '', time, ordinal, bid, ask });
    }
    return this.append({ ticks: batch, records: null });
  }

  appendRecords(records: RecordBatch): number {
    return this.append({ ticks: null, records });
  }

  append(frame: Omit<Outgoing, 'seq'>): number {
    const seq = ++this.#lastSeq;
    this.#frames.set(seq, { seq, ...frame });
    this.#pump();
    return seq;
  }

  /** Drops frames that are not sent yet, as a full spool does. */
  drop(fromSeq: number, toSeq: number): void {
    for (let seq = fromSeq; seq <= toSeq; seq++) this.#frames.delete(seq);
  }

  /** Gives a frame to the transport out of turn. */
  deliverLate(frame: Outgoing): void {
    this.#onFrame(frame);
  }

  /** Resolves when everything up to `seq` is acknowledged. */
  settled(seq = this.#lastSeq): Promise<void> {
    if (this.#acked >= seq) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ seq, resolve }));
  }

  #settle(seq: number): void {
    for (let at = this.#acked + 1; at <= seq; at++) this.#frames.delete(at);
    this.#acked = Math.max(this.#acked, seq);
    this.#waiting = this.#waiting.filter(({ seq: wanted, resolve }) => {
      if (wanted > this.#acked) return true;
      resolve();
      return false;
    });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#streaming && this.#next <= this.#lastSeq && this.#next <= this.#acked + this.#window) {
      const frame = this.#frames.get(this.#next++);
      if (frame) this.#onFrame(frame);
    }
    this.#pumping = false;
  }
}
