import { createHash } from 'node:crypto';
import type { RecordBatch, TickBatch } from '@tickhub/plugin-sdk/host';
import { tickLine } from '../collector/tail.ts';
import type { TenantStreams } from '../tenant/tenant-streams.ts';
import { barLine, MinuteBars } from './minute-bars.ts';
import { REPLAY } from './replay-link.ts';

/** Lines are handed on in pieces of about this size. */
const PIECE_CHARACTERS = 65_536;

/** Takes pieces of whole lines. */
export type TakeLines = (text: string) => void;

export interface OutputSummary {
  readonly ticks: number;
  readonly bars: number;
  readonly records: number;
  /** Records that plugins made of the replay. */
  readonly derived: number;
  /** Over all of it, hex; see {@link ReplayOutput}. */
  readonly sha256: string;
}

/**
 * What comes out of a tenant while a recording is played into it: a JSON line for each tick and record that passed the gate, and for each one-minute
 * bar of the bid once it is over. Their digest depends on the recording and the tier alone, and so is the same at every speed. What plugins make of it comes
 * when they are ready with it: it is digested by plugin and stream, apart from when it came, and the digests are taken into the whole's by name.
 */
export class ReplayOutput {
  readonly #streams: TenantStreams;
  readonly #take: TakeLines;
  readonly #main = createHash('sha256');
  readonly #derivedHashes = new Map<string, ReturnType<typeof createHash>>();
  readonly #bars: MinuteBars;
  readonly #release: (() => void)[];
  #piece = '';
  #mainPiece = '';
  #counts = { ticks: 0, bars: 0, records: 0, derived: 0 };

  constructor(streams: TenantStreams, take: TakeLines) {
    this.#streams = streams;
    this.#take = take;
    this.#bars = new MinuteBars((bar) => {
      const entry = streams.directory.entry(bar.symbolId);
      if (entry === undefined) return;
      this.#counts.bars++;
      this.#line(barLine(streams.directory.sourceName(entry.sourceId) ?? '', entry, bar));
    });
    this.#release = [
      streams.bus.on('market_data_received', ({ batch }) => this.#ticks(batch)),
      streams.bus.on('records_received', ({ plugin, batch }) => (plugin === REPLAY ? this.#records(batch) : this.#derived(plugin, batch))),
    ];
  }

  get ticks(): number {
    return this.#counts.ticks;
  }

  get records(): number {
    return this.#counts.records;
  }

  /** Once, when nothing comes any more. */
  finish(): OutputSummary {
    for (const release of this.#release) release();
    this.#bars.end();
    this.#handOn();
    for (const [name, hash] of [...this.#derivedHashes].sort(([a], [b]) => (a < b ? -1 : 1)))
      this.#main.update(`${name} ${hash.digest('hex')}\n`);
    return { ...this.#counts, sha256: this.#main.digest('hex') };
  }

  #ticks(batch: TickBatch): void {
    const { directory } = this.#streams;
    const source = directory.sourceName(batch.sourceId) ?? '';
    for (let i = 0; i < batch.count; i++) {
      const entry = directory.entry(batch.symbol[i] as number);
      if (entry === undefined) continue;
      // A bar that is over comes before the tick that ended it.
      this.#bars.tick(batch, i);
      this.#counts.ticks++;
      this.#line(tickLine(source, entry, batch, i));
    }
  }

  #records({ stream, source, records }: RecordBatch): void {
    this.#counts.records += records.length;
    for (const { seq: _seq, ...record } of records) this.#line({ stream, source, ...record });
  }

  #derived(plugin: string, { stream, source, records }: RecordBatch): void {
    const name = `${plugin} ${stream}`;
    const hash = this.#derivedHashes.get(name) ?? createHash('sha256');
    this.#derivedHashes.set(name, hash);
    this.#counts.derived += records.length;
    for (const { seq: _seq, receivedAt: _at, ...record } of records) {
      const line = `${JSON.stringify({ stream, source, ...record })}\n`;
      hash.update(line);
      this.#piece += line;
    }
  }

  #line(line: object): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#mainPiece += text;
    this.#piece += text;
    if (this.#piece.length > PIECE_CHARACTERS) this.#handOn();
  }

  #handOn(): void {
    this.#main.update(this.#mainPiece);
    this.#mainPiece = '';
    this.#take(this.#piece);
    this.#piece = '';
  }
}
