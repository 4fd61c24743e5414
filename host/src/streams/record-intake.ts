import { RecordBatch } from '@tickhub/plugin-sdk/host';
import type { Spool } from '../delivery/spool.ts';
import type { SymbolGate } from '../entitlement/symbol-gate.ts';
import { StreamError } from './errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads a JSON body from a plugin's channel and holds it against a schema. */
export function parseJsonFrame<T>(body: Uint8Array, schema: { parse(value: unknown): T }, what: string): T {
  try {
    return schema.parse(JSON.parse(decoder.decode(body)));
  } catch (error) {
    throw new StreamError('BAD_FRAME', `a ${what} frame does not fit its schema: ${(error as Error).message}`);
  }
}

/** Whether a plugin may publish under this source name: its own id, or `<id>:<anything>`. */
export function ownsSource(plugin: string, source: string): boolean {
  return source === plugin || source.startsWith(`${plugin}:`);
}

export function foreignSource(plugin: string, source: string): StreamError {
  return new StreamError('UNKNOWN_SOURCE', `"${source}" is not a source of ${plugin}: name it "${plugin}" or "${plugin}:<name>"`);
}

/** What became of records, counted since the host started. */
export interface RecordCounters {
  readonly taken: number;
  readonly duplicate: number;
  readonly heldBack: number;
}

/** Takes records (news, analysis, custom and so on) into the tenant: dedupe by number, gate by symbol, spool. */
export class RecordIntake {
  readonly #positions: Map<string, number>;
  readonly #gate: SymbolGate;
  readonly #spool: Pick<Spool, 'recordPositions' | 'appendRecords'>;
  readonly #accepted: (plugin: string, batch: RecordBatch) => void;
  #counters: RecordCounters = { taken: 0, duplicate: 0, heldBack: 0 };

  /** @param accepted called with what was taken of each batch. */
  constructor(
    gate: SymbolGate,
    spool: Pick<Spool, 'recordPositions' | 'appendRecords'>,
    accepted: (plugin: string, batch: RecordBatch) => void,
  ) {
    this.#gate = gate;
    this.#spool = spool;
    this.#accepted = accepted;
    this.#positions = new Map(spool.recordPositions());
  }

  get counters(): RecordCounters {
    return this.#counters;
  }

  /** Where a plugin's streams are: stream -> last number taken. */
  positionsOf(plugin: string): Record<string, number> {
    const positions: Record<string, number> = {};
    for (const [key, seq] of this.#positions) {
      const [owner, stream] = key.split('/');
      if (owner === plugin && stream !== undefined) positions[stream] = seq;
    }
    return positions;
  }

  /** @throws {StreamError} when the body is no record batch, or the source is another plugin's; nothing of it is taken then. */
  take(plugin: string, body: Uint8Array): void {
    const { stream, source, records } = parseJsonFrame(body, RecordBatch, 'records');
    if (!ownsSource(plugin, source)) throw foreignSource(plugin, source);
    const key = `${plugin}/${stream}`;
    let last = this.#positions.get(key) ?? 0;
    const fresh = records.filter(({ seq }) => {
      const isFresh = seq > last;
      if (isFresh) last = seq;
      return isFresh;
    });
    const passed = fresh.filter(({ symbol }) => symbol === undefined || this.#passes(symbol));
    const out: RecordBatch = { stream, source, records: passed };
    // Before anything is counted or moved: what the spool refuses has to be taken when it comes again.
    if (passed.length > 0) this.#spool.appendRecords(stream, plugin, encoder.encode(JSON.stringify(out)), passed.length, last);
    this.#positions.set(key, last);
    const { taken, duplicate, heldBack } = this.#counters;
    this.#counters = {
      taken: taken + passed.length,
      duplicate: duplicate + records.length - fresh.length,
      heldBack: heldBack + fresh.length - passed.length,
    };
    if (passed.length > 0) this.#accepted(plugin, out);
  }

  /** A symbol that no source of ticks announced takes no place in the tier's count. */
  #passes(symbol: string): boolean {
    return this.#gate.isAllowed(symbol) || !this.#gate.isAnnounced(symbol);
  }
}
