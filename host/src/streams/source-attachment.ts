import { DURABLE_ENTRY_BYTES, PipeFrame, SymbolTable } from '@tickhub/plugin-sdk/host';
import type { NamedCursor, SymbolEntry } from '@tickhub/plugin-sdk/host';
import type { SymbolGate } from '../entitlement/symbol-gate.ts';
import type { Attachment, IsolateLink, StartTerms } from '../plugins/attachment.ts';
import type { CursorTable } from './cursor-table.ts';
import type { DurableTracker } from './durable-tracker.ts';
import { StreamError } from './errors.ts';
import { UNMAPPED } from './intake.ts';
import type { IdMap, Intake } from './intake.ts';
import { foreignSource, ownsSource, parseJsonFrame } from './record-intake.ts';
import type { RecordIntake } from './record-intake.ts';
import type { SymbolDirectory } from './symbol-directory.ts';

/** What of a tenant a data source is attached to. */
export interface SourceStreams {
  readonly tenant: string;
  readonly directory: SymbolDirectory;
  readonly gate: SymbolGate;
  readonly intake: Intake;
  readonly records: RecordIntake;
  readonly durable: DurableTracker;
}

function grown(map: Uint32Array, id: number): Uint32Array {
  if (id < map.length) return map;
  const next = new Uint32Array(Math.max(id + 1, map.length * 2)).fill(UNMAPPED);
  next.set(map);
  return next;
}

/** Connects one isolate of a data source to the tenant's streams. */
export class SourceAttachment implements Attachment {
  readonly #link: IsolateLink;
  readonly #streams: SourceStreams;
  readonly #ids: IdMap = { sources: new Uint32Array(8).fill(UNMAPPED), symbols: new Uint32Array(256).fill(UNMAPPED) };
  /** Host symbol id -> the isolate's symbol id and source id, or UNMAPPED. */
  #localSymbol: Uint32Array = new Uint32Array(256).fill(UNMAPPED);
  #localSource: Uint32Array = new Uint32Array(256).fill(UNMAPPED);
  readonly #release: (() => void)[];

  constructor(link: IsolateLink, streams: SourceStreams) {
    this.#link = link;
    this.#streams = streams;
    this.#release = [
      streams.durable.onMoved((ids, count, cursors) => this.#tellDurable(ids, count, cursors)),
      streams.gate.onChange((verdicts) => link.tell({ type: 'gate', verdicts: [...verdicts] })),
    ];
  }

  startTerms(): StartTerms {
    const { directory, durable, gate, tenant } = this.#streams;
    const plugin = this.#link.manifest.id;
    const cursors: NamedCursor[] = [];
    for (const entry of directory.all()) {
      const source = directory.sourceName(entry.sourceId);
      if (source === undefined || !ownsSource(plugin, source)) continue;
      // Durable and not merely taken: a source may acknowledge upstream what it is told here. What it sends again is a duplicate.
      const { time, same } = durable.cursors.at(entry.id);
      if (time > 0) cursors.push({ source, symbol: entry.name, time, same });
    }
    return { cursors, verdicts: [...gate.verdicts()], spool: null, tenant };
  }

  onFrame(type: number, body: Uint8Array): boolean {
    switch (type) {
      case PipeFrame.ticks:
        this.#streams.intake.take(body, this.#ids);
        return true;
      case PipeFrame.records:
        this.#streams.records.take(this.#link.manifest.id, body);
        return true;
      case PipeFrame.symbols:
        this.#announce(parseJsonFrame(body, SymbolTable, 'symbols'));
        return false;
      default:
        throw new StreamError('BAD_FRAME', `frames of type ${type} do not come from a ${this.#link.manifest.kind}`);
    }
  }

  onMessage(): void {
    throw new StreamError('BAD_MESSAGE', 'only a transport may resume or suspend a delivery');
  }

  call(capability: string, method: string): Promise<never> {
    return Promise.reject(new StreamError('CAPABILITY_DENIED', `a ${this.#link.manifest.kind} has no ${capability}.${method}`));
  }

  detach(): void {
    for (const release of this.#release) release();
  }

  #announce(table: SymbolTable): void {
    const { gate, intake } = this.#streams;
    for (const { id, name } of table.sources) this.#announceSource(id, name);
    const added = table.symbols.flatMap((entry) => this.#announceSymbol(entry) ?? []);
    const verdicts = gate.announce(table.symbols.map(({ name }) => name));
    intake.refreshGate();
    if (verdicts.length > 0) this.#link.tell({ type: 'gate', verdicts: [...verdicts] });
    // What became durable between its start and here it could not be told.
    const { cursors } = this.#streams.durable;
    const durable = added.filter((id) => cursors.at(id).time > 0);
    if (durable.length > 0) this.#tellDurable(Uint16Array.from(durable), durable.length, cursors);
  }

  #announceSource(id: number, name: string): void {
    const { directory } = this.#streams;
    const plugin = this.#link.manifest.id;
    if (!ownsSource(plugin, name)) throw foreignSource(plugin, name);
    const host = directory.sourceId(name);
    const before = this.#ids.sources[id] ?? UNMAPPED;
    if (before !== UNMAPPED && before !== host) {
      throw new StreamError('BAD_FRAME', `source id ${id} stood for ${directory.sourceName(before)} and now for ${name}`);
    }
    this.#ids.sources = grown(this.#ids.sources, id);
    this.#ids.sources[id] = host;
  }

  /**
   * Maps a symbol both ways.
   * @returns its host id if it is new to this isolate.
   */
  #announceSymbol(entry: SymbolEntry): number | null {
    const { directory } = this.#streams;
    const source = this.#ids.sources[entry.sourceId] ?? UNMAPPED;
    if (source === UNMAPPED) {
      throw new StreamError('UNKNOWN_SOURCE', `symbol ${entry.name} names source ${entry.sourceId}, which was not announced`);
    }
    const host = directory.symbolId(source, entry);
    const [before, twin] = [this.#ids.symbols[entry.id] ?? UNMAPPED, this.#localSymbol[host] ?? UNMAPPED];
    if (before === host && twin === entry.id) return null;
    // Acknowledgements go by these ids: one that stood for two symbols would acknowledge what is not durable.
    if (before !== UNMAPPED) {
      throw new StreamError('BAD_FRAME', `symbol id ${entry.id} stood for ${directory.entry(before)?.name} and now for ${entry.name}`);
    }
    if (twin !== UNMAPPED) throw new StreamError('BAD_FRAME', `symbol ids ${twin} and ${entry.id} both stand for ${entry.name}`);
    this.#ids.symbols = grown(this.#ids.symbols, entry.id);
    this.#ids.symbols[entry.id] = host;
    this.#localSymbol = grown(this.#localSymbol, host);
    this.#localSymbol[host] = entry.id;
    this.#localSource = grown(this.#localSource, host);
    this.#localSource[host] = entry.sourceId;
    return host;
  }

  #tellDurable(ids: Uint16Array, count: number, cursors: CursorTable): void {
    let mine = 0;
    for (let i = 0; i < count; i++) if ((this.#localSymbol[ids[i] as number] ?? UNMAPPED) !== UNMAPPED) mine++;
    if (mine === 0) return;
    const body = new Uint8Array(mine * DURABLE_ENTRY_BYTES);
    const view = new DataView(body.buffer);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const id = ids[i] as number;
      const local = this.#localSymbol[id] ?? UNMAPPED;
      if (local === UNMAPPED) continue;
      view.setUint16(at, this.#localSource[id] as number, true);
      view.setUint16(at + 2, local, true);
      view.setUint32(at + 4, cursors.same[id] as number, true);
      view.setFloat64(at + 8, cursors.time[id] as number, true);
      at += DURABLE_ENTRY_BYTES;
    }
    this.#link.send(PipeFrame.durable, null, body);
  }
}
