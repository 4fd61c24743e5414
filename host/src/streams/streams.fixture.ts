/** For tests: a spool without a disk, an isolate's channel that records, and the frames a source sends. */
import { PluginManifest, TickBatchBuilder } from '@tickhub/plugin-sdk/host';
import type { HostMessage, PipeFrameType, PluginManifestInput, SymbolEntry, SymbolTable } from '@tickhub/plugin-sdk/host';
import { Listeners } from '../delivery/listeners.ts';
import type {
  DurableCursor,
  RecordMark,
  SeenRecord,
  Spool,
  SpoolFrame,
  SpoolGap,
  SpoolHealth,
  SpoolStream,
  UsageRow,
} from '../delivery/spool.ts';
import type { IsolateLink } from '../plugins/attachment.ts';
import type { PluginOrigin } from '../plugins/discovery/inspect.ts';

export interface TestTick {
  readonly symbol: number;
  readonly time: number;
  readonly ordinal: number;
}

/** The body of a `ticks` frame. */
export function ticksBody(ticks: readonly TestTick[], source = 0): Uint8Array {
  const builder = new TickBatchBuilder(Math.max(1, ticks.length));
  for (const { symbol, time, ordinal } of ticks) builder.push(symbol, time, ordinal, 1.1, 1.2, 0, 0, 6, 5);
  const batch = builder.seal(source, 0);
  if (batch === null) throw new Error('a test batch needs ticks');
  return batch.bytes;
}

export function jsonBody(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function jsonOf(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

/** The body of a `symbols` frame of a source with one source name: ids count from 0. */
export function symbolsBody(source: string, names: readonly string[]): Uint8Array {
  return jsonBody({
    sources: [{ id: 0, name: source }],
    symbols: names.map((name, id) => ({ id, sourceId: 0, name, rawName: `${name}.x`, digits: 5 })),
  } satisfies SymbolTable);
}

/** Numbers at once; durable when the test says so. */
export class ManualSpool implements Spool {
  epoch = 'epoch';
  lastSeq = 0;
  durableSeq = 0;
  ackedSeq = 0;
  pendingBytes = 0;
  health: SpoolHealth = { state: 'ok' };
  usageRows: UsageRow[] | Error | Promise<UsageRow[]> = [];
  readonly openedSeq = 0;
  readonly window = { frames: 1_000, bytes: 1_000_000 };
  readonly frames: (SpoolFrame & { readonly plugin?: string })[] = [];
  readonly #table: { sources: SymbolTable['sources']; symbols: SymbolEntry[] } = { sources: [], symbols: [] };
  readonly #cursors: readonly DurableCursor[];
  readonly #positions: Map<string, number>;
  readonly #keys: (readonly [string, string, SeenRecord])[] = [];
  readonly marks: RecordMark[] = [];
  readonly #durable = new Listeners<number>();
  readonly #health = new Listeners<SpoolHealth>();
  readonly #gaps = new Listeners<SpoolGap>();

  constructor(
    known: {
      cursors?: readonly DurableCursor[];
      keys?: Iterable<readonly [string, string, SeenRecord]>;
      positions?: ReadonlyMap<string, number>;
      symbols?: SymbolTable;
    } = {},
  ) {
    this.#cursors = known.cursors ?? [];
    this.#keys.push(...(known.keys ?? []));
    this.#positions = new Map(known.positions);
    this.addSymbols(known.symbols ?? { sources: [], symbols: [] });
  }

  get depth(): Spool['depth'] {
    const waiting = this.frames.filter(({ seq }) => seq > this.ackedSeq);
    return { frames: waiting.length, bytes: 0, ticks: waiting.reduce((sum, { count }) => sum + count, 0) };
  }

  symbols(): SymbolTable {
    return this.#table;
  }

  cursors(): readonly DurableCursor[] {
    return this.#cursors;
  }

  recordPositions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  recordKeys(): Iterable<readonly [string, string, SeenRecord]> {
    return this.#keys;
  }

  addSymbols({ sources, symbols }: SymbolTable): void {
    this.#table.sources.push(...sources);
    this.#table.symbols.push(...symbols);
  }

  appendTicks(body: Uint8Array, count: number): number {
    return this.#append({ seq: this.lastSeq + 1, stream: 'ticks', body, count });
  }

  appendRecords(
    stream: SpoolStream,
    plugin: string,
    body: Uint8Array,
    count: number,
    lastRecordSeq: number,
    marks: readonly RecordMark[] = [],
  ): number {
    this.marks.push(...marks);
    this.#positions.set(`${plugin}/${stream}`, lastRecordSeq);
    return this.#append({ seq: this.lastSeq + 1, stream, body, count, plugin });
  }

  appendUsageReport(body: Uint8Array, reported: readonly UsageRow[], lastRecordSeq: number): number {
    return this.appendRecords('usage', 'host', body, reported.length, lastRecordSeq);
  }

  /** All appended so far is on disk. */
  commit(): void {
    this.durableSeq = this.lastSeq;
    this.pendingBytes = 0;
    this.#durable.emit(this.durableSeq);
  }

  becomes(health: SpoolHealth): void {
    this.health = health;
    this.#health.emit(health);
  }

  loses(gap: SpoolGap): void {
    this.#gaps.emit(gap);
  }

  onDurable = (listener: (seq: number) => void): (() => void) => this.#durable.add(listener);
  onHealth = (listener: (health: SpoolHealth) => void): (() => void) => this.#health.add(listener);
  onGap = (listener: (gap: SpoolGap) => void): (() => void) => this.#gaps.add(listener);
  onFailure = (): (() => void) => () => undefined;

  read(fromSeq: number): Promise<readonly SpoolFrame[]> {
    return Promise.resolve(this.readRecent(fromSeq));
  }

  readRecent(fromSeq: number): readonly SpoolFrame[] {
    return this.frames.filter(({ seq }) => seq >= fromSeq && seq <= this.durableSeq);
  }

  ack(seq: number): void {
    this.ackedSeq = Math.max(this.ackedSeq, seq);
  }

  setBudget(): void {}

  usage(): Promise<readonly UsageRow[]> {
    return this.usageRows instanceof Error ? Promise.reject(this.usageRows) : Promise.resolve(this.usageRows);
  }

  unreportedUsage(): Promise<readonly UsageRow[]> {
    return Promise.resolve([]);
  }

  renew(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #append(frame: SpoolFrame & { readonly plugin?: string }): number {
    this.frames.push(frame);
    this.lastSeq = frame.seq;
    this.pendingBytes += frame.body.byteLength;
    return frame.seq;
  }
}

/** The host's end of an isolate's channels, with nobody at the other end. */
export class RecordedLink implements IsolateLink {
  readonly manifest: PluginManifest;
  readonly origin: PluginOrigin;
  readonly generation: number;
  readonly sent: { type: PipeFrameType; head: Uint8Array | null; body: Uint8Array }[] = [];
  readonly told: HostMessage[] = [];
  backlogBytes = 0;
  reading = true;
  drained: () => void = () => undefined;

  constructor(manifest: Partial<PluginManifestInput> = {}, generation = 1, origin: PluginOrigin = 'user') {
    const whole = { id: 'feed', version: '1.0.0', kind: 'data-source', sdk: '^0.1.0', entry: 'index.js', ...manifest };
    this.manifest = PluginManifest.parse(whole);
    this.origin = origin;
    this.generation = generation;
  }

  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): boolean {
    this.sent.push({ type, head, body });
    return true;
  }

  onDrained(listener: () => void): void {
    this.drained = listener;
  }

  pauseReading(): void {
    this.reading = false;
  }

  resumeReading(): void {
    this.reading = true;
  }

  tell(message: HostMessage): void {
    this.told.push(message);
  }

  /** Bodies of the frames of one type, in order. */
  bodies(type: PipeFrameType): Uint8Array[] {
    return this.sent.filter((frame) => frame.type === type).map(({ body }) => body);
  }
}
