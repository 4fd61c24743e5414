/** What the host gives a plugin, small enough to see through: each double records what it was told. */
import { isBehind, type Clock, type Gate, type GateVerdict, type Log, type Publish, type Store } from '@tickhub/plugin-sdk';
import type { RecordOptions, SymbolOptions, TickCursor, TickSource, TickSymbol, TickVerdict } from '@tickhub/plugin-sdk';

/** Time that stands until it is moved. */
export class ManualClock implements Clock {
  #wall: number;
  #mono = 1_000;
  #timers = new Set<{ at: number; every: number; task: () => void | Promise<void> }>();

  constructor(wall = Date.UTC(2026, 0, 5, 12)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  /** Sets the wall clock, as a person or NTP does. */
  setWall(wall: number): void {
    this.#wall = wall;
  }

  monotonic(): number {
    return this.#mono;
  }

  after(ms: number, task: () => void | Promise<void>): () => void {
    return this.#add(ms, 0, task);
  }

  every(ms: number, task: () => void | Promise<void>): () => void {
    return this.#add(ms, ms, task);
  }

  #add(ms: number, every: number, task: () => void | Promise<void>): () => void {
    const timer = { at: this.#mono + ms, every, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves the time, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#mono + ms;
    for (;;) {
      let next: { at: number; every: number; task: () => void | Promise<void> } | null = null;
      for (const timer of this.#timers) if (timer.at <= end && (next === null || timer.at < next.at)) next = timer;
      if (next === null) break;
      this.#step(Math.max(next.at, this.#mono));
      if (next.every > 0) next.at += next.every;
      else this.#timers.delete(next);
      void next.task();
    }
    this.#step(end);
  }

  /** Moves the time at once, as when the process stood still: what is due runs once, late. */
  jump(ms: number): void {
    this.#step(this.#mono + ms);
    for (const timer of this.#timers) {
      if (timer.at > this.#mono) continue;
      if (timer.every > 0) timer.at = this.#mono + timer.every;
      else this.#timers.delete(timer);
      void timer.task();
    }
  }

  /** The wall clock alone moves: it was set, or the PC slept on a system whose timers stand still meanwhile. */
  leap(ms: number): void {
    this.#wall += ms;
  }

  #step(to: number): void {
    this.#wall += to - this.#mono;
    this.#mono = to;
  }
}

/** The machine's own time. */
export class RealClock implements Clock {
  readonly #timers = new Set<NodeJS.Timeout>();

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(ms: number, task: () => void | Promise<void>): () => void {
    return this.#keep(setTimeout(() => void task(), ms));
  }

  every(ms: number, task: () => void | Promise<void>): () => void {
    return this.#keep(setInterval(() => void task(), ms));
  }

  #keep(timer: NodeJS.Timeout): () => void {
    this.#timers.add(timer);
    return () => clearTimeout(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

export interface TestTick {
  readonly symbol: string;
  readonly time: number;
  readonly ordinal: number;
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly volume: number;
  readonly flags: number;
  readonly utcOffsetMs: number;
}

export class TestSymbol implements TickSymbol {
  readonly name: string;
  readonly options: SymbolOptions;
  cursor: TickCursor;
  durable: TickCursor;
  readonly #source: TestSource;

  constructor(source: TestSource, name: string, options: SymbolOptions, cursor: TickCursor) {
    this.#source = source;
    this.name = name;
    this.options = options;
    this.cursor = cursor;
    this.durable = cursor;
  }

  get allowed(): boolean {
    return this.#source.publish.gate.verdicts.get(this.name)?.allowed ?? false;
  }

  push(time: number, ordinal: number, bid: number, ask: number, last: number, volume: number, flags: number): TickVerdict {
    if (!this.allowed) return 'held-back';
    if (isBehind(this.cursor, time, ordinal)) return time < this.cursor.time ? 'out-of-order' : 'duplicate';
    this.cursor = { time, same: ordinal + 1 };
    const utcOffsetMs = this.#source.utcOffsetMs;
    this.#source.publish.taken({ symbol: this.name, time, ordinal, bid, ask, last, volume, flags, utcOffsetMs });
    return 'taken';
  }
}

export class TestSource implements TickSource {
  readonly name: string;
  readonly publish: TestPublish;
  readonly symbols = new Map<string, TestSymbol>();
  utcOffsetMs: number;
  #listeners: ((moved: readonly TickSymbol[]) => void)[] = [];

  constructor(publish: TestPublish, name: string, utcOffsetMs: number) {
    this.publish = publish;
    this.name = name;
    this.utcOffsetMs = utcOffsetMs;
  }

  symbol(name: string, options: SymbolOptions = {}): TestSymbol {
    let symbol = this.symbols.get(name);
    if (symbol === undefined) {
      symbol = new TestSymbol(this, name, options, this.publish.cursors.get(`${this.name}/${name}`) ?? { time: 0, same: 0 });
      this.symbols.set(name, symbol);
      this.publish.gate.announced(name);
    }
    return symbol;
  }

  setUtcOffset(ms: number): void {
    this.utcOffsetMs = ms;
  }

  onDurable(listener: (moved: readonly TickSymbol[]) => void): void {
    this.#listeners.push(listener);
  }

  /** The host has committed everything. */
  commit(): void {
    const moved = [...this.symbols.values()].filter((it) => it.durable !== it.cursor);
    for (const symbol of moved) symbol.durable = symbol.cursor;
    for (const listener of this.#listeners) listener(moved);
  }
}

/** Answers an announcement with `allow`, at once. */
export class TestGate implements Gate {
  readonly verdicts = new Map<string, GateVerdict>();
  readonly #listeners: ((changed: readonly GateVerdict[]) => void)[] = [];
  #allow: (symbol: string) => boolean;

  constructor(allow: (symbol: string) => boolean = () => true) {
    this.#allow = allow;
  }

  announced(symbol: string): void {
    if (!this.verdicts.has(symbol)) this.set(symbol, this.#allow(symbol));
  }

  set(symbol: string, allowed: boolean): void {
    const verdict: GateVerdict = allowed ? { symbol, allowed } : { symbol, allowed, reason: 'tier free allows 5 symbols' };
    this.verdicts.set(symbol, verdict);
    for (const listener of this.#listeners) listener([verdict]);
  }

  onChange(listener: (changed: readonly GateVerdict[]) => void): void {
    this.#listeners.push(listener);
  }
}

export class TestPublish implements Publish {
  readonly gate: TestGate;
  /** `source/symbol` -> durable cursor at start. */
  readonly cursors = new Map<string, TickCursor>();
  readonly sources = new Map<string, TestSource>();
  readonly ticks: TestTick[] = [];
  readonly records: { stream: string; record: RecordOptions & { body: Record<string, unknown> } }[] = [];
  congested = false;
  /** Becomes congested when this many ticks are there. */
  congestAt = Infinity;
  #waiting: (() => void)[] = [];
  #watchers: { enough: () => boolean; resolve: () => void }[] = [];

  constructor(gate = new TestGate()) {
    this.gate = gate;
  }

  source(options: { name?: string; utcOffsetMs?: number } = {}): TestSource {
    const name = options.name ?? 'mt5';
    const source = this.sources.get(name) ?? new TestSource(this, name, options.utcOffsetMs ?? 0);
    this.sources.set(name, source);
    return source;
  }

  tick(): TickVerdict {
    throw new Error('the mt5 plugin publishes through sources');
  }

  record(stream: string, record: RecordOptions & { body: Record<string, unknown> }): void {
    this.records.push({ stream, record });
  }

  taken(tick: TestTick): void {
    this.ticks.push(tick);
    if (this.ticks.length >= this.congestAt) this.congested = true;
    this.#watchers = this.#watchers.filter(({ enough, resolve }) => {
      if (!enough()) return true;
      resolve();
      return false;
    });
  }

  /** Resolves once there are `n` ticks. */
  async count(n: number): Promise<readonly TestTick[]> {
    if (this.ticks.length < n) {
      await new Promise<void>((resolve) => {
        this.#watchers.push({ enough: () => this.ticks.length >= n, resolve });
      });
    }
    return this.ticks;
  }

  drained(): Promise<void> {
    if (!this.congested) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  relieve(): void {
    this.congested = false;
    this.congestAt = Infinity;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export class TestLog implements Log {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];

  debug(message: string, fields: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'debug', message, fields });
  }
  info(message: string, fields: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }
  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  error(message: string, fields: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }

  get text(): string {
    return this.lines.map(({ level, message, fields }) => `${level} ${message} ${JSON.stringify(fields)}`).join('\n');
  }
}

export class TestStore implements Store {
  readonly values = new Map<string, unknown>();

  get(key: string): Promise<unknown> {
    return Promise.resolve(this.values.get(key));
  }
  set(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }
  delete(key: string): Promise<void> {
    this.values.delete(key);
    return Promise.resolve();
  }
  keys(): Promise<string[]> {
    return Promise.resolve([...this.values.keys()]);
  }
}
