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

/** Takes records (news, analysis, custom and so on) into the tenant: dedupe by number, gate by symbol, spool. */
export class RecordIntake {
  readonly #positions: Map<string, number>;
  readonly #gate: SymbolGate;
  readonly #spool: Spool;
  readonly #accepted: (plugin: string, batch: RecordBatch) => void;
  #heldBack = 0;
  #duplicate = 0;
  #taken = 0;

  constructor(gate: SymbolGate, spool: Spool, accepted: (plugin: string, batch: RecordBatch) => void) {
    this.#gate = gate;
    this.#spool = spool;
    this.#accepted = accepted;
    this.#positions = new Map(spool.recordPositions());
  }

  get counters(): { taken: number; duplicate: number; heldBack: number } {
    return { taken: this.#taken, duplicate: this.#duplicate, heldBack: this.#heldBack };
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

  /** @throws {StreamError} when the body is no record batch, or the source is another plugin's. */
  take(plugin: string, body: Uint8Array): void {
    const batch = parseJsonFrame(body, RecordBatch, 'records');
    if (!ownsSource(plugin, batch.source)) {
      throw new StreamError('UNKNOWN_SOURCE', `"${batch.source}" is not a source of ${plugin}: name it "${plugin}" or "${plugin}:<name>"`);
    }
    const key = `${plugin}/${batch.stream}`;
    let last = this.#positions.get(key) ?? 0;
    const passed: RecordBatch['records'] = [];
    for (const record of batch.records) {
      if (record.seq <= last) {
        this.#duplicate++;
        continue;
      }
      last = record.seq;
      if (record.symbol !== undefined && !this.#passes(record.symbol)) this.#heldBack++;
      else passed.push(record);
    }
    this.#positions.set(key, last);
    if (passed.length === 0) return;
    const out: RecordBatch = { stream: batch.stream, source: batch.source, records: passed };
    this.#spool.appendRecords(batch.stream, plugin, encoder.encode(JSON.stringify(out)), passed.length, last);
    this.#taken += passed.length;
    this.#accepted(plugin, out);
  }

  /** A symbol that no source of ticks announced takes no place in the tier's count. */
  #passes(symbol: string): boolean {
    return this.#gate.isAllowed(symbol) || !this.#gate.announced.includes(symbol);
  }
}
